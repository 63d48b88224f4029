package httpapi_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/httpapi"
	"github.com/cartouche-auth/cartouche/secret"
)

// The places of the tests of this package's edge: our own, a front end that is listed, and a stranger's.
const (
	ownURL    = "https://app.example.com"
	listedURL = "https://www.example.org"
	evilURL   = "https://evil.example"
	devURL    = "http://localhost:8080"
	devListed = "http://localhost:3000"
)

const edgePassword = "correct horse 9"

// site is the real handler over the real service and a fresh SQLite database, with two users, victim and attacker.
type site struct {
	t     *testing.T
	svc   *auth.Service
	store auth.Store
	clock *authtest.Clock
	api   http.Handler
	url   string
}

func newSite(t *testing.T, config httpapi.Config, change ...func(*auth.Config)) *site {
	t.Helper()
	s := &site{t: t, store: authtest.SQLite(t), clock: authtest.NewClock(), url: config.PublicURL}
	s.svc = authtest.NewService(t, s.store, s.clock, change...)
	api, err := httpapi.New(s.svc, config)
	if err != nil {
		t.Fatalf("httpapi.New: %v", err)
	}
	s.api = api
	for _, name := range []string{"victim", "attacker"} {
		n := auth.NewUser{Username: name, Email: name + "@example.com", Password: secret.NewText(edgePassword)}
		if _, err := s.svc.CreateUser(t.Context(), auth.Client{}, n); err != nil {
			t.Fatalf("CreateUser(%s): %v", name, err)
		}
	}
	return s
}

// digest is everything that an attack could change.
func (s *site) digest() string {
	s.t.Helper()
	var out strings.Builder
	users, err := s.store.Users(s.t.Context(), auth.UserQuery{})
	if err != nil {
		s.t.Fatalf("Users: %v", err)
	}
	for _, user := range users {
		sessions, err := s.store.Sessions(s.t.Context(), user.ID, s.clock.Now())
		if err != nil {
			s.t.Fatalf("Sessions: %v", err)
		}
		fmt.Fprintf(&out, "%+v\n%+v\n", user, sessions)
	}
	return out.String()
}

// unchanged fails the test if anything was changed since before was taken.
func (s *site) unchanged(t *testing.T, before string) {
	t.Helper()
	if diff := cmp.Diff(before, s.digest()); diff != "" {
		t.Errorf("state changed (-before +after):\n%s", diff)
	}
}

// call is one request. Header names may be written in any way; the values of one name are sent as so many headers.
type call struct {
	method, path, body string // default POST; a body is JSON unless a header says otherwise
	header             http.Header
	broken             bool // the client hangs up in the middle of the body
}

// headers makes a header of pairs of names and values.
func headers(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Add(pairs[i], pairs[i+1])
	}
	return h
}

// visitor is a browser as far as it matters here: a jar of cookies, and the token that pages were given.
type visitor struct {
	*site
	jar   map[string]string
	token string
	set   []*http.Cookie // every Set-Cookie so far
}

func (s *site) visitor() *visitor { return &visitor{site: s, jar: map[string]string{}} }

// copy is another browser with the same cookies: a thief's, or the same one before something happened.
func (v *visitor) copy() *visitor {
	return &visitor{site: v.site, jar: maps.Clone(v.jar), token: v.token}
}

// send sends the request as it stands, with the visitor's cookies, and keeps the cookies of the answer.
func (v *visitor) send(c call) *httptest.ResponseRecorder {
	v.t.Helper()
	if c.method == "" {
		c.method = http.MethodPost
	}
	var body io.Reader
	if c.body != "" {
		body = strings.NewReader(c.body)
	}
	if c.broken {
		body = io.MultiReader(body, brokenReader{})
	}
	r := httptest.NewRequestWithContext(v.t.Context(), c.method, c.path, body)
	r.Host = strings.TrimPrefix(strings.TrimPrefix(v.url, "https://"), "http://")
	for name, values := range c.header {
		r.Header[http.CanonicalHeaderKey(name)] = values
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
		r.Header.Del("Host")
	}
	if c.body != "" && r.Header["Content-Type"] == nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if r.Header["Cookie"] == nil {
		for _, name := range slices.Sorted(maps.Keys(v.jar)) {
			r.Header.Set("Cookie", strings.TrimPrefix(r.Header.Get("Cookie")+"; "+name+"="+v.jar[name], "; "))
		}
	}
	w := httptest.NewRecorder()
	v.api.ServeHTTP(w, r)
	if w.Code >= http.StatusInternalServerError {
		v.t.Errorf("%s %s: got %d %s, want no server error", c.method, c.path, w.Code, w.Body)
	}
	for _, cookie := range w.Result().Cookies() {
		v.set = append(v.set, cookie)
		if v.jar[cookie.Name] = cookie.Value; cookie.MaxAge < 0 {
			delete(v.jar, cookie.Name)
		}
	}
	return w
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// browse sends the request as one of our own pages does: with its origin, and with the CSRF token.
func (v *visitor) browse(c call) *httptest.ResponseRecorder {
	v.t.Helper()
	h := headers("Origin", v.url, "Sec-Fetch-Site", "same-origin")
	if v.token != "" {
		h.Set("X-CSRFToken", v.token)
	}
	maps.Copy(h, c.header)
	c.header = h
	return v.send(c)
}

// login signs in by a browser's route and keeps the CSRF token that was handed out.
func (v *visitor) login(username string) *visitor {
	v.t.Helper()
	w := v.browse(call{path: "/auth/login/", body: credentials(username, edgePassword)})
	if w.Code != http.StatusOK {
		v.t.Fatalf("login as %s: got %d %s, want 200", username, w.Code, w.Body)
	}
	v.token = decode(v.t, w)["csrf_token"].(string)
	return v
}

// signedIn tells whether the visitor's cookies name a live session, changing nothing.
func (v *visitor) signedIn() bool {
	v.t.Helper()
	w := v.copy().send(call{method: http.MethodGet, path: "/auth/session/"})
	return decode(v.t, w)["authenticated"] == true
}

func credentials(username, password string) string {
	return fmt.Sprintf(`{"username":%q,"password":%q,"remember":true}`, username, password)
}

func decode(t *testing.T, w *httptest.ResponseRecorder) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		t.Fatalf("answer %d %q: %v", w.Code, w.Body, err)
	}
	return out
}

// wantCSRF fails the test unless the answer refuses the request with this reason.
func wantCSRF(t *testing.T, w *httptest.ResponseRecorder, reason string) {
	t.Helper()
	if w.Code != http.StatusForbidden {
		t.Errorf("got %d %s, want 403", w.Code, w.Body)
		return
	}
	if got := decode(t, w)["detail"]; reason != "" && got != "CSRF Failed: "+reason {
		t.Errorf("detail: got %q, want %q", got, "CSRF Failed: "+reason)
	}
	wantNoTokens(t, w)
}

// wantNoTokens fails the test if an answer hands anything out.
func wantNoTokens(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	for _, cookie := range w.Result().Cookies() {
		if cookie.MaxAge >= 0 {
			t.Errorf("answer %d sets cookie %s, want none", w.Code, cookie.Name)
		}
	}
	if body := w.Body.String(); strings.Contains(body, `"access"`) || strings.Contains(body, `"refresh"`) || strings.Contains(body, `"csrf_token"`) {
		t.Errorf("answer %d hands out a token: %s", w.Code, body)
	}
}
