package tracing_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/httpapi"
	tracing "github.com/cartouche-auth/cartouche/otel"
	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/sqlstore/sqlite"
)

const password = "Canary-of-Alice-77"

// traced is a server whose spans stay in memory.
type traced struct {
	t     *testing.T
	spans *tracetest.InMemoryExporter
	http.Handler
}

func newTraced(t *testing.T) traced {
	t.Helper()
	spans := tracetest.NewInMemoryExporter()
	provider := trace.NewTracerProvider(trace.WithSyncer(spans))
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "auth.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	svc := authtest.NewService(t, store.Through(tracing.Database(provider)), authtest.NewClock())
	if _, err := svc.Register(t.Context(), auth.Client{}, auth.NewUser{Username: "alice", Password: secret.NewText(password)}); err != nil {
		t.Fatal(err)
	}
	api, err := httpapi.New(svc, httpapi.Config{Observe: tracing.Observe})
	if err != nil {
		t.Fatal(err)
	}
	return traced{t, spans, tracing.Handler(api, otelhttp.WithTracerProvider(provider))}
}

func (s traced) send(method, path, body string, header ...string) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer := httptest.NewRecorder()
	s.ServeHTTP(answer, r)
	return answer
}

func TestARefreshIsOneTrace(t *testing.T) {
	t.Parallel()
	s := newTraced(t)
	var tokens struct{ Refresh string }
	answer := s.send(http.MethodPost, "/auth/jwt/create/", `{"username": "alice", "password": "`+password+`"}`)
	if err := json.Unmarshal(answer.Body.Bytes(), &tokens); err != nil || tokens.Refresh == "" {
		t.Fatalf("sign-in: %d %s", answer.Code, answer.Body)
	}
	s.spans.Reset()
	if answer := s.send(http.MethodPost, "/auth/jwt/refresh/", `{"refresh": "`+tokens.Refresh+`"}`); answer.Code != http.StatusOK {
		t.Fatalf("refresh: %d %s", answer.Code, answer.Body)
	}
	spans := s.spans.GetSpans()
	i := slices.IndexFunc(spans, func(x tracetest.SpanStub) bool { return x.Name == "POST /auth/jwt/refresh" })
	if i < 0 {
		t.Fatalf("no span of the request in %v", names(spans))
	}
	if !slices.ContainsFunc(spans, func(x tracetest.SpanStub) bool {
		return x.Name == "read" && x.Parent.SpanID() == spans[i].SpanContext.SpanID()
	}) {
		t.Errorf("the statement is no child of the request: %v", names(spans))
	}
}

func names(spans tracetest.SpanStubs) (list []string) {
	for _, x := range spans {
		list = append(list, x.Name)
	}
	return list
}

// Traces go to another system, which many people read: no password, token or link may be in them (secrets in traces).
func TestNoSecretIsTraced(t *testing.T) {
	t.Parallel()
	s := newTraced(t)
	answer := s.send(http.MethodPost, "/auth/jwt/create/", `{"username": "alice", "password": "`+password+`"}`)
	var tokens struct{ Access, Refresh string }
	if err := json.Unmarshal(answer.Body.Bytes(), &tokens); err != nil || tokens.Access == "" {
		t.Fatalf("sign-in: %d %s", answer.Code, answer.Body)
	}
	const link, query, cookie = "canary-link-31", "canary-query-32", "canary-cookie-33"
	s.send(http.MethodGet, "/auth/reset-password/MQ/"+link+"/?token="+query, "", "Cookie", "refresh="+cookie)
	s.send(http.MethodGet, "/auth/users/me/?access="+tokens.Access, "", "Authorization", "Bearer "+tokens.Access)
	s.send(http.MethodPost, "/auth/jwt/refresh/", `{"refresh": "`+tokens.Refresh+`"}`)
	s.send(http.MethodPost, "/auth/users/", `{"username": "alice", "password": "`+password+`"}`) // the name is taken: the database complains
	s.send(http.MethodGet, "/nowhere/"+link, "", "Referer", "https://app.example.com/"+link)
	spans := s.spans.GetSpans()
	if len(spans) < 10 {
		t.Fatalf("only %d spans: this test tells nothing", len(spans))
	}
	text := fmt.Sprintf("%+v", spans)
	for _, x := range spans {
		for _, a := range x.Attributes {
			text += fmt.Sprintf("\n%s: %v", a.Key, a.Value.AsInterface())
		}
	}
	for _, canary := range []string{password, tokens.Access, tokens.Refresh, link, query, cookie} {
		if strings.Contains(text, canary) {
			t.Errorf("the spans hold %s", canary)
		}
	}
}

// Whoever names a trace of his own must not be able to hide in, or write into, the traces of others.
func TestStrangersDoNotChooseTheTrace(t *testing.T) {
	t.Parallel()
	s := newTraced(t)
	s.send(http.MethodGet, "/auth/session/", "", "Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	for _, x := range s.spans.GetSpans() {
		if x.SpanContext.TraceID().String() == "0af7651916cd43dd8448eb211c80319c" {
			t.Errorf("span %s goes on with a stranger's trace", x.Name)
		}
	}
}
