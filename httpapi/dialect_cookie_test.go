package httpapi_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
)

const (
	cookieUser     = `{"id":1,"username":"alice","first_name":"Al","last_name":""}`
	forbidden      = `{"detail":"You do not have permission to perform this action."}`
	aliceLogsIn    = `{"username":"alice","password":"` + alicePassword + `"}`
	accessCookie   = "access_token=<value>; Path=/; Max-Age=<access>; HttpOnly; SameSite=Lax"
	noAccessCookie = "access_token=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"

	accountsRefresh   = "refresh_token=<value>; Path=/accounts/auth/; Max-Age=1209600; HttpOnly; SameSite=Lax"
	noAccountsRefresh = "refresh_token=; Path=/accounts/auth/; Max-Age=0; HttpOnly; SameSite=Lax"
	csrfCookie        = "csrftoken=<value>; Path=/; Max-Age=1209600; SameSite=Lax"
)

// askToken asks for the masked token, as pages of the cookie project do, and sends it from then on.
func (f *frontEnd) askToken() string {
	f.t.Helper()
	token := f.get("/accounts/csrf_token/").want(200, `{"token":"<csrf>"}`).text("token")
	f.header = http.Header{"X-Csrftoken": {token}}
	return token
}

// The recipe of drf-jwt-httponly-cookie: token, sign-in, token again, unsafe calls with it, on a 401 refresh once and try again.
func TestCookieJourney(t *testing.T) {
	t.Parallel()
	f := newReactPage(t, "cookie")
	f.preflight("/accounts/auth/login/", "content-type,x-csrftoken")

	first := f.askToken()
	secret := f.cookie("csrftoken", "/")
	if again := f.askToken(); again == first || f.cookie("csrftoken", "/") != secret || len(secret) != 32 {
		t.Errorf("second token: mask the same %t, cookie from %q to %q, want another mask of one secret", again == first, secret, f.cookie("csrftoken", "/"))
	}
	f.get("/accounts/user/").want(401, anonymous).wantHeader("WWW-Authenticate", challenge)
	f.post("/accounts/auth/login/", `{"username":"alice","password":"wrong"}`).want(403, wrongCredential).wantHeader("WWW-Authenticate", "").wantCookies()
	f.post("/accounts/auth/login/", `{}`).want(400, `{"username":["This field is required."],"password":["This field is required."]}`)
	f.post("/accounts/auth/login/", aliceLogsIn).want(200, `{}`).wantCookies(accessCookie, accountsRefresh, csrfCookie).wantReadable()
	if f.cookie("csrftoken", "/") == secret {
		t.Error("sign-in kept the CSRF secret (fixation)")
	}
	f.get("/accounts/user/").want(200, cookieUser).wantReadable()

	// The old token is no good any more; the page asks for the new one.
	f.post("/accounts/auth/logout/", "").want(403, csrfFailed("CSRF token from the 'X-Csrftoken' HTTP header incorrect.")).wantCookies()
	f.askToken()

	// The browser drops the access cookie when its time is over: 401, refresh, once more.
	f.clock.Advance(5 * time.Minute)
	f.dropAccess()
	f.get("/accounts/user/").want(401, anonymous)
	f.post("/accounts/auth/refresh_token/", "").want(200, `{}`).
		wantCookies(accessCookie, "refresh_token=<value>; Path=/accounts/auth/; Max-Age=1209300; HttpOnly; SameSite=Lax", "csrftoken=<value>; Path=/; Max-Age=1209300; SameSite=Lax")
	f.get("/accounts/user/").want(200, cookieUser)

	access := f.cookie("access_token", "/")
	f.askToken()
	f.post("/accounts/auth/logout/", "").want(200, `{}`).wantCookies(noAccessCookie, noAccountsRefresh, "csrftoken=; Path=/; Max-Age=0; SameSite=Lax").wantReadable()
	f.get("/accounts/user/", "Authorization", "Bearer "+access).want(401, notValid("Token is blacklisted"))
	f.post("/accounts/auth/refresh_token/", "").want(403, forbidden).wantHeader("WWW-Authenticate", "")
}

// The answers of that project where they are not part of the journey, with the differences that are wanted.
func TestCookieAnswers(t *testing.T) {
	t.Parallel()
	f := newReactPage(t, "cookie")
	f.post("/accounts/auth/login/", aliceLogsIn)
	access, refresh, secret := f.cookie("access_token", "/"), f.cookie("refresh_token", "/accounts/auth/"), f.cookie("csrftoken", "/")
	_, ended := f.other().signIn()
	f.other().post("/auth/jwt/blacklist/", `{"refresh":"`+ended+`"}`).want(200, `{}`)
	app := f.other()
	app.origin = "" // requests by hand
	jar := func(pairs ...string) string {
		line := ""
		for i := 0; i < len(pairs); i += 2 {
			line += pairs[i] + "=" + pairs[i+1] + "; "
		}
		return line
	}
	for _, c := range []struct {
		name, method, path, cookies, header, body string
		status                                    int
		want, differs                             string
	}{
		{name: "user by header", method: "GET", path: "/accounts/user/", header: "Bearer " + access, status: 200, want: cookieUser},
		{name: "a header of another scheme hides the cookie", method: "GET", path: "/accounts/user/", cookies: jar("access_token", access), header: "Basic x", status: 401, want: anonymous},
		{
			name: "a bad header hides the cookie", method: "GET", path: "/accounts/user/", cookies: jar("access_token", access), header: "Bearer x", status: 401,
			want: notValid("Token is invalid"),
		},
		{name: "bad access cookie", method: "GET", path: "/accounts/user/", cookies: jar("access_token", "x"), status: 401, want: notValid("Token is invalid")},
		{name: "wrong method, anonymous", method: "POST", path: "/accounts/user/", status: 401, want: anonymous},
		{
			name: "wrong method, signed in", method: "POST", path: "/accounts/user/", header: "Bearer " + access, status: 405, want: notAllowed("POST"),
			differs: "theirs wants a CSRF token of apps that send a header",
		},
		{
			name: "access cookie twice", method: "GET", path: "/accounts/user/", cookies: jar("access_token", access, "access_token", "x"), status: 400,
			want: `{"detail":"Cookie access_token was sent twice.","code":"cookie_twice"}`, differs: "theirs takes the last",
		},
		{name: "refresh without the cookie", method: "POST", path: "/accounts/auth/refresh_token/", status: 403, want: forbidden},
		{
			name: "bad refresh cookie", method: "POST", path: "/accounts/auth/refresh_token/", cookies: jar("refresh_token", "x"), status: 401,
			want: refusedToken("Token is invalid"),
		},
		{
			name: "refresh cookie of an ended session", method: "POST", path: "/accounts/auth/refresh_token/", cookies: jar("refresh_token", ended), status: 401,
			want: refusedToken("Token is blacklisted"),
		},
		{
			name: "access token as refresh cookie", method: "POST", path: "/accounts/auth/refresh_token/", cookies: jar("refresh_token", access), status: 401,
			want: refusedToken("Token has wrong type"),
		},
		{name: "refresh without a CSRF token", method: "POST", path: "/accounts/auth/refresh_token/", cookies: jar("refresh_token", refresh), status: 200, want: `{}`},
		{name: "refresh with a body", method: "POST", path: "/accounts/auth/refresh_token/", cookies: jar("refresh_token", refresh), body: `{"refresh":"x"}`, status: 200, want: `{}`},
		{
			name: "sign-in over dead cookies", method: "POST", path: "/accounts/auth/login/", cookies: jar("access_token", "x", "refresh_token", ended),
			body: aliceLogsIn, status: 200, want: `{}`,
		},
		{name: "sign-out of a stranger", method: "POST", path: "/accounts/auth/logout/", status: 200, want: `{}`, differs: "theirs is a 401: nobody could sign out late"},
		{
			name: "sign-out with the refresh cookie alone", method: "POST", path: "/accounts/auth/logout/",
			cookies: jar("refresh_token", ended), status: 403, want: csrfFailed("CSRF cookie not set."),
		},
		{
			name: "sign-out, bare token", method: "POST", path: "/accounts/auth/logout/", cookies: jar("refresh_token", refresh, "csrftoken", secret), header: "csrf " + secret,
			status: 200, want: `{}`,
		},
		{name: "GET of sign-in", method: "GET", path: "/accounts/auth/login/", status: 405, want: notAllowed("GET")},
	} {
		t.Run(c.name, func(t *testing.T) {
			headers := []string{"Cookie", c.cookies}
			if token, bare := cutCSRF(c.header); bare {
				headers = append(headers, "X-CSRFToken", token)
			} else {
				headers = append(headers, "Authorization", c.header)
			}
			fresh := app.on(t).other()
			fresh.call(c.method, c.path, c.body, headers...).want(c.status, c.want)
		})
	}
}

func cutCSRF(header string) (string, bool) {
	if len(header) > 5 && header[:5] == "csrf " {
		return header[5:], true
	}
	return "", false
}

// The project checks neither where a sign-in comes from nor a refresh.
func TestCookieFromAnotherOrigin(t *testing.T) {
	t.Parallel()
	f := newReactPage(t, "cookie")
	evil := []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}
	refused := csrfFailed("Origin checking failed - https://evil.example does not match any trusted origins.")
	f.post("/accounts/auth/login/", aliceLogsIn, evil...).want(403, refused).wantCookies()
	f.post("/accounts/auth/login/", aliceLogsIn).want(200, `{}`)
	f.askToken()
	for _, path := range []string{"/accounts/auth/refresh_token/", "/accounts/auth/logout/"} {
		f.post(path, "", evil...).want(403, refused).wantCookies()
	}
	f.get("/accounts/user/").want(200, cookieUser)
	f.post("/accounts/auth/refresh_token/", "").want(200, `{}`)
}

// With the access token run out nobody could sign out there, and his tokens lived on. A page that is opened then asks for its CSRF token at a path that the
// refresh cookie does not go to; the token has to be good all the same.
func TestCookieSignOutAfterTheAccessToken(t *testing.T) {
	t.Parallel()
	f := newReactPage(t, "cookie")
	f.post("/accounts/auth/login/", aliceLogsIn)
	refresh := f.cookie("refresh_token", "/accounts/auth/")
	f.clock.Advance(time.Hour)
	f.dropAccess()
	f.askToken()
	f.post("/accounts/auth/logout/", "").want(200, `{}`).wantCookies(noAccessCookie, noAccountsRefresh, "csrftoken=; Path=/; Max-Age=0; SameSite=Lax")
	f.post("/auth/jwt/refresh/", `{"refresh":"`+refresh+`"}`).want(401, refusedToken("Token is blacklisted"))
}

// The same page, when it refreshes first: its token outlives that.
func TestCookiePageOpenedAfterTheAccessToken(t *testing.T) {
	t.Parallel()
	f := newReactPage(t, "cookie")
	f.post("/accounts/auth/login/", aliceLogsIn)
	f.clock.Advance(time.Hour)
	f.dropAccess()
	f.askToken()
	f.get("/accounts/user/").want(401, anonymous)
	f.post("/accounts/auth/refresh_token/", "").want(200, `{}`)
	f.get("/accounts/user/").want(200, cookieUser)
	f.post("/accounts/auth/logout/", "").want(200, `{}`)
}

// Cookies of a session that is over are taken back, with the attributes that they were given.
func TestCookieRevocation(t *testing.T) {
	t.Parallel()
	f := newReactPage(t, "cookie")
	f.post("/accounts/auth/login/", aliceLogsIn)
	if err := f.svc.Disable(t.Context(), auth.Client{}, f.alice.ID); err != nil {
		t.Fatal(err)
	}
	cleared := []string{noAccessCookie, noAccountsRefresh, "csrftoken=; Path=/; Max-Age=0; SameSite=Lax"}
	refresh := f.cookie("refresh_token", "/accounts/auth/")
	f.get("/accounts/user/").want(401, `{"detail":"User is inactive","code":"user_inactive"}`).wantCookies(cleared...)
	f.other().post("/accounts/auth/refresh_token/", "", "Cookie", "refresh_token="+refresh).
		want(401, `{"detail":"No active account found for the given token.","code":"user_inactive"}`).wantCookies(cleared...)
	f.post("/accounts/auth/login/", aliceLogsIn).want(403, wrongCredential)
}
