package demo_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/cmd/cartouche/internal/demo"
)

func handler(t *testing.T, page demo.Page) http.Handler {
	t.Helper()
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "api "+r.Method+" "+r.URL.Path) })
	h, err := demo.Handler(api, page)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func ask(h http.Handler, method, host, path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	r.Host = host
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestHandler(t *testing.T) {
	t.Parallel()
	h := handler(t, demo.Page{Prefix: "/a/"})
	for path, kind := range map[string]string{"/": "text/html", "/demo.js": "text/javascript", "/demo.css": "text/css", "/demo.svg": "image/svg+xml"} {
		w := ask(h, http.MethodGet, "localhost:8080", path)
		if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), kind) || w.Body.Len() == 0 {
			t.Errorf("GET %s: %d, %s, %d bytes; want %s", path, w.Code, w.Header().Get("Content-Type"), w.Body.Len(), kind)
		}
	}
	for _, c := range [][2]string{{http.MethodGet, "/auth/session/"}, {http.MethodPost, "/"}, {http.MethodGet, "/page/demo.js"}, {http.MethodPost, "/demo.js"}} {
		if got := ask(h, c[0], "127.0.0.1:8080", c[1]).Body.String(); got != "api "+c[0]+" "+c[1] {
			t.Errorf("%s %s: %q, want it to reach the API", c[0], c[1], got)
		}
	}
	index := ask(h, http.MethodGet, "[::1]:8080", "/").Body.String()
	if !strings.Contains(index, `data-prefix="/a/"`) || !strings.Contains(index, `id="username"`) {
		t.Error("GET /: the page does not know its server")
	}
	byEmail := ask(handler(t, demo.Page{Prefix: "/auth/", ByEmail: true}), http.MethodGet, "localhost", "/").Body.String()
	if strings.Contains(byEmail, `id="username"`) || !strings.Contains(byEmail, `data-login-field="email"`) {
		t.Error("GET /: the page asks for a username where people sign in by address")
	}
}

// A site whose name points to 127.0.0.1 would be of the same origin as the server.
func TestDNSRebinding(t *testing.T) {
	t.Parallel()
	h := handler(t, demo.Page{Prefix: "/auth/"})
	for host, want := range map[string]int{
		"evil.example:8080": 421, "evil.example": 421, "127.0.0.1.evil.example": 421, "localhost.evil.example": 421, "evillocalhost": 421, "": 421, "192.0.2.1:8080": 421,
		"localhost:8080": 200, "app.localhost:8080": 200, "127.0.0.1": 200, "127.1.2.3:80": 200, "[::1]:8080": 200, "LOCALHOST": 200,
	} {
		for _, path := range []string{"/", "/auth/session/"} {
			if got := ask(h, http.MethodGet, host, path).Code; got != want {
				t.Errorf("Host %q, %s: %d, want %d", host, path, got, want)
			}
		}
	}
}

// A script that somebody brings into the page must neither run nor call home.
func TestInjectedScript(t *testing.T) {
	t.Parallel()
	h := handler(t, demo.Page{Prefix: "/auth/"})
	policy := ask(h, http.MethodGet, "localhost", "/").Header().Get("Content-Security-Policy")
	for directive := range strings.SplitSeq(policy, "; ") {
		name, source, _ := strings.Cut(directive, " ")
		if source != "'self'" && source != "'none'" && source != "'script'" {
			t.Errorf("Content-Security-Policy: %s allows %s", name, source)
		}
	}
	if !strings.HasPrefix(policy, "default-src 'none'; script-src 'self'; ") {
		t.Errorf("Content-Security-Policy: %s", policy)
	}
	inline := regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+=|javascript:|<script(>| [^>]*>[^<])|https?://|innerHTML|localStorage\.|eval\(`)
	for _, path := range []string{"/", "/demo.js", "/demo.css"} {
		if found := inline.FindString(ask(h, http.MethodGet, "localhost", path).Body.String()); found != "" {
			t.Errorf("%s has %q, which its own policy forbids, or which loads from elsewhere", path, found)
		}
	}
}

// What the script looks for must be in the page.
func TestScriptFitsThePage(t *testing.T) {
	t.Parallel()
	h := handler(t, demo.Page{Prefix: "/auth/"})
	index := ask(h, http.MethodGet, "localhost", "/").Body.String()
	script := ask(h, http.MethodGet, "localhost", "/demo.js").Body.String()
	for _, id := range regexp.MustCompile(`\$\("([a-z_-]+)"\)`).FindAllStringSubmatch(script, -1) {
		if !strings.Contains(index, `id="`+id[1]+`"`) {
			t.Errorf("the page has no element %q", id[1])
		}
	}
	for _, id := range regexp.MustCompile(`(?:for|aria-labelledby|aria-describedby)="([a-z_-]+)"`).FindAllStringSubmatch(index, -1) {
		if !strings.Contains(index, `id="`+id[1]+`"`) {
			t.Errorf("the page names an element %q that it does not have", id[1])
		}
	}
}
