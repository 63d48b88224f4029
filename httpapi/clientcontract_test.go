package httpapi_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/httpapi"
)

// A page of another host cannot read the CSRF cookie, so the token comes in a header too, which CORS lets it read, and the time of the server's clock.
func TestCSRFTokenInAHeader(t *testing.T) {
	t.Parallel()
	s := newSite(t, edgeDeployments()[onHTTPS])
	v, listed := s.visitor(), s.place("{listed}")
	as := func(c call) {
		t.Helper()
		c.header = headers("Origin", listed, "Sec-Fetch-Site", "same-site", "X-CSRFToken", v.token)
		w := v.send(c)
		if w.Code != http.StatusOK {
			t.Fatalf("%s: got %d %s, want 200", c.path, w.Code, w.Body)
		}
		body := decode(t, w)
		token, _ := body["csrf_token"].(string)
		if token == "" {
			token, _ = body["token"].(string)
		}
		if got := w.Header().Get("X-CSRFToken"); got == "" || got != token {
			t.Errorf("%s: X-CSRFToken: got %q, want the token of the body, %q", c.path, got, token)
		}
		exposed := strings.ToLower(w.Header().Get("Access-Control-Expose-Headers"))
		for _, name := range []string{"date", "retry-after", "x-csrftoken", "x-request-id"} {
			if !strings.Contains(exposed, name) {
				t.Errorf("%s: Access-Control-Expose-Headers: got %q, want %s in it", c.path, exposed, name)
			}
		}
		v.token = token
	}
	as(call{method: http.MethodGet, path: "/auth/csrf/"})
	as(call{path: "/auth/login/", body: credentials("victim", edgePassword)})
	as(call{path: "/auth/refresh/"})
	as(call{method: http.MethodGet, path: "/auth/session/"})
	refused := v.send(call{path: "/auth/refresh/", header: headers("Origin", evilURL)})
	if got := refused.Header().Get("X-CSRFToken"); got != "" {
		t.Errorf("a refusal: X-CSRFToken: got %q, want none", got)
	}
}

// Front ends that were not written for Django send X-CSRF-Token. What counts of both is the first that Django looks at, and neither is believed unseen.
func TestOtherCSRFHeader(t *testing.T) {
	t.Parallel()
	s := newSite(t, edgeDeployments()[onHTTPS])
	v := s.visitor().login("victim")
	good := v.token
	send := func(pairs ...string) int {
		t.Helper()
		return v.copy().send(call{path: "/auth/refresh/", header: headers(append(pairs, "Origin", s.url, "Sec-Fetch-Site", "same-origin")...)}).Code
	}
	stranger := s.visitor().login("attacker").token
	for name, c := range map[string]struct {
		header []string
		want   int
	}{
		"the other name":              {[]string{"X-CSRF-Token", good}, 200},
		"both, the same":              {[]string{"X-CSRFToken", good, "X-CSRF-Token", good}, 200},
		"a wrong one under the first": {[]string{"X-CSRFToken", stranger, "X-CSRF-Token", good}, 403},
		"somebody else's":             {[]string{"X-CSRF-Token", stranger}, 403},
		"sent twice":                  {[]string{"X-CSRF-Token", good, "X-CSRF-Token", good}, 403},
		"an empty one before it":      {[]string{"X-CSRFToken", "", "X-CSRF-Token", good}, 403},
		"neither":                     {nil, 403},
	} {
		if got := send(c.header...); got != c.want {
			t.Errorf("%s: got %d, want %d", name, got, c.want)
		}
	}
	preflight := headers("Origin", s.place("{listed}"), "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type,x-csrf-token")
	if w := v.send(call{method: http.MethodOptions, path: "/auth/refresh/", header: preflight}); w.Header().Get("Access-Control-Allow-Origin") == "" {
		t.Errorf("preflight for X-CSRF-Token: got %v, want leave", w.Header())
	}
}

// The hint that there may be a session is for the page alone: who plants it is not signed in, and who has it is told nothing.
func TestPlantedHint(t *testing.T) {
	t.Parallel()
	s := newSite(t, edgeDeployments()[onHTTPS])
	v := s.visitor()
	v.jar["__Host-signed_in"] = "1"
	if v.signedIn() {
		t.Error("a planted hint: got a session, want none")
	}
	if w := v.browse(call{path: "/auth/refresh/"}); w.Code != http.StatusUnauthorized {
		t.Errorf("refresh by the hint alone: got %d %s, want 401", w.Code, w.Body)
	}
	if w := v.send(call{path: "/auth/logout/", header: headers("Origin", evilURL)}); w.Code != http.StatusForbidden {
		t.Errorf("sign-out from elsewhere: got %d, want 403", w.Code)
	}
	v.login("victim")
	for _, c := range v.set {
		if c.Name == "__Host-signed_in" && c.MaxAge > 0 && (c.Value != "1" || c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteStrictMode) {
			t.Errorf("the hint: got %s, want the value 1, readable, Secure, SameSite=Strict", c.Raw)
		}
	}
}

// What a page sends as it closes, fetch with keepalive, has the cookie and a CSRF token and nothing else: no body, no type, no access token.
func TestSignOutOfAClosingPage(t *testing.T) {
	t.Parallel()
	for deployment, config := range edgeDeployments() {
		s := newSite(t, config)
		v := s.visitor().login("victim")
		before := v.copy()
		s.clock.Advance(s.svc.Policy().AccessLifetime * 2)
		w := v.send(call{path: "/auth/logout/", header: headers("Origin", s.place("{listed}"), "Sec-Fetch-Site", "same-site", "X-CSRFToken", v.token)})
		if w.Code != http.StatusNoContent || w.Body.Len() > 0 || before.signedIn() {
			t.Errorf("%s: got %d %s, signed in: %t; want 204 and no session", deployment, w.Code, w.Body, before.signedIn())
		}
	}
}

func TestClearSiteData(t *testing.T) {
	t.Parallel()
	for name, on := range map[string]bool{"asked for": true, "by default": false} {
		config := edgeDeployments()[onHTTPS]
		config.ClearSiteData = on
		s := newSite(t, config)
		want := map[bool]string{true: `"cookies"`}[on]
		v := s.visitor().login("victim")
		if got := v.browse(call{path: "/auth/logout/"}).Header().Get("Clear-Site-Data"); got != "" {
			t.Errorf("%s: logout: got %q, want nothing: it is about one session", name, got)
		}
		w := bearer(t, s, "/auth/sessions/revoke_others/")
		if got := w.Header().Get("Clear-Site-Data"); w.Code != http.StatusOK || got != "" {
			t.Errorf("%s: revoke_others: got %d, Clear-Site-Data %q, want none", name, w.Code, got)
		}
		w = bearer(t, s, "/auth/sessions/revoke_all/")
		if got := w.Header().Get("Clear-Site-Data"); w.Code != http.StatusOK || got != want {
			t.Errorf("%s: revoke_all: got %d, Clear-Site-Data %q, want %q", name, w.Code, got, want)
		}
	}
}

// bearer sends a POST under a fresh access token.
func bearer(t *testing.T, s *site, path string) *httptest.ResponseRecorder {
	t.Helper()
	v := s.visitor()
	access := decode(t, v.browse(call{path: "/auth/login/", body: credentials("victim", edgePassword)}))["access"].(string)
	return v.send(call{path: path, header: headers("Authorization", "Bearer "+access)})
}

// TestWarningsAboutOrigins: a set-up in which browsers keep the cookies back looks like a sign-in that is forgotten, so the server says it at the start.
func TestWarningsAboutOrigins(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		publicURL, origin string
		crossSite         bool
		want              string
	}{
		"another port":               {"http://localhost:8080", "http://localhost:5173", false, ""},
		"another name of loopback":   {"http://localhost:8080", "http://127.0.0.1:5173", false, "localhost"},
		"and the other way around":   {"http://127.0.0.1:8080", "http://localhost:5173", false, "127.0.0.1"},
		"another scheme":             {"http://localhost:8080", "https://localhost:5173", false, "scheme"},
		"a page at home":             {"https://auth.example.com", "https://localhost:5173", false, "localhost"},
		"a sibling":                  {"https://auth.example.com", "https://app.example.com", false, ""},
		"known to be of other sites": {"https://auth.example.com", "https://localhost:5173", true, ""},
	} {
		var log bytes.Buffer
		svc := authtest.NewService(t, authtest.SQLite(t), authtest.NewClock(), func(*auth.Config) {})
		_, err := httpapi.New(svc, httpapi.Config{
			PublicURL: c.publicURL, AllowedOrigins: []string{c.origin}, CrossSite: c.crossSite, Logger: slog.New(slog.NewTextHandler(&log, nil)),
		})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := log.String()
		if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: got the log %q, want %q in it", name, got, c.want)
		}
	}
}
