package httpapi_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
)

const (
	reactOrigin     = "http://localhost:3000"
	noCredentials   = `{"detail":"Authentication credentials were not provided."}`
	wrongCredential = `{"detail":"Incorrect authentication credentials."}`
)

func csrfFailed(reason string) string {
	return `{"detail":"CSRF Failed: ` + reason + `","code":"csrf_failed"}`
}

// newReactPage is a page of React's development server, on another port, that calls with credentials.
func newReactPage(t *testing.T, name string) *frontEnd {
	t.Helper()
	config := dialect(t, name)
	config.AllowedOrigins = []string{reactOrigin}
	f := newFrontEnd(t, config)
	f.origin = reactOrigin
	return f
}

// wantReadable fails the test unless the browser lets the page read the answer and keep its cookies.
func (r reply) wantReadable() reply {
	r.t.Helper()
	return r.wantHeader("Access-Control-Allow-Origin", reactOrigin).wantHeader("Access-Control-Allow-Credentials", "true")
}

// preflight asks as the browser does before the request of a page on another origin.
func (f *frontEnd) preflight(path, headers string) {
	f.t.Helper()
	r := f.call(http.MethodOptions, path, "", "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", headers)
	if r.status != http.StatusNoContent {
		f.t.Errorf("preflight of %s: got %d, want 204", path, r.status)
	}
	r.wantReadable()
	stranger := f.call(http.MethodOptions, path, "", "Origin", "https://evil.example", "Access-Control-Request-Method", "POST")
	stranger.wantHeader("Access-Control-Allow-Origin", "").wantHeader("Access-Control-Allow-Credentials", "")
}

func TestHybridJourney(t *testing.T) {
	t.Parallel()
	f := newReactPage(t, "hybrid")
	const (
		granted = `{"access_token":"<jwt>"}`
		user    = `{"id":1,"username":"alice","email":"alice@example.com","first_name":"Al","last_name":"","is_active":true}`
	)
	// Strangers and the wrong password: 403 without a challenge.
	f.get("/accounts/profile").want(403, anonymous).wantHeader("WWW-Authenticate", "")
	f.post("/accounts/refresh_token", "").want(403, noCredentials).wantHeader("WWW-Authenticate", "")
	f.preflight("/accounts/login", "content-type")
	f.post("/accounts/login", `{"username":"alice","password":"wrong"}`).want(403, wrongCredential).wantHeader("WWW-Authenticate", "").wantReadable().wantCookies()
	f.post("/accounts/login", `{"username":"alice"}`).want(400, `{"password":["This field is required."]}`)

	r := f.post("/accounts/login", `{"username":"alice","password":"`+alicePassword+`"}`).want(200, `{"access_token":"<jwt>","user":`+user+`}`).wantReadable()
	r.wantCookies("refreshtoken=<value>; Path=/; Max-Age=1209600; HttpOnly; SameSite=Lax", "csrftoken=<value>; Path=/; Max-Age=1209600; SameSite=Lax")
	access := r.text("access_token")
	f.get("/accounts/profile", "Authorization", "Bearer "+access).want(200, `{"user":`+user+`}`)

	// Five minutes later the profile is refused, and the page refreshes: with the cookie and the readable cookie's value as a header.
	f.clock.Advance(5 * time.Minute)
	f.get("/accounts/profile", "Authorization", "Bearer "+access).want(403, notValid("Token is expired")).wantHeader("WWW-Authenticate", "").wantCookies()
	f.post("/accounts/refresh_token", "").want(403, csrfFailed("CSRF token missing."))
	f.post("/accounts/refresh_token", "", "X-CSRFTOKEN", altered(f.cookie("csrftoken", "/"))).want(403, csrfFailed("CSRF token from the 'X-Csrftoken' HTTP header incorrect."))
	f.preflight("/accounts/refresh_token", "x-csrftoken")
	r = f.post("/accounts/refresh_token", "", "X-CSRFTOKEN", f.cookie("csrftoken", "/")).want(200, granted).wantReadable()
	r.wantCookies("refreshtoken=<value>; Path=/; Max-Age=1209300; HttpOnly; SameSite=Lax", "csrftoken=<value>; Path=/; Max-Age=1209300; SameSite=Lax")
	access = r.text("access_token")
	f.get("/accounts/profile", "Authorization", "Bearer "+access).want(200, `{"user":`+user+`}`)

	// The token cookie does not open the profile: that takes the header.
	f.get("/accounts/profile").want(403, anonymous)

	f.post("/accounts/logout", "").want(403, csrfFailed("CSRF token missing.")).wantCookies()
	f.post("/accounts/logout", "", "X-CSRFTOKEN", f.cookie("csrftoken", "/")).want(204, "").wantReadable().
		wantCookies("refreshtoken=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax", "csrftoken=; Path=/; Max-Age=0; SameSite=Lax")
	f.get("/accounts/profile", "Authorization", "Bearer "+access).want(403, notValid("Token is blacklisted"))
	f.post("/accounts/refresh_token", "").want(403, noCredentials)
}

// What the tutorials do by a version of the token per user: everything dies at once, the refresh cookie too.
func TestHybridRevocation(t *testing.T) {
	t.Parallel()
	f := newReactPage(t, "hybrid")
	access := f.post("/accounts/login", `{"username":"alice","password":"`+alicePassword+`"}`).text("access_token")
	if _, err := f.svc.RevokeSessions(t.Context(), auth.Client{}, f.alice.ID); err != nil {
		t.Fatal(err)
	}
	f.get("/accounts/profile", "Authorization", "Bearer "+access).want(403, notValid("Token is blacklisted")).wantCookies()
	f.post("/accounts/refresh_token", "", "X-CSRFTOKEN", f.cookie("csrftoken", "/")).want(403, refusedToken("Token is blacklisted")).
		wantCookies("refreshtoken=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax", "csrftoken=; Path=/; Max-Age=0; SameSite=Lax")
}

// Nobody tells a disabled account from a wrong password, and its tokens are refused with 403 like all.
func TestHybridInactiveUser(t *testing.T) {
	t.Parallel()
	f := newReactPage(t, "hybrid")
	f.post("/accounts/login", `{"username":"alice","password":"`+alicePassword+`"}`)
	if err := f.svc.Disable(t.Context(), auth.Client{}, f.alice.ID); err != nil {
		t.Fatal(err)
	}
	f.post("/accounts/refresh_token", "", "X-CSRFTOKEN", f.cookie("csrftoken", "/")).
		want(403, `{"detail":"No active account found for the given token.","code":"user_inactive"}`).wantHeader("WWW-Authenticate", "")
	f.post("/accounts/login", `{"username":"alice","password":"`+alicePassword+`"}`).want(403, wrongCredential)
}

func TestHybridFromAnotherOrigin(t *testing.T) {
	t.Parallel()
	f := newReactPage(t, "hybrid")
	f.post("/accounts/login", `{"username":"alice","password":"`+alicePassword+`"}`)
	const foreign = "Origin checking failed - http://localhost:3001 does not match any trusted origins."
	f.post("/accounts/refresh_token", "", "Origin", "http://localhost:3001", "X-CSRFTOKEN", f.cookie("csrftoken", "/")).want(403, csrfFailed(foreign)).wantCookies()
	f.post("/accounts/login", `{"username":"alice","password":"`+alicePassword+`"}`, "Origin", "http://localhost:3001").want(403, csrfFailed(foreign)).wantCookies()
}

// altered is a text with another first character.
func altered(text string) string {
	if text[0] == 'a' {
		return "b" + text[1:]
	}
	return "a" + text[1:]
}
