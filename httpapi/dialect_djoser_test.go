package httpapi_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/httpapi"
)

// jQueryPage is a page that keeps both tokens in cookies of its own script, and posts forms.
type jQueryPage struct {
	*frontEnd
	access, refresh string
}

func newJQueryPage(t *testing.T) *jQueryPage {
	t.Helper()
	f := newFrontEnd(t, dialect(t, "djoser"))
	f.header = map[string][]string{"X-Requested-With": {"XMLHttpRequest"}, "Accept": {"application/json, text/javascript, */*; q=0.01"}}
	return &jQueryPage{frontEnd: f}
}

func (p *jQueryPage) on(t *testing.T) *jQueryPage {
	t.Helper()
	return &jQueryPage{frontEnd: p.frontEnd.on(t), access: p.access, refresh: p.refresh}
}

func (p *jQueryPage) form(path string, pairs ...string) reply {
	p.t.Helper()
	fields := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		fields.Set(pairs[i], pairs[i+1])
	}
	return p.post(path, fields.Encode())
}

func (p *jQueryPage) signInByForm() {
	p.t.Helper()
	r := p.form("/auth/jwt/create/", "username", "alice", "password", alicePassword).want(200, signedIn).wantCookies()
	p.access, p.refresh = r.text("access"), r.text("refresh")
}

// load is what the page does each time it is opened: verify the access token, else refresh it, then ask who it is, then bring the classic session into step.
func (p *jQueryPage) load() (classic string) {
	p.t.Helper()
	if p.form("/auth/jwt/verify/", "token", p.access).status != 200 {
		r := p.form("/auth/jwt/refresh/", "refresh", p.refresh)
		if r.status != 200 {
			p.access, p.refresh = "", ""
			return p.classic("", "").body
		}
		p.access = r.text("access") // the page never looks for a new refresh token
	}
	p.get("/auth/users/me/", "Authorization", "JWT "+p.access).want(200, `{"email":"alice@example.com","id":1,"username":"alice"}`)
	return p.classic("alice", p.access).body
}

// classic posts what the page knows, with the token that a Django page would have in its form.
func (p *jQueryPage) classic(user, access string) reply {
	p.t.Helper()
	return p.form("/auth/", "user", user, "access_token", access, "csrfmiddlewaretoken", p.cookie("csrftoken", "/")).wantHeader("Content-Type", "text/html; charset=utf-8")
}

func (p *jQueryPage) wantClassic(state string) {
	p.t.Helper()
	if got := p.get("/auth/session/"); got.status != 200 || scrubState(got.body) != state {
		p.t.Errorf("classic session: got %s, want %s", got.body, state)
	}
}

func scrubState(body string) string {
	switch {
	case body == `{"authenticated":false}`:
		return "nobody"
	case len(body) > 20 && body[:21] == `{"authenticated":true`:
		return "somebody"
	default:
		return body
	}
}

func TestDjoserJourney(t *testing.T) {
	t.Parallel()
	p := newJQueryPage(t)
	p.form("/auth/jwt/create/", "username", "alice", "password", "wrong").want(401, badLogin).wantHeader("WWW-Authenticate", challenge)
	if got := p.classic("", "").body; got != "No change." {
		t.Errorf("stranger: got %q, want No change.", got)
	}
	p.signInByForm()
	r := p.classic("alice", p.access).want(200, "User logged in.")
	r.wantCookies("dev_refresh=<value>; Path=/; HttpOnly; SameSite=Lax", "csrftoken=<value>; Path=/; SameSite=Lax") // both until the browser closes
	p.wantClassic("somebody")
	if got := p.load(); got != "No change." {
		t.Errorf("second page: got %q, want No change.", got)
	}

	// A whole day of pages, each of which drops the refresh token that it was given: it is never signed out.
	for range 48 {
		p.clock.Advance(30 * time.Minute)
		if got := p.load(); got != "No change." && got != "User logged in." {
			t.Fatalf("page after half an hour: got %q", got)
		}
	}

	// Signing out is posting no token.
	p.classic("", "").want(200, "User logged out.").wantCookies(clearedRefresh, clearedCSRF)
	p.wantClassic("nobody")
	if got := p.classic("", "").body; got != "No change." {
		t.Errorf("signed out twice: got %q, want No change.", got)
	}
	p.form("/auth/jwt/blacklist/", "refresh", p.refresh).want(200, `{}`)
	if got := p.load(); got != "No change." || p.access != "" {
		t.Errorf("page after the end: got %q with token %q", got, p.access)
	}
}

// The posted user is a claim of the page, which anybody can make.
func TestClassicSessionBelievesTheTokenOnly(t *testing.T) {
	t.Parallel()
	page := newJQueryPage(t)
	page.signInByForm()
	stale := forge(t, page.access, []byte(hs256Secret), map[string]any{"iat": 1, "exp": 2})
	for _, c := range []struct{ name, user, access, want, state string }{
		{"user without a token", "alice", "", "No change.", "nobody"},
		{"user with garbage", "alice", "garbage", "No change.", "nobody"},
		{"user with an expired token", "alice", stale, "No change.", "nobody"},
		{"user with a refresh token", "alice", page.refresh, "No change.", "nobody"},
		{"another user's name", "admin", page.access, "User logged in.", "somebody"},
		{"garbage closes it", "alice", "garbage", "User logged out.", "nobody"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := page.on(t)
			p.classic(c.user, c.access).want(200, c.want)
			p.wantClassic(c.state)
		})
	}
}

// A stranger's page must neither open nor close the session (login CSRF, and its opposite).
func TestClassicSessionCSRF(t *testing.T) {
	t.Parallel()
	p := newJQueryPage(t)
	p.signInByForm()
	evil := []string{"Origin", "https://evil.example"}
	refused := `{"detail":"CSRF Failed: Origin checking failed - https://evil.example does not match any trusted origins.","code":"csrf_failed"}`
	p.post("/auth/", "access_token="+p.access, evil...).want(403, refused).wantCookies()
	p.classic("alice", p.access).want(200, "User logged in.")
	p.post("/auth/", "access_token=", evil...).want(403, refused).wantCookies()
	p.post("/auth/", "access_token=").want(403, `{"detail":"CSRF Failed: CSRF token missing.","code":"csrf_failed"}`).wantCookies()
	p.post("/auth/", "access_token=&csrfmiddlewaretoken=short").want(403, `{"detail":"CSRF Failed: CSRF token from POST has incorrect length.","code":"csrf_failed"}`)
	p.wantClassic("somebody")
}

// Another person's token closes the open session and opens his.
func TestClassicSessionChangesHands(t *testing.T) {
	t.Parallel()
	p := newJQueryPage(t)
	p.post("/auth/users/", `{"username":"bob","password":"correct horse"}`).want(201, `{"email":"","username":"bob","id":2}`)
	p.signInByForm()
	p.classic("alice", p.access).want(200, "User logged in.")
	bob := p.post("/auth/jwt/create/", `{"username":"bob","password":"correct horse"}`).want(200, signedIn).text("access")
	before := p.cookie("csrftoken", "/")
	p.classic("alice", bob).want(200, "User logged in.")
	if p.cookie("csrftoken", "/") == before {
		t.Error("the CSRF secret of one person's session was left to the next (fixation)")
	}
	list, err := p.svc.SessionsOf(t.Context(), p.alice.ID)
	if err != nil || len(list) != 1 || list[0].Method != "password" {
		t.Errorf("alice's sessions: got %+v, %v, want her page's tokens only", list, err)
	}
}

func TestClassicRouteIsOffByDefault(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{})
	f.post("/auth/", "access_token=").want(401, anonymous).wantCookies()
	f.as(f.bearer(f.alice)).post("/auth/", "access_token=").want(405, notAllowed("POST")).wantCookies()
}
