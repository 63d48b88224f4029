package httpapi_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/httpapi"
)

const (
	anonymous = `{"detail":"Authentication credentials were not provided.","code":"not_authenticated"}`
	notFound  = `{"detail":"Not found.","code":"not_found"}`
	badLogin  = `{"detail":"No active account found with the given credentials","code":"bad_credentials"}`
	challenge = `Bearer realm="api"`
)

func notAllowed(method string) string {
	return `{"detail":"Method \"` + method + `\" not allowed.","code":"method_not_allowed"}`
}

// The pipeline of Django REST framework: Accept, who, method, body.
func TestOrderOfRefusals(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{})
	const notAcceptable = `{"detail":"Could not satisfy the request Accept header.","code":"not_acceptable"}`
	for _, c := range []struct {
		name, method, path, body, accept string
		status                           int
		want, allow, challenge           string
	}{
		{"Accept before who", "GET", "/auth/users/me/", "", "text/html", 406, notAcceptable, "GET, PUT, PATCH, DELETE, HEAD, OPTIONS", ""},
		{"who before method", "POST", "/auth/users/me/", "", "", 401, anonymous, "GET, PUT, PATCH, DELETE, HEAD, OPTIONS", challenge},
		{"who before body", "POST", "/auth/users/set_password/", "{", "", 401, anonymous, "POST, OPTIONS", challenge},
		{"method before body", "PUT", "/auth/jwt/create/", "{", "", 405, notAllowed("PUT"), "POST, OPTIONS", ""},
		{"GET of a POST", "GET", "/auth/jwt/create/", "", "", 405, notAllowed("GET"), "POST, OPTIONS", ""},
		{"POST of a GET", "POST", "/auth/csrf/", "", "", 405, notAllowed("POST"), "GET, HEAD, OPTIONS", ""},
		{"unknown method", "BREW", "/auth/jwt/create/", "", "", 405, notAllowed("BREW"), "POST, OPTIONS", ""},
		{"TRACE", "TRACE", "/auth/jwt/create/", "", "", 405, notAllowed("TRACE"), "POST, OPTIONS", ""},
		{"no such path", "POST", "/auth/jwt/none/", "", "", 404, notFound, "", ""},
		{"beyond a path", "POST", "/auth/jwt/create/extra", "{}", "", 404, notFound, "", ""},
		{"not on by itself", "POST", "/auth/token/", "{}", "", 404, notFound, "", ""},
		{"format suffix", "GET", "/auth/jwt/create.json", "", "", 404, notFound, "", ""},
		{"session that is no id", "DELETE", "/auth/sessions/x/", "", "", 401, anonymous, "PATCH, DELETE, OPTIONS", challenge},
		{"document", "POST", "/openapi.json", "", "", 405, notAllowed("POST"), "GET, HEAD, OPTIONS", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := f.on(t).call(c.method, c.path, c.body, "Accept", c.accept).want(c.status, c.want)
			r.wantHeader("Content-Type", "application/json").wantHeader("Allow", c.allow)
			if vary := r.header.Values("Vary"); !slices.Contains(vary, "Accept") {
				t.Errorf("Vary: got %v, want Accept in it", vary)
			}
			r.wantHeader("WWW-Authenticate", c.challenge)
		})
	}
}

// A redirect would turn a POST into a GET.
func TestSlashes(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{})
	for _, path := range []string{"/auth/jwt/create", "/auth/jwt/create/"} {
		f.post(path, `{"username":"alice","password":"`+alicePassword+`"}`).want(200, signedIn)
	}
	for _, path := range []string{"/auth//jwt/create/", "/auth/./jwt/create/", "/auth/x/../jwt/create/", "/auth/jwt/create//"} {
		f.post(path, `{"username":"alice","password":"`+alicePassword+`"}`).want(404, notFound)
	}
}

// Django's peers crash on some of these.
func TestHEADAndOPTIONS(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{})
	access, _ := f.signIn()
	for _, d := range httpapi.AllDialects()[:1] {
		for _, route := range d.Routes {
			path := strings.NewReplacer("{prefix}", "/auth/", "{id}", "1", "{login_field}", "username").Replace(route.Path)
			r := f.call(http.MethodOptions, path, "").want(204, "").wantHeader("Content-Type", "")
			if !strings.Contains(r.header.Get("Allow"), "OPTIONS") {
				t.Errorf("OPTIONS %s: Allow %q", path, r.header.Get("Allow"))
			}
			if httpapi.MethodsOf(route.Operation)[0] != http.MethodGet {
				continue
			}
			r = f.call(http.MethodHead, path, "", "Authorization", "Bearer "+access).want(200, "")
			if r.header.Get("Content-Length") == "0" {
				t.Errorf("HEAD %s: says that GET has no body", path)
			}
		}
	}
}

func TestAcceptHeader(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{})
	for accept, status := range map[string]int{
		"":                                  401,
		"*/*":                               401,
		"application/json":                  401,
		"application/*":                     401,
		"APPLICATION/JSON":                  401,
		"application/json; version=1":       401,
		"application/json;q=0.1, text/html": 401,
		"application/problem+json":          401,
		"application/json, text/plain, */*": 401, // axios
		"application/json, text/javascript": 401, // jQuery
		"text/html,application/xml;q=0.9,*/*;q=0.8": 401, // a browser
		"text/html":                 406,
		"text/*, image/png":         406,
		"application/xml":           406,
		"application/json;q=0":      406,
		"application/json;q=0, */*": 406,
		"*/*;q=0":                   406,
	} {
		t.Run(accept, func(t *testing.T) {
			if r := f.on(t).get("/auth/users/me/", "Accept", accept); r.status != status {
				t.Errorf("got %d, want %d", r.status, status)
			}
		})
	}
}

// Errors after RFC 9457, for clients that name the type: the same status, and codes that tell more.
func TestProblemJSON(t *testing.T) {
	t.Parallel()
	d, err := httpapi.DialectNamed("cookie")
	if err != nil {
		t.Fatal(err)
	}
	f := newFrontEnd(t, httpapi.Config{Dialects: []httpapi.Dialect{d}})
	access, refresh := f.signIn()
	problem := func(title, status, detail, code, rest string) string {
		return `{"type":"about:blank","title":"` + title + `","status":` + status + `,"detail":"` + detail + `","code":"` + code + `","request_id":"<request>"` + rest + `}`
	}
	expired := forge(t, access, []byte(hs256Secret), map[string]any{"iat": 1, "exp": 2})
	for _, c := range []struct {
		name, method, path, body, authorization string
		status                                  int
		want                                    string
	}{
		{
			"sign-in", "POST", "/auth/jwt/create/", `{"username":"alice","password":"x"}`, "", 401,
			problem("Unauthorized", "401", "No active account found with the given credentials", "bad_credentials", ""),
		},
		{"fields", "POST", "/auth/jwt/create/", `{"username":null}`, "", 400, problem("Bad Request", "400", "Invalid input.", "invalid",
			`,"errors":{"username":["This field may not be null."],"password":["This field is required."]}`)},
		{"body", "POST", "/auth/jwt/create/", `{`, "", 400, problem("Bad Request", "400",
			"JSON parse error - Expecting property name enclosed in double quotes: line 1 column 2 (char 1)", "parse_error", "")},
		{"expired access token", "GET", "/auth/users/me/", "", "Bearer " + expired, 401, problem("Unauthorized", "401", "Token is expired", "token_expired", "")},
		{"wrong type", "POST", "/auth/jwt/refresh/", `{"refresh":"` + access + `"}`, "", 401, problem("Unauthorized", "401", "Token has wrong type", "token_type", "")},
		{"good token", "POST", "/auth/jwt/verify/", `{"token":"` + refresh + `"}`, "", 200, `{}`},
		{"no path", "GET", "/none", "", "", 404, problem("Not Found", "404", "Not found.", "not_found", "")},
		{
			"a dialect's status", "POST", "/accounts/auth/login/", `{"username":"alice","password":"x"}`, "", 403,
			problem("Forbidden", "403", "No active account found with the given credentials", "bad_credentials", ""),
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := f.on(t).call(c.method, c.path, c.body, "Accept", "application/json, application/problem+json", "Authorization", c.authorization)
			r.want(c.status, c.want)
			if media := r.header.Get("Content-Type"); c.status >= 400 && media != "application/problem+json" {
				t.Errorf("Content-Type: got %q", media)
			}
			if c.status == http.StatusUnauthorized {
				r.wantHeader("WWW-Authenticate", challenge)
			}
		})
	}
}

func TestThrottled(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{}, func(c *auth.Config) {
		c.Limits = auth.LimitsOn
		c.Policy = auth.DefaultPolicy()
		c.Policy.Limits.FailedLoginsPerSource = auth.Rate{Burst: 1, Interval: time.Minute}
	})
	wrong := `{"username":"alice","password":"wrong"}`
	f.post("/auth/jwt/create/", wrong).want(401, badLogin)
	f.post("/auth/jwt/create/", wrong).want(429, `{"detail":"Request was throttled. Expected available in 60 seconds.","code":"throttled"}`).wantHeader("Retry-After", "60")
	f.clock.Advance(58*time.Second + 500*time.Millisecond)
	f.post("/auth/jwt/create/", wrong).want(429, `{"detail":"Request was throttled. Expected available in 2 seconds.","code":"throttled"}`).wantHeader("Retry-After", "2")
	f.clock.Advance(time.Second)
	f.post("/auth/jwt/create/", wrong).want(429, `{"detail":"Request was throttled. Expected available in 1 second.","code":"throttled"}`).wantHeader("Retry-After", "1")
	f.clock.Advance(500 * time.Millisecond)
	f.post("/auth/jwt/create/", wrong).want(401, badLogin)
}

// Every answer has the headers that keep it out of caches, frames and other sites.
func TestHeadersOfEveryAnswer(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{})
	access, _ := f.signIn()
	for path, status := range map[string]int{"/auth/users/me/": 200, "/auth/session/": 200, "/auth/none/": 404, "/readyz": 200} {
		r := f.get(path, "Authorization", "Bearer "+access)
		if r.status != status {
			t.Errorf("GET %s: got %d, want %d", path, r.status, status)
		}
		r.wantHeader("Cache-Control", "no-store").wantHeader("X-Content-Type-Options", "nosniff").wantHeader("Referrer-Policy", "no-referrer")
		r.wantHeader("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		if len(r.header.Get("X-Request-Id")) != 16 {
			t.Errorf("GET %s: X-Request-Id %q", path, r.header.Get("X-Request-Id"))
		}
	}
}
