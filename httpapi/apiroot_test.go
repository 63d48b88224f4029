package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/httpapi"
)

func TestAPIRoot(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{})
	alice := f.as(f.bearer(f.alice))
	root := `{"users":"` + f.url + `/auth/users/"}`
	alice.get("/auth/").want(200, root).wantHeader("Allow", "GET, HEAD, OPTIONS").wantHeader("Content-Type", "application/json")
	alice.get("/auth").want(200, root)
	alice.get("/auth/.json").want(200, `{"users":"`+f.url+`/auth/users.json"}`)
	alice.get("/auth/?format=json").want(200, `{"users":"`+f.url+`/auth/users/?format=json"}`)
	alice.get("/auth/.json?format=<x>").want(200, `{"users":"`+f.url+`/auth/users.json"}`)
	if r := alice.call("HEAD", "/auth/", ""); r.status != 200 || r.body != "" {
		t.Errorf("HEAD: got %d %q, want 200 without a body", r.status, r.body)
	}
	f.get("/auth/").want(401, anonymous).wantHeader("WWW-Authenticate", challenge)
	f.post("/auth/", "{}").want(401, anonymous)
	alice.post("/auth/", "{}").want(405, notAllowed("POST")).wantHeader("Allow", "GET, HEAD, OPTIONS")
	if err := f.svc.Disable(t.Context(), auth.Client{}, f.alice.ID); err != nil {
		t.Fatal(err)
	}
	alice.get("/auth/").want(401, `{"detail":"User is inactive","code":"user_inactive"}`)
}

// Whoever follows the link goes to the server that the operator named, whatever a request, or a proxy that nobody listed, says of hosts (Host header
// injection).
func TestAPIRootHostHeaderInjection(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{})
	alice := f.as(f.bearer(f.alice))
	root := `{"users":"` + f.url + `/auth/users/"}`
	for _, lie := range [][]string{
		{"Host", "evil.example"},
		{"Host", "evil.example:443"},
		{"X-Forwarded-Host", "evil.example"},
		{"X-Forwarded-Proto", "https"},
		{"X-Forwarded-Prefix", "//evil.example"},
		{"Forwarded", "host=evil.example;proto=https"},
	} {
		t.Run(strings.Join(lie, " "), func(t *testing.T) {
			alice.on(t).get("/auth/", lie...).want(200, root)
		})
	}
}

// The link is below the public URL and the prefix, as those of mails are.
func TestAPIRootBehindAPath(t *testing.T) {
	t.Parallel()
	for publicURL, want := range map[string]string{
		"https://app.example.com":       "https://app.example.com/api/users/",
		"https://app.example.com/":      "https://app.example.com/api/users/",
		"https://app.example.com/accts": "https://app.example.com/accts/api/users/",
	} {
		t.Run(publicURL, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, httpapi.Config{PublicURL: publicURL, Prefix: "/api/", AccessCarrier: httpapi.AccessInBody})
			in := s.visitor().send(call{path: "/api/jwt/create/", body: credentials("victim", edgePassword)})
			access, _ := decode(t, in)["access"].(string)
			w := s.visitor().send(call{method: "GET", path: "/api/", header: headers("Authorization", "Bearer "+access)})
			if got, want := w.Body.String(), `{"users":"`+want+`"}`; w.Code != http.StatusOK || got != want {
				t.Errorf("root: got %d %s, want %s", w.Code, got, want)
			}
		})
	}
}

// With the djoser dialect two endpoints share the path, and each has its methods.
func TestAPIRootBesideTheClassicSession(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, dialect(t, "djoser"))
	const both = "GET, POST, HEAD, OPTIONS"
	alice := f.as(f.bearer(f.alice))
	alice.get("/auth/").want(200, `{"users":"`+f.url+`/auth/users/"}`).wantHeader("Allow", both)
	f.post("/auth/", "access_token=").want(200, "No change.").wantHeader("Allow", both)
	f.get("/auth/").want(401, anonymous).wantHeader("Allow", both)
	f.call("PUT", "/auth/", "{}").want(401, anonymous).wantHeader("Allow", both)
	alice.call("PUT", "/auth/", "{}").want(405, notAllowed("PUT")).wantHeader("Allow", both)
	f.call("OPTIONS", "/auth/", "").want(204, "").wantHeader("Allow", both)
}

// Two dialects may share a path, but not a method of it.
func TestMethodsOfOnePath(t *testing.T) {
	t.Parallel()
	shared := ours()
	shared.Routes[3] = httpapi.Route{Path: "/api/sign-in/", Operation: httpapi.OpMe, Answer: `{user}`}
	f := newFrontEnd(t, httpapi.Config{Dialects: []httpapi.Dialect{shared}})
	f.undocumented = true
	access := f.post("/api/sign-in/", aliceLogsIn).wantHeader("Allow", "GET, POST, HEAD, OPTIONS").text("token")
	f.get("/api/sign-in/", "Authorization", "Bearer "+access).want(200, `{"id":1,"username":"alice"}`)

	shared.Routes[3].Path = "{prefix}session"
	if _, err := httpapi.New(f.svc, httpapi.Config{Dialects: []httpapi.Dialect{shared}}); err == nil ||
		!strings.Contains(err.Error(), "dialects native and ours both have the path /auth/session") {
		t.Errorf("two GETs at one path: got %v", err)
	}
}
