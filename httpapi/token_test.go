package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

// tokenCase is one token sent to one of simplejwt's views.
type tokenCase struct {
	name, view, token string // of a token the member is the view's; a body as it stands begins with {
	status            int
	want              string
	differs           string // how, and why, from simplejwt
}

func (c tokenCase) run(f *frontEnd) {
	f.t.Helper()
	body := c.token
	if !strings.HasPrefix(body, "{") {
		member := "refresh"
		if c.view == "verify" || c.view == "sliding/refresh" {
			member = "token"
		}
		body = `{"` + member + `":` + quote(f.t, c.token) + `}`
	}
	for _, header := range []string{"", "Bearer garbage", "Basic x"} { // these views look at no header
		if header != "" && c.status == http.StatusOK {
			continue // each works once only
		}
		r := f.post("/auth/token/"+c.view+"/", body, "Authorization", header).want(c.status, c.want)
		if c.status == http.StatusUnauthorized {
			r.wantHeader("WWW-Authenticate", challenge)
		}
	}
}

func TestObtainingTokens(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, dialect(t, "simplejwt"))
	carol, err := f.svc.CreateUser(t.Context(), auth.Client{}, auth.NewUser{Username: "carol", Password: secret.NewText(alicePassword)})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.svc.Disable(t.Context(), auth.Client{}, carol.ID); err != nil {
		t.Fatal(err)
	}
	for _, c := range []tokenCase{
		{name: "wrong password", token: `{"username":"alice","password":"wrong"}`, status: 401, want: badLogin},
		{name: "unknown user", token: `{"username":"nobody","password":"wrong"}`, status: 401, want: badLogin},
		{name: "inactive user", token: `{"username":"carol","password":"` + alicePassword + `"}`, status: 401, want: badLogin},
		{name: "name in another case", token: `{"username":"Alice","password":"` + alicePassword + `"}`, status: 401, want: badLogin},
		{name: "missing", token: `{}`, status: 400, want: `{"username":["This field is required."],"password":["This field is required."]}`},
		{name: "blank", token: `{"username":"","password":" "}`, status: 400, want: `{"username":["This field may not be blank."],"password":["This field may not be blank."]}`},
		{
			name: "null", token: `{"username":null,"password":null}`, status: 400,
			want: `{"username":["This field may not be null."],"password":["This field may not be null."]}`,
		},
		{name: "password with a space after it", token: `{"username":"alice","password":"` + alicePassword + ` "}`, status: 200, want: signedIn},
		{name: "form", token: "username=alice&password=" + strings.ReplaceAll(alicePassword, " ", "+"), status: 200, want: signedIn},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, header := range []string{"", "Bearer garbage"} {
				r := f.on(t).post("/auth/token/", c.token, "Authorization", header).want(c.status, c.want)
				if c.status == http.StatusUnauthorized {
					r.wantHeader("WWW-Authenticate", challenge)
				}
			}
		})
	}
	f.get("/auth/token/").want(405, notAllowed("GET")).wantHeader("Allow", "POST, OPTIONS")
}

func TestRefusedTokens(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, dialect(t, "simplejwt"))
	access, refresh := f.signIn()
	_, ended := f.signIn()
	f.post("/auth/token/blacklist/", `{"refresh":"`+ended+`"}`).want(200, `{}`)
	madeAccess := func(changes map[string]any) string { return forge(t, access, []byte(hs256Secret), changes) }
	madeRefresh := func(changes map[string]any) string { return forge(t, refresh, refreshKey(), changes) }
	now := f.clock.Now().Unix()
	old := map[string]any{"born_at": (now - 100) * 1000, "iat": now - 100, "exp": now - 1}
	for _, view := range []string{"refresh", "blacklist"} {
		runTokens(t, f, []tokenCase{
			{name: "missing", token: `{}`, status: 400, want: `{"refresh":["This field is required."]}`},
			{name: "blank", token: ``, status: 400, want: `{"refresh":["This field may not be blank."]}`},
			{name: "null", token: `{"refresh":null}`, status: 400, want: `{"refresh":["This field may not be null."]}`},
			{name: "garbage", token: "x", status: 401, want: refusedToken("Token is invalid")},
			{name: "wrong key", token: forge(t, refresh, []byte("another key"), nil), status: 401, want: refusedToken("Token is invalid")},
			{name: "algorithm none", token: unsigned(refresh), status: 401, want: refusedToken("Token is invalid")},
			{name: "expiry as text", token: madeRefresh(map[string]any{"exp": "9999999999"}), status: 401, want: refusedToken("Token is invalid")},
			{name: "expired", token: madeRefresh(old), status: 401, want: refusedToken("Token is expired")},
			{name: "access token", token: access, status: 401, want: refusedToken("Token has wrong type")},
			{
				name: "no type", token: madeRefresh(map[string]any{"token_type": nil}), status: 401, want: refusedToken("Token is invalid"),
				differs: "nobody but us can make a refresh token, and ours have every claim",
			},
			{name: "no expiry", token: madeRefresh(map[string]any{"exp": nil}), status: 401, want: refusedToken("Token is invalid"), differs: "as above"},
			{name: "no id", token: madeRefresh(map[string]any{"jti": nil}), status: 401, want: refusedToken("Token is invalid"), differs: "theirs is a 500"},
			{
				name: "no user", token: madeRefresh(map[string]any{"user_id": nil}), status: 401, want: refusedToken("Token is invalid"),
				differs: "theirs makes an access token of nobody",
			},
			{name: "odd user", token: madeRefresh(map[string]any{"user_id": []int{1}}), status: 401, want: refusedToken("Token is invalid"), differs: "theirs is a 500"},
			{name: "blacklisted", token: ended, status: 401, want: refusedToken("Token is blacklisted")},
		}, view)
	}
	runTokens(t, f, []tokenCase{
		{name: "missing", token: `{}`, status: 400, want: `{"token":["This field is required."]}`},
		{name: "access token", token: access, status: 200, want: `{}`},
		{name: "refresh token", token: refresh, status: 200, want: `{}`},
		{name: "garbage", token: "x", status: 401, want: refusedToken("Token is invalid")},
		{name: "expired", token: madeAccess(map[string]any{"iat": now - 60, "exp": now}), status: 401, want: refusedToken("Token is expired")},
		{name: "expired refresh token", token: madeRefresh(old), status: 401, want: refusedToken("Token is expired")},
		{name: "no id", token: madeAccess(map[string]any{"jti": nil}), status: 401, want: refusedToken("Token has no id")},
		{
			name: "no type", token: madeAccess(map[string]any{"token_type": nil}), status: 401, want: refusedToken("Token has no type"),
			differs: "theirs answers 200: one kind of token could pass for another",
		},
		{name: "blacklisted", token: ended, status: 401, want: refusedToken("Token is blacklisted"), differs: "theirs answers 200 or 400, by a setting"},
	}, "verify")
	runTokens(t, f, []tokenCase{
		{name: "ok", token: refresh, status: 200, want: `{}`},
		{name: "again", token: refresh, status: 401, want: refusedToken("Token is blacklisted")},
	}, "blacklist")
	f.get("/auth/users/me/", "Authorization", "Bearer "+access).want(401, notValid("Token is blacklisted")) // theirs lives on until it expires
}

func runTokens(t *testing.T, f *frontEnd, cases []tokenCase, view string) {
	t.Helper()
	for _, c := range cases {
		c.view = view
		t.Run(view+"/"+c.name, func(t *testing.T) { c.run(f.on(t)) })
	}
}

// Whoever is refused for his account learns of it from a genuine token only.
func TestRefreshOfADisabledUser(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, dialect(t, "simplejwt"))
	_, refresh := f.signIn()
	if err := f.svc.Disable(t.Context(), auth.Client{}, f.alice.ID); err != nil {
		t.Fatal(err)
	}
	const want = `{"detail":"No active account found for the given token.","code":"user_inactive"}`
	f.post("/auth/token/refresh/", `{"refresh":"`+refresh+`"}`).want(401, want).wantHeader("WWW-Authenticate", challenge)
	f.post("/auth/token/verify/", `{"token":"`+refresh+`"}`).want(401, want) // theirs does not look at the user
}

func TestSlidingTokens(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, dialect(t, "simplejwt"))
	const oneToken = `{"token":"<jwt>"}`
	f.post("/auth/token/sliding/", `{"username":"alice","password":"wrong"}`).want(401, badLogin)
	first := f.post("/auth/token/sliding/", `{"username":"alice","password":"`+alicePassword+`"}`).want(200, oneToken).text("token")
	f.get("/auth/users/me/", "Authorization", "Bearer "+first).want(200, `{"email":"alice@example.com","id":1,"username":"alice"}`)
	f.clock.Advance(time.Minute)
	second := f.post("/auth/token/sliding/refresh/", `{"token":"`+first+`"}`).want(200, oneToken).text("token")
	before, after := claimsOf(t, first), claimsOf(t, second)
	for name := range before {
		if same, wanted := cmp.Equal(before[name], after[name]), name != "exp" && name != "iat"; same != wanted {
			t.Errorf("claim %s: from %v to %v", name, before[name], after[name])
		}
	}
	access, refresh := f.signIn()
	now := f.clock.Now().Unix()
	made := func(changes map[string]any) string { return forge(t, second, []byte(hs256Secret), changes) }
	runTokens(t, f, []tokenCase{
		{name: "missing", token: `{}`, status: 400, want: `{"token":["This field is required."]}`},
		{name: "garbage", token: "x", status: 401, want: refusedToken("Token is invalid")},
		{name: "access token", token: access, status: 401, want: refusedToken("Token has wrong type")},
		{name: "refresh token", token: refresh, status: 401, want: refusedToken("Token has wrong type")},
		{name: "expired", token: made(map[string]any{"iat": now - 60, "exp": now}), status: 401, want: refusedToken("Token is expired")},
		{name: "no window", token: made(map[string]any{"refresh_exp": nil}), status: 401, want: refusedToken("Token has no 'refresh_exp' claim")},
		{name: "window over", token: made(map[string]any{"refresh_exp": now}), status: 401, want: refusedToken("Token 'refresh_exp' claim has expired")},
	}, "sliding/refresh")
}
