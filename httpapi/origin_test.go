package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/httpapi"
)

// TestLookAlikeOrigin is the attack in which an origin only looks like ours.
func TestLookAlikeOrigin(t *testing.T) {
	t.Parallel()
	s := newSite(t, edgeDeployments()[onHTTPS])
	v := s.visitor().login("victim")
	before := s.digest()
	for _, origin := range []string{
		"https://app.example.com.evil.example", "https://evilapp.example.com", "https://app.example.com@evil.example", "http://app.example.com",
		"https://app.example.com:8443", "https://app.example.com:443", "https://app.example.com/", "HTTPS://APP.EXAMPLE.COM", "https://App.example.com",
		"https://app.example.com https://evil.example", "https://app.example.com%00", "https://app.example.com\x00", " https://app.example.com",
		"https://app.example.com.", "//app.example.com", "app.example.com", "https://аpp.example.com", "https://example.com",
	} {
		for _, fetchSite := range []string{"", "same-origin", "same-site", "cross-site", "none"} {
			h := headers("Origin", origin, "X-CSRFToken", v.token)
			if fetchSite != "" {
				h.Set("Sec-Fetch-Site", fetchSite)
			}
			w := v.copy().send(call{path: "/auth/refresh/", header: h})
			if w.Code != http.StatusForbidden {
				t.Errorf("Origin %q, Sec-Fetch-Site %q: got %d %s, want 403", origin, fetchSite, w.Code, w.Body)
			}
		}
	}
	s.unchanged(t, before)
}

// TestSettingsRefuseUnsafeOrigins: what cannot be safe does not start.
func TestSettingsRefuseUnsafeOrigins(t *testing.T) {
	t.Parallel()
	s := newSite(t, httpapi.Config{PublicURL: ownURL})
	for _, public := range []string{
		"http://app.example.com", "http://10.0.0.1", "https://App.example.com", "https://app.example.com:443", "https://user@app.example.com",
		"ftp://app.example.com", "https://*.example.com", "app.example.com", "https://app.example.com?x=1", "https://[0:0::1]",
	} {
		if _, err := httpapi.New(s.svc, httpapi.Config{PublicURL: public}); err == nil || !strings.Contains(err.Error(), "public_url") {
			t.Errorf("public_url %s: got error %v, want one that names the setting", public, err)
		}
	}
	for _, allowed := range []string{ // the wildcard attack among them
		"*", "https://*", "https://*.example.com", "https://.*\\.example\\.com", "https://app.example.com:*", "null", "http://www.example.org",
		"http://localhost:3000", "https://www.example.org/", "https://WWW.example.org", "https://www.example.org:443", "www.example.org", "",
		"https://www.example.org/path", "https://user@www.example.org", "https://bücher.example", "https://1.2.3", "https://www..example.org", "file:///",
	} {
		_, err := httpapi.New(s.svc, httpapi.Config{PublicURL: ownURL, AllowedOrigins: []string{listedURL, allowed}})
		if err == nil || !strings.Contains(err.Error(), "allowed_origins") {
			t.Errorf("allowed_origins %q: got error %v, want one that names the setting", allowed, err)
		}
	}
	if _, err := httpapi.New(s.svc, httpapi.Config{PublicURL: devURL, AllowedOrigins: []string{"http://www.example.org"}}); err == nil {
		t.Error("allowed_origins over http beside a loopback public_url: got no error, want loopback only")
	}
	if _, err := httpapi.New(s.svc, httpapi.Config{PublicURL: devURL, CrossSite: true}); err == nil || !strings.Contains(err.Error(), "cross_site") {
		t.Errorf("cross_site over http: got error %v, want one that names the setting", err)
	}
}

func FuzzOrigin(f *testing.F) {
	for _, seed := range []string{
		ownURL, devURL, "http://[::1]:8080", "http://127.0.0.1", "https://[::ffff:1.2.3.4]", "https://a@b", "https://a/", "HTTPS://A", "https://a:0", "null", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		origin, err := httpapi.ParseOrigin(text)
		if err != nil {
			return
		}
		u, err := url.Parse(text)
		if err != nil || origin != text || u.Scheme+"://"+u.Host != text || u.Hostname() == "" || u.User != nil {
			t.Errorf("ParseOrigin(%q): got %q, which is no exact origin (%v, %v)", text, origin, u, err)
		}
		if strings.ToLower(text) != text || strings.ContainsAny(text, "*%, \t\r\n") {
			t.Errorf("ParseOrigin(%q): accepted what no browser sends", text)
		}
	})
}

// FuzzForeignPage is the attack in which a page elsewhere is taken for one of ours: whatever it makes a browser say, the request passes only if the browser named us,
// or, where it names nobody, said that the page is ours or that there is none.
func FuzzForeignPage(f *testing.F) {
	f.Add("same-origin", ownURL, ownURL+"/page")
	f.Add("", "", ownURL+"/page?next=https://evil.example")
	f.Add("", "", "https://app.example.com@evil.example/")
	f.Add("cross-site", "null", "https://evil.example/"+ownURL)
	f.Add("none", "", "")
	f.Add("Same-Origin", "https://app.example.com:443", "//app.example.com")
	f.Add("", "", "https://app.example.com\\.evil.example/")
	f.Fuzz(func(t *testing.T, site, origin, referer string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/auth/refresh/", nil)
		for name, value := range map[string]string{"Sec-Fetch-Site": site, "Origin": origin, "Referer": referer} {
			if value != "" {
				r.Header[name] = []string{value}
			}
		}
		if httpapi.CheckOrigin(r, ownURL, listedURL) != nil {
			return
		}
		named := origin == ownURL || origin == listedURL
		silent := origin == "" && (site == "same-origin" || site == "none")
		from := origin == "" && site == "" && slices.ContainsFunc([]string{ownURL, listedURL}, func(ours string) bool {
			rest, found := strings.CutPrefix(referer, ours)
			return found && (rest == "" || strings.Contains("/?#", rest[:1]))
		})
		if !named && !silent && !from || site == "cross-site" {
			t.Errorf("site %q, origin %q, referer %q: passed", site, origin, referer)
		}
	})
}
