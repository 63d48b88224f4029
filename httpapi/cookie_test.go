package httpapi_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/httpapi"
	"github.com/cartouche-auth/cartouche/secret"
)

// audited is every Set-Cookie of an answer, with values and the access token's life, which is a little random, made plain.
func (s *site) audited(t *testing.T, w *httptest.ResponseRecorder) []string {
	t.Helper()
	var out []string
	for _, cookie := range w.Result().Cookies() {
		if size := len(cookie.Name) + len(cookie.Value); size > 4096 {
			t.Errorf("cookie %s has %d bytes, and browsers keep 4096", cookie.Name, size)
		}
		if cookie.MaxAge > int((400 * 24 * time.Hour).Seconds()) {
			t.Errorf("cookie %s lives %d seconds, and browsers allow 400 days", cookie.Name, cookie.MaxAge)
		}
		text := withoutExpires(t, cookie.Raw, s.clock.Now())
		if cookie.Value != "" {
			text = strings.Replace(text, "="+cookie.Value, "="+valueShape(cookie.Value), 1)
		}
		if cookie.MaxAge >= 270 && cookie.MaxAge <= 300 {
			text = strings.Replace(text, "Max-Age="+strconv.Itoa(cookie.MaxAge), "Max-Age=<5 min>", 1)
		}
		out = append(out, text)
	}
	return out
}

func valueShape(value string) string {
	if regexp.MustCompile(`^[\w-]+\.[\w-]+\.[\w-]+$`).MatchString(value) {
		return "<jwt>"
	}
	return fmt.Sprintf("<%d>", len(regexp.MustCompile(`^[a-zA-Z0-9]+$`).FindString(value)))
}

// cookieTable is what a deployment's cookies must look like, besides values and lives.
// The empty text: there is no such cookie.
type cookieTable struct{ refresh, access, csrf, pre, device, hint string }

func (c cookieTable) set(name, value, life string) string {
	spec := map[string]string{"refresh": c.refresh, "access": c.access, "csrf": c.csrf, "pre": c.pre, "device": c.device, "hint": c.hint}[name]
	if life != "" {
		life = "; Max-Age=" + life
	}
	return strings.NewReplacer("{value}", value, "{life}", life).Replace(spec)
}

// TestCookieAudit holds every Set-Cookie of a whole session, in every deployment, against the table of cookies.
func TestCookieAudit(t *testing.T) {
	t.Parallel()
	production := cookieTable{
		refresh: "__Host-Http-refresh={value}; Path=/{life}; HttpOnly; Secure; SameSite=Strict",
		access:  "__Host-Http-access={value}; Path=/{life}; HttpOnly; Secure; SameSite=Lax",
		csrf:    "__Host-csrf={value}; Path=/{life}; Secure; SameSite=Lax",
		pre:     "__Host-Http-pre={value}; Path=/{life}; HttpOnly; Secure; SameSite=Lax",
		device:  "__Host-Http-device={value}; Path=/{life}; HttpOnly; Secure; SameSite=Strict",
		hint:    "__Host-signed_in={value}; Path=/{life}; Secure; SameSite=Strict",
	}
	development := cookieTable{
		refresh: "dev_refresh={value}; Path=/{life}; HttpOnly; SameSite=Lax",
		access:  "dev_access={value}; Path=/{life}; HttpOnly; SameSite=Lax",
		csrf:    "csrftoken={value}; Path=/{life}; SameSite=Lax",
		pre:     "dev_pre={value}; Path=/{life}; HttpOnly; SameSite=Lax",
		device:  "dev_device={value}; Path=/{life}; HttpOnly; SameSite=Lax",
		hint:    "signed_in={value}; Path=/{life}; SameSite=Lax",
	}
	crossSite := cookieTable{
		refresh: "__Host-Http-refresh={value}; Path=/{life}; HttpOnly; Secure; SameSite=None; Partitioned",
		access:  "__Host-Http-access={value}; Path=/{life}; HttpOnly; Secure; SameSite=None; Partitioned",
		csrf:    "__Host-csrf={value}; Path=/{life}; Secure; SameSite=None; Partitioned",
		pre:     "__Host-Http-pre={value}; Path=/{life}; HttpOnly; Secure; SameSite=None; Partitioned",
		device:  "__Host-Http-device={value}; Path=/{life}; HttpOnly; Secure; SameSite=None; Partitioned",
	}
	for name, d := range map[string]struct {
		config httpapi.Config
		table  cookieTable
	}{
		"A same origin":    {httpapi.Config{PublicURL: ownURL}, production},
		"B localhost":      {httpapi.Config{PublicURL: devURL, AllowedOrigins: []string{devListed}}, development},
		"C subdomains":     {httpapi.Config{PublicURL: "https://auth.example.com", AllowedOrigins: []string{ownURL}}, production},
		"D cross-site":     {httpapi.Config{PublicURL: ownURL, AllowedOrigins: []string{listedURL}, CrossSite: true}, crossSite},
		"A on loopback":    {httpapi.Config{PublicURL: "https://localhost:8443"}, production},
		"B on an IPv6 one": {httpapi.Config{PublicURL: "http://[::1]:8080"}, development},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d.config.AccessCarrier, d.config.CSRFPresession = httpapi.AccessInBoth, true
			auditSession(t, newSite(t, d.config), d.table)
		})
	}
}

func auditSession(t *testing.T, s *site, table cookieTable) {
	t.Helper()
	const fortnight, year = "1209600", "31449600"
	v := s.visitor()
	want := func(step string, w *httptest.ResponseRecorder, status int, cookies ...string) {
		t.Helper()
		cookies = slices.DeleteFunc(slices.Clone(cookies), func(line string) bool { return line == "" })
		if len(cookies) == 0 {
			cookies = nil
		}
		if w.Code != status {
			t.Fatalf("%s: got %d %s, want %d", step, w.Code, w.Body, status)
		}
		if diff := cmp.Diff(cookies, s.audited(t, w)); diff != "" {
			t.Errorf("%s: Set-Cookie (-want +got):\n%s", step, diff)
		}
	}
	cleared := []string{table.set("refresh", "", "0"), table.set("hint", "", "0"), table.set("access", "", "0"), table.set("csrf", "", "0")}
	granted := func(life, access string) []string {
		return []string{table.set("refresh", "<jwt>", life), table.set("hint", "<1>", life), table.set("access", "<jwt>", access), table.set("csrf", "<32>", life)}
	}
	ask := func() *httptest.ResponseRecorder {
		t.Helper()
		w := v.get("/auth/csrf/")
		v.token = decode(t, w)["token"].(string)
		return w
	}
	signedIn := func(life, access, device string) []string {
		set := slices.Insert(granted(life, access), 3, table.set("device", "<jwt>", device))
		return append([]string{table.set("pre", "", "0")}, set...)
	}
	body := credentials("victim", edgePassword)
	want("csrf of a stranger", ask(), 200, table.set("pre", "<22>", "1800"), table.set("csrf", "<32>", year))
	want("refused login", v.browse(call{path: "/auth/login/", body: credentials("victim", "wrong horse 99")}), 401)
	w := v.browse(call{path: "/auth/login/", body: body})
	want("login", w, 200, signedIn(fortnight, "<5 min>", "15552000")...)
	v.token = decode(t, w)["csrf_token"].(string)
	want("session", v.get("/auth/session/"), 200, table.set("csrf", "<32>", fortnight))
	want("csrf of a session", ask(), 200, table.set("csrf", "<32>", year))
	want("refresh", v.browse(call{path: "/auth/refresh/"}), 200, granted(fortnight, "<5 min>")...)
	want("refused refresh", v.copy().send(call{path: "/auth/refresh/", header: headers("Origin", evilURL)}), 403)
	want("refresh after the end elsewhere", endElsewhere(t, v), 401, cleared...)
	want("logout", v.browse(call{path: "/auth/logout/"}), 204, cleared...)
	ask()
	w = v.browse(call{path: "/auth/login/", body: strings.Replace(body, "true", "false", 1)})
	want("login until the browser closes", w, 200, signedIn("", "", "")...)
	v.token = decode(t, w)["csrf_token"].(string)
	want("revoke_all", v.browse(call{path: "/auth/sessions/revoke_all/"}), 200, cleared...)
	want("tokens in the body", v.send(call{path: "/auth/jwt/create/", body: body}), 200)
}

// endElsewhere signs a copy of the visitor out and refreshes as another copy.
func endElsewhere(t *testing.T, v *visitor) *httptest.ResponseRecorder {
	t.Helper()
	other := v.copy()
	if w := v.copy().browse(call{path: "/auth/logout/"}); w.Code != http.StatusNoContent {
		t.Fatalf("logout: got %d %s, want 204", w.Code, w.Body)
	}
	return other.browse(call{path: "/auth/refresh/"})
}

// TestDialectCookieAudit: dialects keep the names and paths that their front ends expect, and the deployment's flags.
func TestDialectCookieAudit(t *testing.T) {
	t.Parallel()
	dialect, err := httpapi.DialectNamed("cookie")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, d := range map[string]struct {
		config        httpapi.Config
		flags, device string
	}{
		"https":     {httpapi.Config{PublicURL: ownURL}, "Secure; SameSite=Lax", "__Host-Http-device=<jwt>; Path=/; Max-Age=15552000; HttpOnly; Secure; SameSite=Strict"},
		"localhost": {httpapi.Config{PublicURL: devURL}, "SameSite=Lax", "dev_device=<jwt>; Path=/; Max-Age=15552000; HttpOnly; SameSite=Lax"},
		"cross-site": {
			httpapi.Config{PublicURL: ownURL, AllowedOrigins: []string{listedURL}, CrossSite: true},
			"Secure; SameSite=None; Partitioned",
			"__Host-Http-device=<jwt>; Path=/; Max-Age=15552000; HttpOnly; Secure; SameSite=None; Partitioned",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d.config.Dialects = []httpapi.Dialect{dialect}
			s := newSite(t, d.config)
			v := s.visitor()
			w := v.browse(call{path: "/accounts/auth/login/", body: `{"username":"victim","password":"` + edgePassword + `"}`})
			want := []string{
				"refresh_token=<jwt>; Path=/accounts/auth/; Max-Age=1209600; HttpOnly; " + d.flags,
				"access_token=<jwt>; Path=/; Max-Age=<5 min>; HttpOnly; " + d.flags,
				d.device,
				"csrftoken=<32>; Path=/; Max-Age=1209600; " + d.flags,
			}
			if diff := cmp.Diff(want, s.audited(t, w)); diff != "" {
				t.Errorf("login: Set-Cookie (-want +got):\n%s", diff)
			}
			if told := " " + strings.Replace(d.device, "<jwt>", "…", 1) + "\n"; !strings.Contains(string(text), told) {
				t.Errorf("openapi.yaml does not say%s", told)
			}
			v.token = v.jar["csrftoken"]
			want = []string{
				"refresh_token=; Path=/accounts/auth/; Max-Age=0; HttpOnly; " + d.flags,
				"access_token=; Path=/; Max-Age=0; HttpOnly; " + d.flags,
				"csrftoken=; Path=/; Max-Age=0; " + d.flags,
			}
			if diff := cmp.Diff(want, s.audited(t, v.browse(call{path: "/accounts/auth/logout/"}))); diff != "" {
				t.Errorf("logout: Set-Cookie (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAccessCarrier(t *testing.T) {
	t.Parallel()
	for carrier, want := range map[httpapi.AccessCarrier]struct{ cookie, body bool }{
		httpapi.AccessInBody: {body: true}, httpapi.AccessInCookie: {cookie: true}, httpapi.AccessInBoth: {cookie: true, body: true},
	} {
		s := newSite(t, httpapi.Config{PublicURL: ownURL, AccessCarrier: carrier})
		v := s.visitor().login("victim")
		answer := decode(t, v.browse(call{path: "/auth/refresh/"}))
		if _, found := v.jar["__Host-Http-access"]; found != want.cookie {
			t.Errorf("%s: access cookie: got %t, want %t", carrier, found, want.cookie)
		}
		if _, found := answer["access"]; found != want.body {
			t.Errorf("%s: access token in the body: got %t, want %t", carrier, found, want.body)
		}
		if _, found := answer["refresh"]; found {
			t.Errorf("%s: the refresh token is in the body of a cookie route", carrier)
		}
		status := map[bool]int{true: http.StatusOK, false: http.StatusUnauthorized}[want.cookie]
		if !want.cookie { // an access cookie counts only where the setting says so
			v.jar["__Host-Http-access"], _ = answer["access"].(string)
		}
		if w := v.get("/auth/users/me/"); w.Code != status {
			t.Errorf("%s: users/me/ under an access cookie: got %d %s, want %d", carrier, w.Code, w.Body, status)
		}
	}
}

// TestOversizedCookie: browsers drop a cookie of more than 4096 bytes without a word, so nobody must seem signed in by one.
func TestOversizedCookie(t *testing.T) {
	t.Parallel()
	claims := func(c *auth.Config) {
		c.ExtraClaims = func(auth.User) map[string]any { return map[string]any{"roles": strings.Repeat("r", 2661)} }
	}
	s := newSite(t, httpapi.Config{PublicURL: ownURL, AccessCarrier: httpapi.AccessInCookie}, claims)
	grant, err := s.svc.Login(t.Context(), auth.Client{}, auth.Login{Identifier: "victim", Password: secret.NewText(edgePassword)})
	if err != nil || len(grant.Access.Reveal()) > 4096 || len(grant.Access.Reveal()) <= 4096-len("__Host-Http-access") {
		t.Fatalf("Login: got a token of %d bytes and error %v, want one that fits a header and no cookie", len(grant.Access.Reveal()), err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/auth/login/", strings.NewReader(credentials("victim", edgePassword)))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.api.ServeHTTP(w, r)
	if w.Code != http.StatusInternalServerError || len(w.Header()["Set-Cookie"]) > 0 {
		t.Errorf("login: got %d with cookies %v, want 500 without", w.Code, w.Header()["Set-Cookie"])
	}
}

func TestDialectsWithUnfitCookiesDoNotStart(t *testing.T) {
	t.Parallel()
	s := newSite(t, httpapi.Config{PublicURL: ownURL})
	csrf := httpapi.DialectCookie{Name: "csrftoken"}
	for name, c := range map[string]struct {
		cookies httpapi.DialectCookies
		want    string
	}{
		"no CSRF cookie beside others": {httpapi.DialectCookies{Refresh: httpapi.DialectCookie{Name: "r"}}, "csrf"},
		"no cookie name":               {httpapi.DialectCookies{Access: httpapi.DialectCookie{Name: "a b"}, CSRF: csrf}, `"a b"`},
		"header injection by the path": {httpapi.DialectCookies{Access: httpapi.DialectCookie{Name: "a", Path: "/; Domain=example.com"}, CSRF: csrf}, "Domain"},
		"relative path":                {httpapi.DialectCookies{Access: httpapi.DialectCookie{Name: "a", Path: "accounts"}, CSRF: csrf}, "accounts"},
		"one name twice":               {httpapi.DialectCookies{Access: csrf, CSRF: csrf}, "twice"},
	} {
		_, err := httpapi.New(s.svc, httpapi.Config{PublicURL: ownURL, Dialects: []httpapi.Dialect{{Name: "odd", Cookies: c.cookies}}})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got error %v, want one that says %s", name, err, c.want)
		}
	}
}
