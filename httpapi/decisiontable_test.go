package httpapi_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/httpapi"
)

// deploymentNames are the columns of the decision table's tests.
const (
	onHTTPS     = "https"
	onLocalhost = "localhost"
	onCrossSite = "cross-site"
)

// edgeDeployments are the configurations that the tests of this package's edge run in.
func edgeDeployments() map[string]httpapi.Config {
	return map[string]httpapi.Config{
		onHTTPS:     {PublicURL: ownURL, AllowedOrigins: []string{listedURL}, AccessCarrier: httpapi.AccessInBoth},
		onLocalhost: {PublicURL: devURL, AllowedOrigins: []string{devListed}, AccessCarrier: httpapi.AccessInBoth},
		onCrossSite: {PublicURL: ownURL, AllowedOrigins: []string{listedURL}, AccessCarrier: httpapi.AccessInBoth, CrossSite: true},
	}
}

// place puts a deployment's origins in the places of {own}, {listed} and {evil}.
func (s *site) place(text string) string {
	listed := listedURL
	if s.url == devURL {
		listed = devListed
	}
	return strings.NewReplacer("{own}", s.url, "{listed}", listed, "{evil}", evilURL).Replace(text)
}

func (s *site) placeAll(h http.Header) http.Header {
	out := http.Header{}
	for name, values := range h {
		for _, value := range values {
			out.Add(name, s.place(value))
		}
	}
	return out
}

// originDecision is a request by its origin headers, and the deployments in which it passes.
type originDecision struct {
	row     string
	name    string
	header  http.Header
	passes  []string
	refusal string // the reason elsewhere; empty: not looked at
}

func originDecisions() []originDecision {
	all := []string{onHTTPS, onLocalhost, onCrossSite}
	const site, origin, referer = "Sec-Fetch-Site", "Origin", "Referer"
	bad := func(told string) string {
		return "Origin checking failed - " + told + " does not match any trusted origins."
	}
	return []originDecision{
		{"2", "site sent twice", headers(site, "same-origin", site, "same-origin", origin, "{own}"), nil, bad("{own} (same-origin, same-origin)")},
		{"2", "site unknown", headers(site, "same-planet"), nil, bad("same-planet")},
		{"2", "site empty", headers(site, "", origin, "{own}"), nil, bad("{own} ()")},
		{"2", "site in capitals", headers(site, "Same-Origin", origin, "{own}"), nil, bad("{own} (Same-Origin)")},
		{"3", "origin sent twice", headers(site, "same-origin", origin, "{own}", origin, "{own}"), nil, bad("{own}, {own}")},
		{"3", "origin null", headers(site, "same-origin", origin, "null"), nil, bad("null")},
		{"3", "origin null, old browser, own Referer", headers(origin, "null", referer, "{own}/"), nil, bad("null")},
		{"3", "origin malformed", headers(origin, "https://["), nil, bad("https://[")},
		{"3", "origin empty", headers(origin, "", referer, "{own}/"), nil, bad("")},
		{"4", "same-origin, no Origin", headers(site, "same-origin"), all, ""},
		{"4", "same-origin, own Origin", headers(site, "same-origin", origin, "{own}"), all, ""},
		{"4", "same-origin, listed Origin", headers(site, "same-origin", origin, "{listed}"), all, ""},
		{"5", "same-origin, strange Origin", headers(site, "same-origin", origin, "{evil}"), nil, bad("{evil}")},
		{"6", "same-site, listed Origin", headers(site, "same-site", origin, "{listed}"), all, ""},
		{"6", "same-site, own Origin", headers(site, "same-site", origin, "{own}"), all, ""},
		{"7", "same-site, no Origin", headers(site, "same-site", referer, "{own}/"), nil, bad("same-site")},
		{"7", "same-site, strange Origin", headers(site, "same-site", origin, "https://blog.example.com"), nil, bad("https://blog.example.com")},
		{"8", "cross-site, listed Origin", headers(site, "cross-site", origin, "{listed}"), []string{onCrossSite}, bad("{listed} (cross-site)")},
		{"9", "cross-site, own Origin", headers(site, "cross-site", origin, "{own}"), nil, bad("{own} (cross-site)")},
		{"9", "cross-site, no Origin", headers(site, "cross-site"), nil, bad("cross-site")},
		{"9", "cross-site, strange Origin", headers(site, "cross-site", origin, "{evil}"), nil, bad("{evil}")},
		{"10", "typed address, no Origin", headers(site, "none"), all, ""},
		{"10", "typed address, own Origin", headers(site, "none", origin, "{own}"), all, ""},
		{"10", "typed address, listed Origin", headers(site, "none", origin, "{listed}"), nil, bad("{listed} (none)")},
		{"11", "old browser, own Origin", headers(origin, "{own}"), all, ""},
		{"11", "old browser, own Origin, strange Referer", headers(origin, "{own}", referer, "{evil}/"), all, ""},
		{"11", "old browser, listed Origin", headers(origin, "{listed}"), all, ""},
		{"12", "old browser, strange Origin", headers(origin, "{evil}", referer, "{own}/"), nil, bad("{evil}")},
		{"13", "Referer of our own", headers(referer, "{own}/page?a=b"), all, ""},
		{"13", "Referer listed", headers(referer, "{listed}"), all, ""},
		{"14", "Referer strange", headers(referer, "{evil}/"), nil, ""},
		{"14", "Referer with our address as its user", headers(referer, "https://app.example.com@evil.example/"), nil, ""},
		{"14", "Referer with a user of our own address", headers(referer, "https://evil@app.example.com/"), nil, ""},
		{"14", "Referer malformed", headers(referer, "foo"), nil, "Referer checking failed - Referer is malformed."},
		{"14", "Referer sent twice", headers(referer, "{own}/", referer, "{own}/"), nil, "Referer checking failed - Referer is malformed."},
		{"15", "nothing said, cookies there", headers(), []string{onLocalhost}, "Referer checking failed - no Referer."},
	}
}

// TestDecisionTable runs every row of the decision table for unsafe requests through the real handler, in three deployments. The request is a
// refresh with everything else right, so the origin alone decides.
func TestDecisionTable(t *testing.T) {
	t.Parallel()
	for deployment, config := range edgeDeployments() {
		s := newSite(t, config)
		v := s.visitor().login("victim")
		before := s.digest()
		for _, d := range originDecisions() {
			t.Run(deployment+"/row "+d.row+"/"+d.name, func(t *testing.T) {
				h := s.placeAll(d.header)
				h.Set("X-CSRFToken", v.token)
				w := v.copy().send(call{path: "/auth/refresh/", header: h})
				if slices.Contains(d.passes, deployment) {
					if w.Code != http.StatusOK {
						t.Errorf("got %d %s, want 200", w.Code, w.Body)
					}
					return
				}
				wantCSRF(t, w, s.place(d.refusal))
			})
		}
		t.Run(deployment+"/nothing changed", func(t *testing.T) { s.unchanged(t, before) })
	}
}

// TestDecisionTableWithoutCookies is row 15 where no cookie of ours comes along: such a request is no browser's that we signed in.
func TestDecisionTableWithoutCookies(t *testing.T) {
	t.Parallel()
	for deployment, config := range edgeDeployments() {
		s := newSite(t, config)
		body := credentials("victim", edgePassword)
		if w := s.visitor().send(call{path: "/auth/login/", body: body}); w.Code != http.StatusOK {
			t.Errorf("%s: silent sign-in without cookies: got %d %s, want 200", deployment, w.Code, w.Body)
		}
		if w := s.visitor().send(call{path: "/auth/login/", body: body, header: headers("Cookie", "theme=dark")}); w.Code != http.StatusOK {
			t.Errorf("%s: silent sign-in with somebody else's cookie: got %d %s, want 200", deployment, w.Code, w.Body)
		}
		w := s.visitor().login("victim").send(call{path: "/auth/login/", body: body})
		if deployment == onLocalhost {
			if w.Code != http.StatusOK {
				t.Errorf("%s: silent sign-in with cookies: got %d %s, want 200", deployment, w.Code, w.Body)
			}
			continue
		}
		wantCSRF(t, w, "Referer checking failed - no Referer.")
	}
}

// TestDecisionTableBearer is row 1: with an Authorization header cookies are nothing, and the header's token decides.
func TestDecisionTableBearer(t *testing.T) {
	t.Parallel()
	for deployment, config := range edgeDeployments() {
		s := newSite(t, config)
		v := s.visitor().login("victim")
		access := decode(t, v.browse(call{path: "/auth/refresh/"}))["access"].(string)
		const path = "/auth/sessions/revoke_others/"
		crossSite := headers("Sec-Fetch-Site", "cross-site", "Origin", evilURL)
		good := maps.Clone(crossSite)
		good.Set("Authorization", "Bearer "+access)
		if w := s.visitor().send(call{path: path, header: good}); w.Code != http.StatusOK {
			t.Errorf("%s: row 1: good token: got %d %s, want 200", deployment, w.Code, w.Body)
		}
		bad := maps.Clone(crossSite)
		bad.Set("Authorization", "Bearer x")
		if w := v.send(call{path: path, header: bad}); w.Code != http.StatusUnauthorized {
			t.Errorf("%s: row 1: bad token: got %d %s, want 401", deployment, w.Code, w.Body)
		}
	}
}

// TestDecisionTableTokenStep is rows T1 to T3.
func TestDecisionTableTokenStep(t *testing.T) {
	t.Parallel()
	for deployment, config := range edgeDeployments() {
		config.CSRFPresession = true
		t.Run(deployment, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, config)
			body := credentials("victim", edgePassword)
			stranger := s.visitor()
			wantCSRF(t, stranger.browse(call{path: "/auth/login/", body: body}), "CSRF cookie not set.") // T2, without
			stranger.askToken(t)
			v := stranger.login("victim") // T2, with
			if _, found := v.jar[s.cookieNames()["pre"]]; found {
				t.Error("T2: the pre-session cookie outlived the sign-in (fixation)")
			}

			other := s.visitor()
			other.askToken(t)
			other.login("attacker")
			wantCSRF(t, v.browse(call{path: "/auth/refresh/", header: headers("X-CSRFToken", other.token)}),
				"CSRF token from the 'X-Csrftoken' HTTP header incorrect.") // T1
			if w := v.browse(call{path: "/auth/refresh/"}); w.Code != http.StatusOK { // T1, and T3 without a body
				t.Errorf("T1: got %d %s, want 200", w.Code, w.Body)
			}
			w := v.browse(call{path: "/auth/refresh/", body: "{}", header: headers("Content-Type", "text/plain")})
			if w.Code != http.StatusUnsupportedMediaType {
				t.Errorf("T3: got %d %s, want 415", w.Code, w.Body)
			}

			v.askToken(t)
			if w := v.browse(call{path: "/auth/login/", body: body}); w.Code != http.StatusOK { // T1: signing in again under a session's cookies
				t.Errorf("sign-in beside a session: got %d %s, want 200", w.Code, w.Body)
			}
		})
	}
}

// askToken asks for a CSRF token as a page does that has just been opened.
func (v *visitor) askToken(t *testing.T) {
	t.Helper()
	w := v.send(call{method: http.MethodGet, path: "/auth/csrf/"})
	if w.Code != http.StatusOK {
		t.Fatalf("GET csrf/: got %d %s, want 200", w.Code, w.Body)
	}
	v.token = decode(t, w)["token"].(string)
}

// cookieNames are the names of the native cookies.
func (s *site) cookieNames() map[string]string {
	if s.url == devURL {
		return map[string]string{"refresh": "dev_refresh", "access": "dev_access", "csrf": "csrftoken", "pre": "dev_pre"}
	}
	return map[string]string{"refresh": "__Host-Http-refresh", "access": "__Host-Http-access", "csrf": "__Host-csrf", "pre": "__Host-Http-pre"}
}
