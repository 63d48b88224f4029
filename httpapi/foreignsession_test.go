package httpapi_test

import (
	"crypto/sha256"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/django"
	"github.com/cartouche-auth/cartouche/httpapi"
	"github.com/cartouche-auth/cartouche/secret"
)

// immigrantKey is the key of the session that Django gave bob before the move.
const immigrantKey = "k3v9s0x1q2w3e4r5t6y7u8i9o0p1a2s3"

const (
	immigrantLooks = `{"email":"bob@example.com","id":7,"username":"bob"}`
	noRefresh      = `{"detail":"No valid refresh token found.","code":"token_not_valid"}`
	clearedDjango  = "sessionid=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
)

// newMovedFrontEnd is a browser that was signed in to Django as bob, on a site that has moved since.
func newMovedFrontEnd(t *testing.T, config httpapi.Config) *frontEnd {
	t.Helper()
	config.ForeignSessionCookie = "sessionid"
	f := newFrontEnd(t, config, func(c *auth.Config) {
		c.ForeignTokens = django.Tokens{SessionsUntil: c.Now().Add(365 * 24 * time.Hour)}
	})
	now := f.clock.Now()
	_, err := f.store.ImportUsers(t.Context(), []auth.ImportedUser{{
		User: auth.User{ID: "7", Username: "bob", Email: "bob@example.com", PasswordHash: "!", IsActive: true, DateJoined: now},
		Tokens: []auth.ImportedToken{{
			Kind: auth.ImportedSession, Hash: sha256.Sum256([]byte(immigrantKey)), UserID: "7", ExpiresAt: now.Add(7 * 24 * time.Hour), Remember: true,
		}},
	}}, auth.Event{Kind: auth.EventImported, At: now})
	if err != nil {
		t.Fatal(err)
	}
	f.plant(immigrantKey)
	return f
}

// plant puts a cookie of Django's into the jar.
func (f *frontEnd) plant(value string) {
	f.t.Helper()
	at, err := url.Parse(f.url)
	if err != nil {
		f.t.Fatal(err)
	}
	f.client.Jar.SetCookies(at, []*http.Cookie{{Name: "sessionid", Value: value, Path: "/"}})
}

// live is how many sessions bob has.
func (f *frontEnd) live() int {
	f.t.Helper()
	sessions, err := f.store.Sessions(f.t.Context(), "7", f.clock.Now())
	if err != nil {
		f.t.Fatal(err)
	}
	return len(sessions)
}

func TestABrowserWithADjangoSessionIsSignedIn(t *testing.T) {
	t.Parallel()
	f := newMovedFrontEnd(t, httpapi.Config{})
	r := f.post("/auth/refresh/", "").want(200, browserGrant(`"access":"<jwt>",`, ""))
	r.wantCookies("dev_refresh=<value>; Path=/; Max-Age=1209600; HttpOnly; SameSite=Lax", "csrftoken=<value>; Path=/; Max-Age=1209600; SameSite=Lax", clearedDjango)
	f.get("/auth/users/me/", "Authorization", "Bearer "+r.text("access")).want(200, immigrantLooks)
	if f.cookie("sessionid", "/") != "" {
		t.Error("the old cookie is still there")
	}
	f.plant(immigrantKey) // a site whose cookie has a Domain: it stays, and is not looked at any more
	for range 3 {
		f.clock.Advance(time.Minute)
		r = f.post("/auth/refresh/", "", "X-Csrftoken", r.text("csrf_token"))
	}
	if r.status != 200 || f.live() != 1 {
		t.Errorf("later: %d %s, %d sessions", r.status, r.body, f.live())
	}
}

func TestALostAnswerToADjangoSessionIsServedAgain(t *testing.T) {
	t.Parallel()
	f := newMovedFrontEnd(t, httpapi.Config{})
	first := f.post("/auth/refresh/", "")
	other := f.other()
	other.plant(immigrantKey)
	again := other.post("/auth/refresh/", "").want(200, scrub(first.body))
	if f.live() != 1 || first.status != again.status {
		t.Errorf("%d sessions", f.live())
	}
}

func TestEveryDialectWithARefreshCookieTakesADjangoSession(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{"hybrid": "/accounts/refresh_token", "cookie": "/accounts/auth/refresh_token/", "react-cookie": "/refresh/"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newMovedFrontEnd(t, dialect(t, name))
			if r := f.post(path, ""); r.status != 200 || f.live() != 1 || f.cookie("sessionid", "/") != "" {
				t.Errorf("got %d %s", r.status, r.body)
			}
		})
	}
}

// A stranger's page makes a browser send its cookies.
func TestCrossSiteRequestUnderADjangoSession(t *testing.T) {
	t.Parallel()
	f := newMovedFrontEnd(t, dialect(t, "djoser"))
	for _, path := range []string{"/auth/refresh/", "/auth/", "/auth/logout/"} {
		r := f.post(path, "", "Origin", "https://evil.example").wantCookies()
		if r.status != 403 {
			t.Errorf("%s: got %d %s", path, r.status, r.body)
		}
	}
	if f.live() != 0 {
		t.Error("a stranger's page opened a session")
	}
	f.post("/auth/refresh/", "").want(200, browserGrant(`"access":"<jwt>",`, ""))
}

// Some old browser or privacy setting may have silenced a stranger's page: over https, silence does not act under a cookie.
func TestSilentRequestUnderADjangoSession(t *testing.T) {
	t.Parallel()
	f := newMovedFrontEnd(t, httpapi.Config{})
	api, err := httpapi.New(f.svc, httpapi.Config{PublicURL: ownURL, ForeignSessionCookie: "sessionid"})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/auth/refresh/", nil)
	r.Header.Set("Cookie", "sessionid="+immigrantKey)
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	if w.Code != http.StatusForbidden || f.live() != 0 {
		t.Errorf("got %d %s, %d sessions", w.Code, w.Body, f.live())
	}
}

func TestStricterSettingAsksATokenForADjangoSession(t *testing.T) {
	t.Parallel()
	f := newMovedFrontEnd(t, httpapi.Config{CSRFPresession: true})
	if r := f.post("/auth/refresh/", ""); r.status != 403 {
		t.Errorf("without a token: got %d %s", r.status, r.body)
	}
	token := f.get("/auth/csrf/").text("token")
	if r := f.post("/auth/refresh/", "", "X-Csrftoken", token); r.status != 200 {
		t.Errorf("with one: got %d %s", r.status, r.body)
	}
}

func TestADjangoSessionOfAVisitorIsLeftAlone(t *testing.T) {
	t.Parallel()
	f := newMovedFrontEnd(t, dialect(t, "djoser"))
	f.plant(strings.Repeat("v", 32))
	f.post("/auth/refresh/", "").want(401, noRefresh).wantCookies()
	f.post("/auth/", "access_token=").want(200, "No change.").wantCookies()
	f.post("/auth/logout/", "").want(204, "").wantCookies(clearedRefresh, clearedCSRF)
	if f.cookie("sessionid", "/") == "" {
		t.Error("the visitor lost what Django keeps for him")
	}
}

// Cookie tossing: a sibling host plants a second cookie of the name, and nobody can tell which is which.
func TestDjangoSessionThatIsSentTwice(t *testing.T) {
	t.Parallel()
	f := newMovedFrontEnd(t, httpapi.Config{})
	f.client.Jar = nil
	r := f.post("/auth/refresh/", "", "Cookie", "sessionid=attackers; sessionid="+immigrantKey)
	if r.status != 400 && r.status != 403 || f.live() != 0 {
		t.Errorf("got %d %s", r.status, r.body)
	}
}

// Session fixation: an attacker plants the cookie of a session of his own, and waits for the victim to sign in. The victim gets a session of his own,
// and the planted one is over, so that the browser does not fall back to it either.
func TestSessionFixationWithADjangoSession(t *testing.T) {
	t.Parallel()
	f := newMovedFrontEnd(t, httpapi.Config{})
	r := f.post("/auth/login/", aliceLogsIn)
	r.wantCookies("dev_refresh=<value>; Path=/; HttpOnly; SameSite=Lax", "csrftoken=<value>; Path=/; SameSite=Lax", clearedDjango)
	f.get("/auth/users/me/", "Authorization", "Bearer "+r.text("access")).want(200, aliceLooks)
	attacker := f.other()
	attacker.plant(immigrantKey)
	if r := attacker.post("/auth/refresh/", ""); r.status != 401 || f.live() != 0 {
		t.Errorf("the planted session: got %d %s, %d sessions", r.status, r.body, f.live())
	}
}

func TestSigningOutWithADjangoSession(t *testing.T) {
	t.Parallel()
	f := newMovedFrontEnd(t, httpapi.Config{})
	f.post("/auth/logout/", "").want(204, "").wantCookies(clearedRefresh, clearedCSRF, clearedDjango)
	f.plant(immigrantKey)
	if r := f.post("/auth/refresh/", ""); r.status != 401 || f.live() != 0 {
		t.Errorf("after signing out: got %d %s", r.status, r.body)
	}
}

// The page of djoser's dialect keeps the classic session in step with its tokens, and compares the answers as text.
func TestClassicBridgeTakesADjangoSession(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, user, want, state string }{
		{"of the same user", "7", "No change.", "somebody"},
		{"without a token", "", "User logged out.", "nobody"},
		{"of another user", "1", "User logged in.", "somebody"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := &jQueryPage{frontEnd: newMovedFrontEnd(t, dialect(t, "djoser"))}
			access := ""
			switch c.user {
			case "1":
				access, _ = p.signIn()
			case "7":
				other := p.other()
				other.plant(immigrantKey)
				access = other.post("/auth/refresh/", "").text("access")
			}
			p.classic("bob", access).want(200, c.want)
			p.wantClassic(c.state)
			if p.cookie("sessionid", "/") != "" {
				t.Error("the old cookie is still there")
			}
			if c.user == "7" && p.live() != 1 || c.user != "7" && p.live() != 0 {
				t.Errorf("bob has %d sessions", p.live())
			}
		})
	}
}

func TestDjangoSessionCookieMayNotHaveANameOfOurs(t *testing.T) {
	t.Parallel()
	f := newMovedFrontEnd(t, httpapi.Config{})
	config := dialect(t, "hybrid")
	config.PublicURL, config.ForeignSessionCookie = ownURL, "refreshtoken"
	if _, err := httpapi.New(f.svc, config); err == nil || !strings.Contains(err.Error(), `"refreshtoken"`) {
		t.Errorf("got %v", err)
	}
}

func TestADjangoSessionDiesWithThePassword(t *testing.T) {
	t.Parallel()
	f := newMovedFrontEnd(t, httpapi.Config{})
	if err := f.svc.ResetPassword(t.Context(), auth.Client{}, "7", secret.NewText("a long new password")); err != nil {
		t.Fatal(err)
	}
	if r := f.post("/auth/refresh/", "").wantCookies(clearedRefresh, clearedCSRF); r.status != 401 || f.live() != 0 {
		t.Errorf("got %d %s", r.status, r.body)
	}
}
