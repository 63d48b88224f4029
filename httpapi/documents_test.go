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
	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/token"
)

func TestDocuments(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{}, func(c *auth.Config) { c.Algorithm, c.SigningSecret = token.ES256, secret.Text{} })
	f.get("/livez").want(200, `{"status":"ok"}`)
	f.get("/readyz").want(200, `{"status":"ok"}`)
	r := f.get("/.well-known/jwks.json").wantHeader("Content-Type", "application/jwk-set+json").wantHeader("Access-Control-Allow-Origin", "*")
	r.wantHeader("Cache-Control", "public, max-age=300, stale-while-revalidate=60")
	if r.status != http.StatusOK || !strings.Contains(r.body, `"ES256"`) || strings.Contains(r.body, `"d"`) {
		t.Errorf("JWKS: got %d %s, want the public keys", r.status, r.body)
	}
	f.call(http.MethodHead, "/.well-known/jwks.json", "").want(200, "")
	f.get("/livez/").want(404, notFound)
}

// The operations listener has no route that signs anybody in.
func TestOperationsListener(t *testing.T) {
	t.Parallel()
	handler := httpapi.Operations(authtest.NewService(t, authtest.SQLite(t), authtest.NewClock()))
	for path, status := range map[string]int{"/livez": 200, "/readyz": 200, "/openapi.json": 200, "/auth/jwt/create/": 404, "/auth/csrf/": 404} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
		if w.Code != status {
			t.Errorf("GET %s: got %d, want %d", path, w.Code, status)
		}
	}
}

// Whatever goes wrong inside, strangers learn nothing of it; the log says which request it was, and has no secret.
func TestInternalErrorTellsNothing(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	config := httpapi.Config{Logger: slog.New(slog.NewJSONHandler(&log, nil))}
	f := newFrontEnd(t, config, func(c *auth.Config) {
		c.ExtraClaims = func(auth.User) map[string]any { panic("canary-of-the-inside") }
	})
	f.post("/auth/jwt/create/", aliceLogsIn).want(500, `{"detail":"A server error occurred.","code":"internal"}`)
	r := f.post("/auth/login/", aliceLogsIn, "Accept", "application/problem+json", "Authorization", "Bearer canary-of-a-token")
	r.want(500, `{"type":"about:blank","title":"Internal Server Error","status":500,"detail":"A server error occurred.","code":"internal","request_id":"<request>"}`).wantCookies()
	lines := log.String()
	if !strings.Contains(lines, "canary-of-the-inside") || !strings.Contains(lines, r.header.Get("X-Request-Id")) {
		t.Errorf("log: got %s, want what happened and the request's id", lines)
	}
	for _, canary := range []string{alicePassword, "canary-of-a-token", "127.0.0.1", "alice"} {
		if strings.Contains(lines, canary) {
			t.Errorf("log has %q: %s", canary, lines)
		}
	}
}
