package httpapi_test

import (
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/httpapi"
	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/token"
)

// frontEnd is a page or an app: an HTTP client with a jar for cookies, which talks to the real handler over a socket. Every answer is held against
// the OpenAPI description.
type frontEnd struct {
	t      *testing.T
	svc    *auth.Service
	store  auth.Store
	clock  *authtest.Clock
	url    string
	origin string // of the page, sent as browsers do; empty: an app
	header http.Header
	client *http.Client
	alice  auth.User
	// undocumented is for routes that only a test defines.
	undocumented bool
}

const (
	alicePassword = "correct horse 9"
	hs256Secret   = "vJ2q9XmE4rT7bK1nW8zLs5yHc3dGfP6u"
)

// dialect is the configuration with one dialect switched on.
func dialect(t *testing.T, name string) httpapi.Config {
	t.Helper()
	d, err := httpapi.DialectNamed(name)
	if err != nil {
		t.Fatal(err)
	}
	return httpapi.Config{Dialects: []httpapi.Dialect{d}}
}

// newFrontEnd starts a server with a user alice on a fresh store. Ids are numbers, as Django's, limits are off, and access tokens are signed with hs256Secret, so that
// tests can make bad ones.
func newFrontEnd(t *testing.T, config httpapi.Config, change ...func(*auth.Config)) *frontEnd {
	t.Helper()
	return newFrontEndOn(t, authtest.SQLite(t), config, change...)
}

func newFrontEndOn(t *testing.T, store auth.Store, config httpapi.Config, change ...func(*auth.Config)) *frontEnd {
	t.Helper()
	f := &frontEnd{t: t, store: store, clock: authtest.NewClock(), client: newClient(t)}
	base := func(c *auth.Config) {
		c.UserIDs, c.Limits, c.Algorithm, c.SigningSecret = auth.UserIDsInteger, auth.LimitsOff, token.HS256, secret.NewText(hs256Secret)
	}
	f.svc = authtest.NewService(t, f.store, f.clock, append([]func(*auth.Config){base}, change...)...)
	server := httptest.NewUnstartedServer(nil)
	f.url = "http://" + server.Listener.Addr().String()
	f.origin = f.url
	config.PublicURL = f.url
	api, err := httpapi.New(f.svc, config)
	if err != nil {
		t.Fatalf("httpapi.New: %v", err)
	}
	server.Config.Handler = api
	server.Start()
	t.Cleanup(server.Close)
	f.alice, err = f.svc.CreateUser(t.Context(), auth.Client{}, auth.NewUser{
		Username: "alice", Email: "alice@example.com", FirstName: "Al", Password: secret.NewText(alicePassword),
	})
	if err != nil {
		t.Fatalf("CreateUser: %v", err)
	}
	return f
}

func newClient(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error {
		t.Error("redirected, want no redirect ever")
		return http.ErrUseLastResponse
	}}
}

// other is another browser or app on the same server.
func (f *frontEnd) other() *frontEnd {
	f.t.Helper()
	other := *f
	other.client, other.header = newClient(f.t), nil
	return &other
}

// on is the same front end inside a subtest.
func (f *frontEnd) on(t *testing.T) *frontEnd {
	t.Helper()
	same := *f
	same.t = t
	return &same
}

// reply is an answer that was read to its end.
type reply struct {
	t       *testing.T
	status  int
	header  http.Header
	body    string
	cookies []*http.Cookie
	at      time.Time // by the server's clock
}

// call sends a request. A body is JSON, or a form if it does not look like JSON, unless a header says otherwise.
func (f *frontEnd) call(method, path, body string, pairs ...string) reply {
	f.t.Helper()
	r, err := http.NewRequestWithContext(f.t.Context(), method, f.url+path, strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	maps.Copy(r.Header, f.header.Clone())
	if f.origin != "" && (f.origin != f.url || method != http.MethodGet && method != http.MethodHead) {
		r.Header.Set("Origin", f.origin)
	}
	switch {
	case body == "":
	case strings.HasPrefix(body, "{"):
		r.Header.Set("Content-Type", "application/json")
	default:
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i] == "Host" {
			r.Host = pairs[i+1]
			continue
		}
		if r.Header.Set(pairs[i], pairs[i+1]); pairs[i+1] == "" {
			r.Header.Del(pairs[i])
		}
	}
	response, err := f.client.Do(r)
	if err != nil {
		f.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		f.t.Fatalf("%s %s: %v", method, path, err)
	}
	if !f.undocumented {
		checkDocumented(f.t, r, response, text)
	}
	return reply{f.t, response.StatusCode, response.Header, string(text), response.Cookies(), f.clock.Now()}
}

func (f *frontEnd) post(path, body string, pairs ...string) reply {
	f.t.Helper()
	return f.call(http.MethodPost, path, body, pairs...)
}

func (f *frontEnd) get(path string, pairs ...string) reply {
	f.t.Helper()
	return f.call(http.MethodGet, path, "", pairs...)
}

// cookie is what the jar holds for a path.
func (f *frontEnd) cookie(name, path string) string {
	f.t.Helper()
	at, err := url.Parse(f.url + path)
	if err != nil {
		f.t.Fatal(err)
	}
	for _, c := range f.client.Jar.Cookies(at) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// dropAccess lets the jar forget the access cookie of a dialect, as browsers do when its time is over: the jar's clock is not the test's.
func (f *frontEnd) dropAccess() {
	f.t.Helper()
	at, err := url.Parse(f.url)
	if err != nil {
		f.t.Fatal(err)
	}
	f.client.Jar.SetCookies(at, []*http.Cookie{{Name: "access_token", Path: "/", MaxAge: -1}})
}

// want fails the test unless the answer has this status and body. In the body tokens, ids and such stand as <jwt>, <csrf>, <session>, <request> and <life>.
func (r reply) want(status int, body string) reply {
	r.t.Helper()
	if r.status != status {
		r.t.Errorf("status: got %d, want %d", r.status, status)
	}
	if diff := cmp.Diff(body, scrub(r.body)); diff != "" {
		r.t.Errorf("body (-want +got):\n%s", diff)
	}
	return r
}

// wantHeader fails the test unless a header has this value; empty: unless it is absent.
func (r reply) wantHeader(name, value string) reply {
	r.t.Helper()
	if got := strings.Join(r.header.Values(name), "; "); got != value {
		r.t.Errorf("%s: got %q, want %q", name, got, value)
	}
	return r
}

// text finds a member of the body, by a path such as data.access.
func (r reply) text(path string) string {
	r.t.Helper()
	value := any(decodeJSON(r.t, r.body))
	for name := range strings.SplitSeq(path, ".") {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	text, ok := value.(string)
	if !ok {
		r.t.Fatalf("answer %d %s has no %s", r.status, r.body, path)
	}
	return text
}

// different is what is different each time, and what stands for it.
var different = []struct {
	pattern *regexp.Regexp
	name    string
}{
	{regexp.MustCompile(`eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+`), "<jwt>"},
	{regexp.MustCompile(`"[A-Za-z0-9]{64}"`), `"<csrf>"`},
	{regexp.MustCompile(`"[0-9a-f]{32}"`), `"<session>"`},
	{regexp.MustCompile(`"request_id":"[A-Za-z0-9]{16}"`), `"request_id":"<request>"`},
	{regexp.MustCompile(`"access_expires_in":(2[67]\d|2[89]\d|300)\b`), `"access_expires_in":<life>`}, // five minutes, less up to a tenth
}

func scrub(body string) string {
	for _, d := range different {
		body = d.pattern.ReplaceAllString(body, d.name)
	}
	return body
}

// signIn is alice's pair of tokens in the body.
func (f *frontEnd) signIn() (access, refresh string) {
	f.t.Helper()
	r := f.post("/auth/jwt/create/", `{"username":"alice","password":"`+alicePassword+`"}`)
	r.want(http.StatusOK, `{"refresh":"<jwt>","access":"<jwt>"}`)
	return r.text("access"), r.text("refresh")
}
