package httpapi_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/httpapi"
)

var opaqueToken = regexp.MustCompile(`^\{"auth_token":"([0-9a-f]{40})"\}$`)

func (f *frontEnd) opaque() string {
	f.t.Helper()
	r := f.post("/auth/token/login/", aliceLogsIn).wantCookies()
	found := opaqueToken.FindStringSubmatch(r.body)
	if r.status != 200 || found == nil {
		f.t.Fatalf("token/login: got %d %s", r.status, r.body)
	}
	return found[1]
}

func invalidHeader(text string) string {
	return `{"detail":"Invalid token header. ` + text + `","code":"bad_authorization_header"}`
}

// What djoser answers to front ends with one opaque token.
func TestOpaqueTokens(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{})
	const login = "/auth/token/login"
	for body, want := range map[string]string{
		`{}`: cannotLogIn, `{"username":"alice"}`: cannotLogIn, `{"password":"x"}`: cannotLogIn, `{"username":"alice","password":"wrong"}`: cannotLogIn,
		`{"username":"nobody","password":"wrong"}`: cannotLogIn,
		`{"username":"","password":""}`:            `{"password":["This field may not be blank."],"username":["This field may not be blank."]}`,
		`{"username":null,"password":null}`:        `{"password":["This field may not be null."],"username":["This field may not be null."]}`,
	} {
		f.post(login, body).want(400, want).wantHeader("WWW-Authenticate", "")
	}
	f.get(login).want(405, notAllowed("GET"))
	first, second := f.opaque(), f.opaque()
	if first == second {
		t.Error("two devices have one token, so that signing out on one signs the other out")
	}
	for _, word := range []string{"Token", "token", "TOKEN", "Bearer", "JWT"} {
		f.get("/auth/users/me/", "Authorization", word+" "+first).want(200, aliceLooks)
	}
	f.post("/auth/token/logout/", "", "Authorization", "Token "+first).want(204, "").wantHeader("Content-Type", "").wantCookies()
	f.get("/auth/users/me/", "Authorization", "Token "+first).want(401, `{"detail":"Invalid token.","code":"token_not_valid"}`).wantHeader("WWW-Authenticate", challenge)
	f.post("/auth/token/logout", "", "Authorization", "Token "+first).want(401, `{"detail":"Invalid token.","code":"token_not_valid"}`)
	f.get("/auth/users/me/", "Authorization", "Token "+second).want(200, aliceLooks)
	f.post("/auth/token/logout/", "").want(401, anonymous).wantHeader("WWW-Authenticate", challenge)
	f.get("/auth/token/logout/", "Authorization", "Token "+second).want(405, notAllowed("GET"))
	f.post("/auth/logout/", "", "Authorization", "Token "+second).want(204, "")
	f.get("/auth/users/me/", "Authorization", "Token "+second).want(401, `{"detail":"Invalid token.","code":"token_not_valid"}`)
}

// What Django REST framework says of headers after the word Token.
func TestOpaqueHeaders(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{})
	token := f.opaque()
	access, _ := f.signIn()
	for header, want := range map[string]string{
		"Token":                                 invalidHeader("No credentials provided."),
		"Token a b":                             invalidHeader("Token string should not contain spaces."),
		"Token \xff":                            invalidHeader("Token string should not contain invalid characters."),
		"Token x":                               `{"detail":"Invalid token.","code":"token_not_valid"}`,
		"Token " + access:                       `{"detail":"Invalid token.","code":"token_not_valid"}`,
		"Token " + token[:39] + "g":             `{"detail":"Invalid token.","code":"token_not_valid"}`,
		"Token " + strings.ToUpper(token) + "0": `{"detail":"Invalid token.","code":"token_not_valid"}`,
		"Bearer " + strings.Repeat("0", 40):     notValid("Token is invalid"),
		"Tokens " + token:                       anonymous,
	} {
		f.get("/auth/users/me/", "Authorization", header).want(401, want).wantHeader("WWW-Authenticate", challenge)
	}
	if err := f.svc.Disable(t.Context(), auth.Client{}, f.alice.ID); err != nil {
		t.Fatal(err)
	}
	f.get("/auth/users/me/", "Authorization", "Token "+token).want(401, `{"detail":"User inactive or deleted.","code":"user_inactive"}`)
	f.post("/auth/token/login/", aliceLogsIn).want(400, cannotLogIn)
}

// A made-up opaque token must not turn signing out into a mere clearing of cookies.
func TestLogoutUnderAForeignOpaqueToken(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{})
	r := f.post("/auth/login/", aliceLogsIn)
	f.post("/auth/logout/", "", "Authorization", "Token "+strings.Repeat("a", 40), "X-CSRFToken", r.text("csrf_token")).want(204, "")
	f.get("/auth/users/me/", "Authorization", "Bearer "+r.text("access")).want(401, notValid("Token is blacklisted"))
}

// Another's session stays another's, also by an opaque token (I16).
func TestOpaqueTokenAndForeignSessions(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{})
	bob := f.person(auth.NewUser{Username: "bob"})
	list := f.get("/auth/sessions/", "Authorization", "Token "+f.opaque())
	if strings.Count(list.body, `"method":"token"`) != 1 {
		t.Fatalf("sessions: got %s, want one of method token", list.body)
	}
	id := regexp.MustCompile(`"id":"([0-9a-f]{32})"`).FindStringSubmatch(list.body)[1]
	f.call("DELETE", "/auth/sessions/"+id+"/", "", "Authorization", bob).want(404, notFound)
	bobs := f.get("/auth/sessions/?user=1", "Authorization", bob)
	if strings.Contains(bobs.body, id) {
		t.Errorf("bob sees alice's session: %s", bobs.body)
	}
}
