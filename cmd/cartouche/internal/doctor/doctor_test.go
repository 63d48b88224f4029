package doctor_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"maps"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/cmd/cartouche/internal/doctor"
	"github.com/cartouche-auth/cartouche/httpapi"
)

const (
	appURL  = "https://app.example.com"
	authURL = "https://auth.example.com"
)

// scene is an application, a real server, and a proxy between browsers and it.
type scene struct {
	app, auth string                          // what browsers use; an auth of http gets the server's port
	server    func(*httpapi.Config)           // changes good settings
	proxy     func(http.Handler) http.Handler // nil: it passes everything
	doctor    func(*doctor.Config)
	noHTTP2   bool
	expires   time.Duration // a certificate that ends then; zero: a good one
}

// play sets a scene up and answers what the doctor finds.
func (s scene) play(t *testing.T) []doctor.Finding {
	t.Helper()
	web := httptest.NewUnstartedServer(nil)
	t.Cleanup(web.Close)
	if s.app == "" {
		s.app = appURL
	}
	if s.auth == "" {
		s.auth = authURL
	}
	if strings.HasPrefix(s.auth, "http:") {
		_, port, _ := net.SplitHostPort(web.Listener.Addr().String())
		s.auth += ":" + port
	}
	web.Config.Handler = s.handler(t)
	config := doctor.Config{App: s.app, Auth: s.auth, Now: time.Now, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, web.Listener.Addr().String())
	}}
	web.EnableHTTP2, web.Config.ErrorLog = !s.noHTTP2, log.New(io.Discard, "", 0)
	if strings.HasPrefix(s.auth, "https:") {
		if s.expires != 0 {
			web.TLS = &tls.Config{Certificates: []tls.Certificate{certificate(t, s.expires)}}
		}
		web.StartTLS()
		config.Roots = x509.NewCertPool()
		config.Roots.AddCert(web.Certificate())
	} else {
		web.Start()
	}
	if s.doctor != nil {
		s.doctor(&config)
	}
	found, err := doctor.Examine(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func (s scene) handler(t *testing.T) http.Handler {
	t.Helper()
	settings := httpapi.Config{PublicURL: s.auth}
	if s.app != s.auth {
		settings.AllowedOrigins = []string{s.app}
	}
	if s.server != nil {
		s.server(&settings)
	}
	handler, err := httpapi.New(authtest.NewService(t, authtest.SQLite(t), authtest.NewClock()), settings)
	if err != nil {
		t.Fatal(err)
	}
	if s.proxy != nil {
		handler = s.proxy(handler)
	}
	return handler
}

// certificate is one for auth.example.com that ends after a while.
func certificate(t *testing.T, life time.Duration) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"auth.example.com"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(life),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}
}

// changes is a proxy that changes answers.
func changes(change func(r *http.Request, status *int, h http.Header)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			got := httptest.NewRecorder()
			next.ServeHTTP(got, r)
			status := got.Code
			change(r, &status, got.Header())
			maps.Copy(w.Header(), got.Header())
			if status != got.Code {
				w.Header().Del("Content-Length")
			}
			w.WriteHeader(status)
			if status == got.Code {
				w.Write(got.Body.Bytes())
			}
		})
	}
}

// cookies is a proxy that rewrites cookies.
func cookies(old, now string) func(http.Handler) http.Handler {
	return changes(func(_ *http.Request, _ *int, h http.Header) {
		for i, c := range h["Set-Cookie"] {
			h["Set-Cookie"][i] = strings.ReplaceAll(c+";", old+";", now+";")
		}
	})
}

// header is a proxy that sets a header of answers, or takes it away.
func header(name string, values ...string) func(http.Handler) http.Handler {
	return changes(func(_ *http.Request, _ *int, h http.Header) {
		delete(h, http.CanonicalHeaderKey(name))
		if len(values) > 0 {
			h[http.CanonicalHeaderKey(name)] = values
		}
	})
}

// answers is a proxy that answers some requests itself.
func answers(status int, which func(*http.Request) bool) func(http.Handler) http.Handler {
	return changes(func(r *http.Request, got *int, h http.Header) {
		if which(r) {
			*got = status
			clear(h)
		}
	})
}

func path(p string) func(*http.Request) bool {
	return func(r *http.Request) bool { return r.URL.Path == p }
}

// without is a proxy that keeps headers of requests back.
func without(names ...string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for _, name := range names {
				r.Header.Del(name)
			}
			next.ServeHTTP(w, r)
		})
	}
}

func knows(s doctor.Server) func(*doctor.Config) { return func(c *doctor.Config) { c.Server = &s } }

func TestAllIsWell(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]scene{
		"https":             {},
		"https, one origin": {app: authURL},
		"https, other site": {app: "https://app.other.net", server: func(c *httpapi.Config) { c.CrossSite = true }},
		"http, localhost":   {app: "http://localhost:3000", auth: "http://localhost"},
		"http, addresses":   {app: "http://127.0.0.1:3000", auth: "http://127.0.0.1"},
		"behind a known proxy": {
			proxy:  header("Server", "nginx"),
			doctor: knows(doctor.Server{Issuer: authURL, TrustedProxies: []string{"10.0.0.1"}}),
		},
		"with CSRF tokens for strangers": {server: func(c *httpapi.Config) { c.CSRFPresession = true }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if found := s.play(t); len(found) > 0 {
				t.Errorf("Examine found:\n%s", doctor.Text(found))
			}
		})
	}
}

// findings are the broken scenes, by the id of what is wrong with them, and what else the doctor finds then.
var findings = map[string]struct {
	scene
	also []string
	says string
}{
	"certificate": {scene: scene{doctor: func(c *doctor.Config) { c.Roots = x509.NewCertPool() }}, says: "unknown authority"},
	"unreachable": {scene: scene{doctor: func(c *doctor.Config) {
		c.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("connection refused") }
	}}, says: "(connection refused)"},
	"moved": {
		scene: scene{auth: "http://auth.example.com", server: func(c *httpapi.Config) { c.PublicURL = authURL }, proxy: changes(func(r *http.Request, status *int, h http.Header) {
			*status = http.StatusMovedPermanently
			h.Set("Location", authURL+r.URL.Path)
		})},
		says: "sends browsers on to https://auth.example.com",
	},
	"redirect": {scene: scene{proxy: changes(func(r *http.Request, status *int, h http.Header) {
		if !strings.HasSuffix(r.URL.Path, "/") {
			*status = http.StatusMovedPermanently
			h.Set("Location", r.URL.Path+"/")
		}
	})}, says: "GET /auth/csrf with a redirect"},
	"not_cartouche": {scene: scene{proxy: func(http.Handler) http.Handler { return http.NotFoundHandler() }}, says: "404 Not Found"},
	"mixed_content": {
		scene: scene{auth: "http://auth.example.com", server: func(c *httpapi.Config) { c.PublicURL = authURL }},
		also:  []string{"plain_http", "public_url", "cross_site", "cookie_secure_over_http"},
		says:  "refuse to call http://auth.example.com",
	},
	"plain_http": {
		scene: scene{app: "http://app.example.com", auth: "http://auth.example.com", server: func(c *httpapi.Config) {
			c.PublicURL, c.AllowedOrigins = authURL, []string{appURL}
		}},
		also: []string{"public_url", "origin_not_allowed", "cookie_secure_over_http"},
	},
	"public_url": {scene: scene{server: func(c *httpapi.Config) { c.PublicURL = "https://old.example.com" }}, says: "does not match any trusted origins"},
	"issuer":     {scene: scene{doctor: knows(doctor.Server{Issuer: "https://old.example.com"})}, says: "https://old.example.com"},
	"origin_not_allowed": {
		scene: scene{server: func(c *httpapi.Config) { c.AllowedOrigins = []string{"https://www.example.com"} }}, says: "add https://app.example.com to `allowed_origins`",
	},
	"cross_site":              {scene: scene{app: "https://app.other.net"}, says: "different sites"},
	"origin_refused":          {scene: scene{proxy: without("Origin", "Referer")}, says: "same-site does not match"},
	"preflight":               {scene: scene{proxy: answers(http.StatusMethodNotAllowed, func(r *http.Request) bool { return r.Method == http.MethodOptions })}, says: "(405"},
	"cors_twice":              {scene: scene{proxy: header("Access-Control-Allow-Origin", appURL, "*")}, says: `"https://app.example.com, *"`},
	"cookie_lost":             {scene: scene{proxy: header("Set-Cookie")}},
	"cookie_path":             {scene: scene{proxy: cookies("Path=/", "Path=/auth")}, says: `__Host-csrf has the path "/auth"`},
	"cookie_domain":           {scene: scene{proxy: cookies("Path=/", "Path=/; Domain=example.com")}, says: `has the domain "example.com"`},
	"cookie_insecure":         {scene: scene{proxy: cookies("; Secure", "")}},
	"cookie_secure_over_http": {scene: scene{app: "http://localhost:3000", auth: "http://localhost", proxy: cookies("Path=/", "Path=/; Secure")}},
	"cookie_same_site":        {scene: scene{proxy: cookies("; SameSite=Lax", "")}, says: "has no SameSite"},
	"not_live":                {scene: scene{proxy: answers(http.StatusNotFound, path("/livez"))}, says: "404"},
	"not_ready":               {scene: scene{proxy: answers(http.StatusServiceUnavailable, path("/readyz"))}, says: "503"},
	"jwks":                    {scene: scene{proxy: answers(http.StatusNotFound, path("/.well-known/jwks.json"))}, says: "404"},
	"jwks_cache":              {scene: scene{proxy: header("Cache-Control", "no-store")}, says: `"no-store"`},
	"cached":                  {scene: scene{proxy: header("Age", "30")}, says: "Age: 30"},
	"body_limit":              {scene: scene{proxy: answers(http.StatusRequestEntityTooLarge, func(r *http.Request) bool { return r.ContentLength > 4<<10 })}, says: "413"},
	"header_limit": {
		scene: scene{proxy: answers(http.StatusRequestHeaderFieldsTooLarge, func(r *http.Request) bool { return len(r.Header.Get("Cookie")) > 4<<10 })}, says: "431",
	},
	"clock":                 {scene: scene{proxy: header("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))}, says: "1h0m"},
	"certificate_expires":   {scene: scene{expires: 72 * time.Hour}, says: "ends on "},
	"forwarded_not_trusted": {scene: scene{proxy: header("Via", "1.1 cache"), doctor: knows(doctor.Server{Issuer: authURL})}, says: "Via: 1.1 cache"},
	"hsts":                  {scene: scene{proxy: header("Strict-Transport-Security", "max-age=60")}, says: `"max-age=60"`},
	"http2":                 {scene: scene{noHTTP2: true}, says: "does not speak HTTP/2"},
	"cors_lost": {scene: scene{proxy: changes(func(r *http.Request, _ *int, h http.Header) {
		if r.Method != http.MethodOptions {
			h.Del("Access-Control-Allow-Origin")
		}
	})}},
	"forwarded_spoofable": {scene: scene{
		app: "http://localhost:3000", auth: "http://localhost", doctor: func(c *doctor.Config) {
			c.Server = &doctor.Server{Issuer: c.Auth, TrustedProxies: []string{"127.0.0.0/8"}}
		},
	}, says: "127.0.0.0/8"},
}

func TestFindings(t *testing.T) {
	t.Parallel()
	for _, c := range doctor.Checks() {
		id := c[0]
		test, ok := findings[id]
		if !ok {
			t.Errorf("%s: no test shows that this check finds something", id)
			continue
		}
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			found := test.play(t)
			var ids []string
			for _, f := range found {
				ids = append(ids, f.ID)
			}
			if diff := cmp.Diff(append([]string{id}, test.also...), ids); diff != "" {
				t.Fatalf("Examine (-want +got):\n%s\n%s", diff, doctor.Text(found))
			}
			text := found[0].Text
			if !strings.Contains(text, test.says) || !strings.HasSuffix(text, ".") || strings.Count(text, ". ") > 0 || strings.Contains(text, "{") {
				t.Errorf("Examine says %q; want one sentence with %q", text, test.says)
			}
			if !found[0].Advice && doctor.Wrong(found) == 0 {
				t.Error("Wrong: got 0")
			}
		})
	}
}

// More ways to be wrong that end in the same finding.
func TestOtherCauses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		scene
		want []string
	}{
		"a proxy without its server":     {scene{proxy: answers(http.StatusBadGateway, func(*http.Request) bool { return true })}, []string{"unreachable"}},
		"a certificate of another name":  {scene{auth: "https://auth.other.net"}, []string{"certificate"}},
		"a certificate that has expired": {scene{expires: -time.Minute}, []string{"certificate"}},
		"SameSite=None without need":     {scene{server: func(c *httpapi.Config) { c.CrossSite = true }}, []string{"cookie_same_site"}},
		"two names of loopback":          {scene{app: "http://localhost:3000", auth: "http://127.0.0.1"}, []string{"cross_site"}},
		"a token header that is lost": {scene{
			server: func(c *httpapi.Config) { c.CSRFPresession = true }, proxy: without("X-CSRFToken"),
		}, []string{"origin_refused"}},
		"an origin of the proxy's own":    {scene{proxy: header("Access-Control-Allow-Origin", "https://www.example.com")}, []string{"cors_twice"}},
		"a preflight without our headers": {scene{proxy: header("Access-Control-Allow-Headers", "content-type")}, []string{"preflight"}},
		"no Strict-Transport-Security":    {scene{proxy: header("Strict-Transport-Security")}, []string{"hsts"}},
		"answers that may be cached":      {scene{proxy: header("Cache-Control", "public, max-age=300")}, []string{"cached"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var ids []string
			found := test.play(t)
			for _, f := range found {
				ids = append(ids, f.ID)
			}
			if diff := cmp.Diff(test.want, ids); diff != "" {
				t.Errorf("Examine (-want +got):\n%s\n%s", diff, doctor.Text(found))
			}
		})
	}
}

func TestURLsThatAreNone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "app.example.com", "ftp://app.example.com", "https://", "https://user@app.example.com", "https://%zz"} {
		_, appErr := doctor.Examine(t.Context(), doctor.Config{App: text, Auth: authURL, Now: time.Now})
		_, authErr := doctor.Examine(t.Context(), doctor.Config{App: appURL, Auth: text, Now: time.Now})
		if appErr == nil || authErr == nil {
			t.Errorf("Examine(%q): got %v and %v", text, appErr, authErr)
		}
	}
}

// A server that is looked at does not write to the operator's screen (terminal injection).
func TestWordsOfAStrangerAreShownAsTheyAre(t *testing.T) {
	t.Parallel()
	text := doctor.Text(scene{proxy: header("Via", "evil\u202e\u0085\u009b31m"), doctor: knows(doctor.Server{Issuer: authURL})}.play(t))
	if !strings.Contains(text, "evil\ufffd") || strings.ContainsAny(text, "\u202e\u0085\u009b") {
		t.Errorf("Text: got %q", text)
	}
}

// The doctor has no password to lose: what it sends is known.
func TestNoPasswordIsSent(t *testing.T) {
	t.Parallel()
	var bodies []string
	seen := make(chan string, 100)
	scene{proxy: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var body strings.Builder
			r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
			buffer := make([]byte, 16<<10)
			n, _ := r.Body.Read(buffer)
			body.Write(buffer[:n])
			seen <- r.Method + " " + body.String() + " " + r.Header.Get("Authorization") + url.QueryEscape(r.URL.RawQuery)
			next.ServeHTTP(w, r)
		})
	}}.play(t)
	close(seen)
	for text := range seen {
		bodies = append(bodies, text)
	}
	allowed := []string{"GET  ", "OPTIONS  ", "POST {} ", `POST {"doctor":"` + strings.Repeat("x", 7<<10) + `"} `}
	for _, text := range bodies {
		if !slices.Contains(allowed, text) {
			t.Errorf("the doctor sent %q", text)
		}
	}
	if len(bodies) < 8 {
		t.Errorf("the doctor sent %d requests only", len(bodies))
	}
}

// The guide shows what the doctor says, and has every check.
func TestTheGuideIsTrue(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../../../docs/how-to/doctor.md")
	if err != nil {
		t.Fatal(err)
	}
	broken := scene{noHTTP2: true, server: func(c *httpapi.Config) { c.AllowedOrigins = nil }, proxy: cookies("Path=/", "Path=/auth")}
	if text := doctor.Text(broken.play(t)); !strings.Contains(string(guide), "\n"+text) {
		t.Errorf("docs/how-to/doctor.md does not show what the doctor says:\n%s", text)
	}
	for _, c := range doctor.Checks() {
		if row := "| `" + c[0] + "` | " + c[1] + " |"; !strings.Contains(string(guide), row) {
			t.Errorf("docs/how-to/doctor.md has no row that begins\n%s", row)
		}
	}
}
