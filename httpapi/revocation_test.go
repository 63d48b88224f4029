package httpapi_test

import (
	"strings"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/httpapi"
)

const (
	clearedRefresh = "dev_refresh=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
	clearedAccess  = "dev_access=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
	clearedCSRF    = "csrftoken=; Path=/; Max-Age=0; SameSite=Lax"

	unavailable = `{"detail":"Service temporarily unavailable, try again later.","code":"unavailable"}`
)

// browser signs alice in with cookies, and sends its CSRF token from then on.
func (f *frontEnd) browser() *frontEnd {
	f.t.Helper()
	r := f.post("/auth/login/", `{"username":"alice","password":"`+alicePassword+`","remember":true}`)
	if r.status != 200 {
		f.t.Fatalf("login: got %d %s", r.status, r.body)
	}
	f.header = map[string][]string{"X-Csrftoken": {r.text("csrf_token")}}
	return f
}

// sessionID is the session of the browser's refresh cookie.
func (f *frontEnd) sessionID() auth.SessionID {
	f.t.Helper()
	id, err := auth.ParseSessionID(claimsOf(f.t, f.cookie("dev_refresh", "/"))["sid"].(string))
	if err != nil {
		f.t.Fatal(err)
	}
	return id
}

// keepsCookies fails the test if the answer touches a cookie, or if the browser's next refresh does not work.
func (f *frontEnd) keepsCookies(r reply) {
	f.t.Helper()
	r.wantCookies()
	f.refreshes()
}

func (f *frontEnd) refreshes() {
	f.t.Helper()
	if next := f.post("/auth/refresh/", ""); next.status != 200 {
		f.t.Errorf("next refresh: got %d %s, want 200", next.status, next.body)
	}
}

// A browser must not go on sending cookies of a session that is over.
func TestRevocationClearsCookies(t *testing.T) {
	t.Parallel()
	t.Run("ended by an operator", func(t *testing.T) {
		t.Parallel()
		f := newFrontEnd(t, httpapi.Config{}).browser()
		if err := f.svc.RevokeSession(t.Context(), auth.Client{}, f.sessionID()); err != nil {
			t.Fatal(err)
		}
		f.post("/auth/refresh/", "").want(401, `{"detail":"Token is blacklisted","code":"token_not_valid","reason":"ended_by_operator"}`).
			wantCookies(clearedRefresh, clearedCSRF).wantHeader("WWW-Authenticate", challenge)
	})
	t.Run("user disabled", func(t *testing.T) {
		t.Parallel()
		f := newFrontEnd(t, httpapi.Config{}).browser()
		if err := f.svc.Disable(t.Context(), auth.Client{}, f.alice.ID); err != nil {
			t.Fatal(err)
		}
		f.post("/auth/refresh/", "").want(401, `{"detail":"No active account found for the given token.","code":"user_inactive","reason":"user_disabled"}`).
			wantCookies(clearedRefresh, clearedCSRF)
	})
	t.Run("run out", func(t *testing.T) {
		t.Parallel()
		f := newFrontEnd(t, httpapi.Config{}).browser()
		f.clock.Advance(15 * 24 * time.Hour)
		f.post("/auth/refresh/", "").want(401, `{"detail":"Token is expired","code":"token_not_valid","reason":"expired_idle"}`).
			wantCookies(clearedRefresh, clearedCSRF)
	})
	t.Run("access cookie of an ended session", func(t *testing.T) {
		t.Parallel()
		f := newFrontEnd(t, httpapi.Config{AccessCarrier: httpapi.AccessInCookie}).browser()
		f.get("/auth/users/me/").want(200, `{"email":"alice@example.com","id":1,"username":"alice"}`)
		if err := f.svc.RevokeSession(t.Context(), auth.Client{}, f.sessionID()); err != nil {
			t.Fatal(err)
		}
		f.get("/auth/users/me/").want(401, notValid("Token is blacklisted")).wantCookies(clearedRefresh, clearedAccess, clearedCSRF)
	})
	t.Run("access cookie run out, session alive", func(t *testing.T) {
		t.Parallel()
		f := newFrontEnd(t, httpapi.Config{AccessCarrier: httpapi.AccessInCookie}).browser()
		f.clock.Advance(6 * time.Minute)
		f.keepsCookies(f.get("/auth/users/me/").want(401, notValid("Token is expired")))
	})
	t.Run("token in a header", func(t *testing.T) {
		t.Parallel()
		f := newFrontEnd(t, httpapi.Config{})
		access, _ := f.signIn()
		if err := f.svc.Disable(t.Context(), auth.Client{}, f.alice.ID); err != nil {
			t.Fatal(err)
		}
		f.get("/auth/users/me/", "Authorization", "Bearer "+access).want(401, `{"detail":"User is inactive","code":"user_inactive"}`).wantCookies()
	})
}

// A token that was overtaken on its way signs nobody out; one that comes back much later ends the session for both holders.
func TestSupersededAndCompromised(t *testing.T) {
	t.Parallel()
	const superseded = `{"detail":"Token was superseded by a newer one","code":"refresh_superseded"}`
	f := newFrontEnd(t, httpapi.Config{}).browser()
	first := f.cookie("dev_refresh", "/")
	for range 2 { // the second confirms the child of the first
		f.clock.Advance(31 * time.Second)
		f.post("/auth/refresh/", "")
	}
	late := f.other()
	late.header = f.header.Clone()
	late.header["Cookie"] = []string{"dev_refresh=" + first + "; csrftoken=" + f.cookie("csrftoken", "/")}
	late.post("/auth/refresh/", "").want(409, superseded).wantCookies()
	late.post("/auth/jwt/refresh/", `{"refresh":"`+first+`"}`).want(409, superseded)
	late.post("/auth/refresh/", "", "Accept", "application/problem+json").want(409, `{"type":"about:blank","title":"Conflict","status":409,`+
		`"detail":"Token was superseded by a newer one","code":"refresh_superseded","request_id":"<request>"}`).wantCookies()
	f.refreshes()

	f.clock.Advance(6 * time.Minute)
	const compromised = `{"detail":"Token is blacklisted","code":"session_compromised","reason":"compromised"}`
	late.post("/auth/refresh/", "").want(401, compromised).wantCookies(clearedRefresh, clearedCSRF).wantHeader("WWW-Authenticate", challenge)
	f.post("/auth/refresh/", "").want(401, compromised).wantCookies(clearedRefresh, clearedCSRF)
}

func TestThrottledRefreshKeepsCookies(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{}, func(c *auth.Config) {
		c.Limits = auth.LimitsOn
		c.Policy = auth.DefaultPolicy()
		c.Policy.Limits.RefreshesPerSession = auth.Rate{Burst: 1, Interval: time.Second}
	}).browser()
	f.post("/auth/refresh/", "")
	r := f.post("/auth/refresh/", "").want(429, `{"detail":"Request was throttled. Expected available in 1 second.","code":"throttled"}`).wantHeader("Retry-After", "1")
	f.clock.Advance(time.Second)
	f.keepsCookies(r)
}

// A database that is gone is nobody's fault: nobody is signed in by it, nobody is signed out, and no cookie is lost.
func TestStoreIsGone(t *testing.T) {
	t.Parallel()
	faults := authtest.NewFaults(authtest.SQLite(t))
	f := newFrontEndOn(t, faults, httpapi.Config{}).browser()
	access, refresh := f.signIn()
	for _, c := range []struct{ name, method, fault, path, body string }{
		{"sign-in", "POST", "UserByUsername", "/auth/jwt/create/", `{"username":"alice","password":"` + alicePassword + `"}`},
		{"sign-in, at the last step", "POST", "CreateSession", "/auth/login/", `{"username":"alice","password":"` + alicePassword + `"}`},
		{"refresh", "POST", "ConfirmSession", "/auth/jwt/refresh/", `{"refresh":"` + refresh + `"}`},
		{"refresh by cookie", "POST", "ConfirmSession", "/auth/refresh/", ""},
		{"refresh by cookie, at the second look", "POST", "Session", "/auth/refresh/", ""},
		{"verify", "POST", "Session", "/auth/jwt/verify/", `{"token":"` + refresh + `"}`},
		{"sign-out", "POST", "EndSession", "/auth/logout/", ""},
		{"me", "GET", "UserBySession", "/auth/users/me/", "Bearer"},
		{"sessions", "GET", "Sessions", "/auth/sessions/", "Bearer"},
		{"session state", "GET", "SessionUser", "/auth/session/", ""},
		{"registration", "POST", "CreateUser", "/auth/users/", `{"username":"bob","password":"correct horse"}`},
		{"readiness", "GET", "Ping", "/readyz", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := f.on(t)
			faults.FailNext(c.fault)
			authorization := ""
			if c.body == "Bearer" {
				authorization = "Bearer " + access
			}
			r := f.call(c.method, c.path, strings.TrimPrefix(c.body, "Bearer"), "Authorization", authorization)
			r.want(503, unavailable).wantHeader("Retry-After", "1").wantHeader("WWW-Authenticate", "")
			f.keepsCookies(r)
		})
	}
}
