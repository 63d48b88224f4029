package httpapi_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/httpapi"
)

// The users' routes have second paths with a format, as Django REST framework's router makes them.
func TestFormatSuffixes(t *testing.T) {
	t.Parallel()
	f, alice, _, staff := company(t)
	alice.get("/auth/users.json").want(200, `[`+aliceLooks+`]`).wantHeader("Allow", "GET, POST, HEAD, OPTIONS")
	alice.get("/auth/users.json/").want(200, `[`+aliceLooks+`]`)
	alice.get("/auth/users/me.json").want(200, aliceLooks)
	alice.get("/auth/users/me%2Ejson").want(200, aliceLooks)
	alice.get("/auth/users/me.json?format=xml").want(200, aliceLooks) // the path counts
	alice.get("/auth/users/1.json").want(200, aliceLooks)
	staff.get("/auth/users/2.json/").want(200, bobLooks)
	alice.get("/auth/users/2.json").want(404, notFound)
	alice.call("PATCH", "/auth/users/me.json", `{"email":"alice@example.com"}`).want(200, aliceLooks)
	f.get("/auth/users/me.json").want(401, anonymous)
	f.post("/auth/users/activation.json", `{}`).want(400, `{"uid":["This field is required."],"token":["This field is required."]}`)
	f.post("/auth/users/set_username.json", `{}`).want(401, anonymous)
	alice.get("/auth/users/reset_password.json").want(405, notAllowed("GET")).wantHeader("Allow", "POST, OPTIONS")
	f.post("/auth/users.json", `{"username":"dora","password":"correct horse"}`).want(201, `{"email":"","username":"dora","id":4}`)
	alice.call("DELETE", "/auth/users/me.json", `{"current_password":"`+alicePassword+`"}`).want(204, "")
}

// A format that nobody speaks is not found, before anybody is asked who he is.
func TestUnknownFormats(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, dialect(t, "simplejwt"))
	for path, allow := range map[string]string{
		"/auth/.xml":              "GET, HEAD, OPTIONS",
		"/auth/users.xml":         "GET, POST, HEAD, OPTIONS",
		"/auth/users/me.api":      "GET, PUT, PATCH, DELETE, HEAD, OPTIONS",
		"/auth/users/1.5/":        "GET, PUT, PATCH, DELETE, HEAD, OPTIONS",
		"/auth/users/?format=xml": "GET, POST, HEAD, OPTIONS",
		"/auth/token/?format=xml": "POST, OPTIONS",
	} {
		f.get(path).want(404, notFound).wantHeader("Allow", allow).wantHeader("WWW-Authenticate", "")
	}
	// What the router did not make has no format.
	for _, path := range []string{
		"/auth.json", "/auth/jwt/create.json", "/auth/token/login.json", "/auth/token.json", "/auth/session.json", "/auth/sessions.json",
		"/auth/users.JSON", "/auth/users.", "/users.json", "/.json", "/auth/users/me/extra.json",
	} {
		f.post(path, "{}").want(404, notFound).wantHeader("Allow", "")
	}
	// What is no format is part of a user's id.
	for _, path := range []string{"/auth/users/me.JSON", "/auth/users/.json"} {
		f.get(path).want(401, anonymous)
		f.as(f.bearer(f.alice)).get(path).want(404, notFound)
	}
}

// A prefix that is the root of the site has formats too.
func TestFormatsAtTheRoot(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{Prefix: "/"})
	f.undocumented = true
	alice := f.as(f.bearer(f.alice))
	alice.get("/users/me.json").want(200, aliceLooks)
	alice.get("/.json").want(200, `{"users":"`+f.url+`/users.json"}`)
	alice.get("/").want(200, `{"users":"`+f.url+`/users/"}`)
	if r := alice.get("/openapi.json"); r.status != 200 {
		t.Errorf("openapi.json: got %d, want 200", r.status)
	}
}

// The log says which route a path with a format took, and not what stood in it.
func TestFormatsInTheLog(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	s := newSite(t, httpapi.Config{PublicURL: ownURL, Logger: slog.New(slog.NewJSONHandler(&log, nil))})
	s.visitor().send(call{method: "GET", path: "/auth/users/1.json"})
	if got := log.String(); !strings.Contains(got, `"route":"/auth/users/{id}"`) || strings.Contains(got, ".json") {
		t.Errorf("log: got %s", got)
	}
}
