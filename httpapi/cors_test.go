package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/httpapi"
)

// TestOriginReflection is the attack that reads answers from a stranger's page, because a server allows whoever asks.
func TestOriginReflection(t *testing.T) {
	t.Parallel()
	deployments := edgeDeployments()
	deployments["nobody listed"] = httpapi.Config{PublicURL: ownURL, AccessCarrier: httpapi.AccessInBoth}
	for deployment, config := range deployments {
		s := newSite(t, config)
		v := s.visitor().login("victim")
		for _, origin := range []string{evilURL, "null", s.url + ".evil.example", "http://app.example.com", "https://sub.www.example.org", "*", ""} {
			w := v.send(call{method: http.MethodGet, path: "/auth/users/me/", header: headers("Origin", origin)})
			h := w.Header()
			if h.Get("Access-Control-Allow-Origin") != "" || h.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("%s: Origin %q: got Access-Control headers %v, want none", deployment, origin, h)
			}
			if vary := strings.Join(h["Vary"], ", "); !strings.Contains(vary, "Origin") {
				t.Errorf("%s: Vary: got %q, want Origin in it", deployment, vary)
			}
			preflight := headers("Origin", origin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type")
			w = v.send(call{method: http.MethodOptions, path: "/auth/login/", header: preflight})
			if w.Header().Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s: preflight from %q: got %v, want no leave", deployment, origin, w.Header())
			}
		}
	}
}

func TestAllowedOrigin(t *testing.T) {
	t.Parallel()
	for deployment, config := range edgeDeployments() {
		s := newSite(t, config)
		v := s.visitor().login("victim")
		listed := s.place("{listed}")
		w := v.send(call{method: http.MethodGet, path: "/auth/users/me/", header: headers("Origin", listed)})
		if h := w.Header(); h.Get("Access-Control-Allow-Origin") != listed || h.Get("Access-Control-Allow-Credentials") != "true" {
			t.Errorf("%s: got %v, want leave for %s with credentials", deployment, h, listed)
		}
		preflight := headers("Origin", listed, "Access-Control-Request-Method", "PATCH",
			"Access-Control-Request-Headers", "authorization,content-type,x-csrftoken,x-requested-with")
		w = v.send(call{method: http.MethodOptions, path: "/auth/sessions/", header: preflight})
		h := w.Header()
		if w.Code != http.StatusNoContent || h.Get("Access-Control-Allow-Origin") != listed || h.Get("Access-Control-Allow-Methods") == "" {
			t.Errorf("%s: preflight: got %d %v, want leave", deployment, w.Code, h)
		}
		refused := v.send(call{path: "/auth/refresh/", header: headers("Origin", listed, "Sec-Fetch-Site", "same-site")})
		wantCSRF(t, refused, "CSRF token missing.")
		if got := refused.Header().Get("Access-Control-Allow-Origin"); got != listed {
			t.Errorf("%s: a refusal cannot be read by the page: Access-Control-Allow-Origin %q, want %q", deployment, got, listed)
		}
	}
}
