package httpapi_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
)

const (
	reactIn     = `{"Success":"Login successfully","data":{"refresh":"<jwt>","access":"<jwt>"}}`
	reactUser   = `{"id":1,"username":"alice","email":"alice@example.com"}`
	reactWrong  = `{"Invalid":"Invalid username or password!!"}`
	reactFrozen = `{"No active":"This account is not active!!"}`
	reactOut    = `{"Success":"Logout successfully"}`
)

// axios with withCredentials and its XSRF settings: what the readable cookie holds goes into the header.
func (f *frontEnd) axiosPost(path, body string) reply {
	f.t.Helper()
	return f.post(path, body, "X-CSRFToken", f.cookie("csrftoken", "/"), "Accept", "application/json, text/plain, */*")
}

func TestReactCookieJourney(t *testing.T) {
	t.Parallel()
	f := newReactPage(t, "react-cookie")
	f.preflight("/login/", "content-type,x-csrftoken")
	f.get("/user/").want(401, anonymous)
	f.axiosPost("/login/", `{"username":"alice","password":"wrong"}`).want(404, reactWrong).wantHeader("WWW-Authenticate", "").wantCookies().wantReadable()
	f.axiosPost("/login/", `{"username":"nobody","password":"wrong"}`).want(404, reactWrong)
	f.axiosPost("/login/", `{"username":"alice"}`).want(400, `{"password":["This field is required."]}`)

	r := f.axiosPost("/login/", aliceLogsIn).want(200, reactIn).wantReadable()
	r.wantCookies(accessCookie, "refresh=<value>; Path=/; Max-Age=1209600; HttpOnly; SameSite=Lax", csrfCookie)
	if r.text("data.access") != f.cookie("access_token", "/") {
		t.Error("the access token of the body is not the cookie's")
	}
	f.get("/user/").want(200, reactUser).wantReadable()
	f.get("/user/", "Authorization", "Bearer "+r.text("data.access")).want(200, reactUser)

	// The header wins over the cookie, good or bad.
	f.get("/user/", "Authorization", "Bearer x").want(401, notValid("Token is invalid")).wantCookies()
	f.get("/user/", "Authorization", "Basic x").want(401, anonymous)

	// CSRF is enforced.
	f.post("/logout/", "").want(403, csrfFailed("CSRF token missing.")).wantCookies()
	f.post("/logout/", "", "X-CSRFToken", "x").want(403, csrfFailed("CSRF token from the 'X-Csrftoken' HTTP header has incorrect length."))
	f.post("/logout/", "", "Origin", "https://evil.example", "X-CSRFToken", f.cookie("csrftoken", "/")).
		want(403, csrfFailed("Origin checking failed - https://evil.example does not match any trusted origins."))
	f.get("/user/").want(200, reactUser)

	f.axiosPost("/logout/", "").want(200, reactOut).
		wantCookies(noAccessCookie, "refresh=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax", "csrftoken=; Path=/; Max-Age=0; SameSite=Lax")
	f.get("/user/").want(401, anonymous)
	f.get("/user/", "Authorization", "Bearer "+r.text("data.access")).want(401, notValid("Token is blacklisted"))
}

// The tutorial has no way to refresh: its page sees a 401 and asks for the password again. A page that knows better refreshes.
func TestReactCookieAfterTheAccessToken(t *testing.T) {
	t.Parallel()
	f := newReactPage(t, "react-cookie")
	f.post("/refresh/", "").want(401, `{"detail":"No valid refresh token found.","code":"token_not_valid"}`)
	f.axiosPost("/login/", aliceLogsIn).want(200, reactIn)
	f.clock.Advance(5 * time.Minute)
	f.dropAccess()
	f.get("/user/").want(401, anonymous)
	f.post("/refresh/", "").want(403, csrfFailed("CSRF token missing."))
	f.axiosPost("/refresh/", "").want(200, `{"Success":"Refresh successfully","data":{"refresh":"<jwt>","access":"<jwt>"}}`)
	f.get("/user/").want(200, reactUser)

	// Signing out after the access cookie is over ends the session all the same.
	refresh := f.cookie("refresh", "/")
	f.clock.Advance(5 * time.Minute)
	f.dropAccess()
	f.axiosPost("/logout/", "").want(200, reactOut)
	f.post("/auth/jwt/refresh/", `{"refresh":"`+refresh+`"}`).want(401, refusedToken("Token is blacklisted"))
}

// Only who proves the password learns that an account is disabled.
func TestReactCookieInactiveUser(t *testing.T) {
	t.Parallel()
	f := newReactPage(t, "react-cookie")
	if err := f.svc.Disable(t.Context(), auth.Client{}, f.alice.ID); err != nil {
		t.Fatal(err)
	}
	f.axiosPost("/login/", aliceLogsIn).want(404, reactFrozen).wantHeader("WWW-Authenticate", "").wantCookies()
	f.axiosPost("/login/", `{"username":"alice","password":"wrong"}`).want(404, reactWrong)
	f.axiosPost("/auth/jwt/create/", aliceLogsIn).want(401, badLogin)
	f.post("/login/", aliceLogsIn, "Accept", "application/problem+json").want(http.StatusNotFound, `{"type":"about:blank","title":"Not Found","status":404,`+
		`"detail":"No active account found with the given credentials","code":"bad_credentials","request_id":"<request>"}`)
}
