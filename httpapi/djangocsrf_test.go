package httpapi_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/httpapi"
)

// djangoCase is a case of Django's own tests of its CSRF middleware, run against the real handler. In headers, cookies, forms and reasons,
// {S} stands for the secret of the visitor's CSRF cookie, {S'} and {S"} for two masked forms of it, {flipped} for {S} with its letters in the other case.
type djangoCase struct {
	numbers string // of the cases, such as 1-4
	name    string
	ours    string // "same", or what is different here and why

	call   call           // a POST that acts under cookies, unless it says otherwise; a header X-CSRFToken of {S'} unless it names one
	cookie string         // the CSRF cookie: "none", or a value; default {S}
	form   string         // the form's field
	config httpapi.Config // default: plain http on localhost
	reason string         // why it is refused; empty: it is accepted
	status int            // the answer where it is neither
	check  func(t *testing.T, s *site, v *visitor)
}

const (
	headerFault = "CSRF token from the 'X-Csrftoken' HTTP header "
	wwwURL      = "https://www.example.com"
)

func httpsConfig(allowed ...string) httpapi.Config {
	return httpapi.Config{PublicURL: wwwURL, AllowedOrigins: allowed}
}

func badOrigin(origin string) string {
	return "Origin checking failed - " + origin + " does not match any trusted origins."
}

func badReferer(what string) string { return "Referer checking failed - " + what }

func withMethod(method string) call {
	return call{method: method, path: "/auth/users/set_password/", body: "{}"}
}

func withHeaders(pairs ...string) call { return call{header: headers(pairs...)} }

func withoutToken(c call) call {
	c.header = http.Header{"X-Csrftoken": nil}
	return c
}

// tokenCases are cases 1 to 40: methods, cookies and tokens.
func tokenCases() []djangoCase {
	const notSet, missing = "CSRF cookie not set.", "CSRF token missing."
	var cases []djangoCase
	add := func(c djangoCase) { cases = append(cases, c) }
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodOptions} {
		add(djangoCase{numbers: "1-3", name: method, ours: "same", call: withoutToken(call{method: method, path: "/auth/users/me/"}), cookie: "none"})
	}
	add(djangoCase{
		numbers: "4", name: "TRACE", ours: "refused: no route answers TRACE, so nothing need be let through",
		call: withoutToken(call{method: http.MethodTrace, path: "/auth/users/me/"}), cookie: "none", reason: notSet,
	})
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, "PROPFIND"} {
		add(djangoCase{numbers: "5-9", name: method + " without cookie and token", ours: "same", call: withoutToken(withMethod(method)), cookie: "none", reason: notSet})
	}
	for i, pair := range [][2]string{{"{S}", "{S}"}, {"{S}", "{S'}"}, {"{S'}", "{S}"}, {"{S'}", `{S"}`}, {"{S'}", "{S'}"}} {
		add(djangoCase{
			numbers: strconv.Itoa(10 + i), name: "cookie " + pair[0] + ", header " + pair[1], ours: "same",
			cookie: pair[0], call: withHeaders("X-CSRFToken", pair[1]),
		})
		if i < 4 {
			add(djangoCase{
				numbers: strconv.Itoa(15 + i), name: "cookie " + pair[0] + ", form " + pair[1], ours: "same",
				cookie: pair[0], form: pair[1], call: withoutToken(call{}),
			})
		}
	}
	add(djangoCase{numbers: "19", name: "no token", ours: "same", call: withoutToken(call{}), reason: missing})
	for _, c := range []struct{ numbers, token, fault string }{
		{"20", "", "has incorrect length."},
		{"21", strings.Repeat("a", 16), "has incorrect length."},
		{"21", strings.Repeat("a", 33), "has incorrect length."},
		{"22", strings.Repeat("*", 64), "has invalid characters."},
		{"22", strings.Repeat("-", 32), "has invalid characters."},
		{"23", strings.Repeat("a", 64), "incorrect."},
		{"23", strings.Repeat("a", 32), "incorrect."},
		{"24", "{flipped}", "incorrect."},
	} {
		add(djangoCase{numbers: c.numbers, name: "header " + c.token, ours: "same", call: withHeaders("X-CSRFToken", c.token), reason: headerFault + c.fault})
	}
	for i, c := range [][2]string{
		{strings.Repeat("a", 16), "has incorrect length."}, {strings.Repeat("*", 64), "has invalid characters."}, {strings.Repeat("a", 64), "incorrect."},
	} {
		add(djangoCase{numbers: strconv.Itoa(25 + i), name: "form " + c[0], ours: "same", form: c[0], call: withoutToken(call{}), reason: "CSRF token from POST " + c[1]})
	}
	for _, token := range []string{strings.Repeat("a", 16), "{S'}"} {
		other := withoutToken(call{})
		other.header.Set("X-Other-Token", token)
		add(djangoCase{
			numbers: "28-29", name: "another header: " + token, ours: "the header's name is no setting: every front end for Django can send X-CSRFToken",
			call: other, reason: missing,
		})
	}
	add(djangoCase{
		numbers: "30", name: "exempt view", ours: "same, for the routes that act under no cookie",
		call: withoutToken(call{path: "/auth/jwt/verify/", body: `{"token":"x"}`}), status: http.StatusUnauthorized,
	})
	add(djangoCase{numbers: "31", name: "PUT with cookie and header", ours: "same", call: withMethod(http.MethodPut)})
	add(djangoCase{numbers: "31", name: "DELETE with cookie and header", ours: "same", call: withMethod(http.MethodDelete)})
	add(djangoCase{numbers: "32", name: "PUT with form only", ours: "same", form: "{S}", call: withoutToken(call{method: http.MethodPut, path: "/auth/users/set_password/"}), reason: missing})
	add(djangoCase{numbers: "33", name: "field in JSON", ours: "same", call: withoutToken(call{body: `{"csrfmiddlewaretoken":"{S}"}`}), reason: missing})
	add(djangoCase{numbers: "34", name: "form wrong, header right", ours: "same", form: strings.Repeat("a", 64), reason: "CSRF token from POST incorrect."})
	add(djangoCase{numbers: "35", name: "form right, header wrong", ours: "same", form: "{S}", call: withHeaders("X-CSRFToken", strings.Repeat("a", 64))})
	add(djangoCase{numbers: "36", name: "form empty, header right", ours: "same", form: "empty"})
	for _, cookie := range []string{"empty", strings.Repeat("a", 16), strings.Repeat("a", 31)} {
		add(djangoCase{numbers: "37", name: "cookie " + cookie, ours: "same", cookie: cookie, reason: "CSRF cookie has incorrect length."})
	}
	for _, cookie := range []string{strings.Repeat("*", 64), strings.Repeat("-", 32)} {
		add(djangoCase{numbers: "38", name: "cookie " + cookie, ours: "same", cookie: cookie, reason: "CSRF cookie has invalid characters."})
	}
	add(djangoCase{numbers: "39", name: "bad cookie, no token", ours: "same", cookie: "a", call: withoutToken(call{}), reason: "CSRF cookie has incorrect length."})
	add(djangoCase{
		numbers: "40", name: "client hangs up in the middle of the form", ours: "400 where the body is read first: what cannot be read is no request",
		form: "{S}", call: func() call { c := withoutToken(call{}); c.broken = true; return c }(), status: http.StatusBadRequest,
	})
	add(djangoCase{
		numbers: "40", name: "client hangs up, on a route that authenticates first", ours: "same",
		form: "{S}", call: func() call { c := withoutToken(call{path: "/auth/users/set_password/"}); c.broken = true; return c }(), reason: missing,
	})
	return cases
}

// originCases are cases 41 to 63: the Origin header.
func originCases() []djangoCase {
	const ignoresHost = "the Host header decides nothing: our own origin is the configured public URL"
	https := httpsConfig()
	with8080 := httpapi.Config{PublicURL: "http://localhost:8080"}
	cases := []djangoCase{
		{numbers: "41", name: "own, http", ours: "same", call: withHeaders("Origin", devURL)},
		{numbers: "42", name: "own, https, no Referer", ours: "same", config: https, call: withHeaders("Origin", wwwURL)},
		{numbers: "43", name: "own, https, evil Referer", ours: "same", config: https, call: withHeaders("Origin", wwwURL, "Referer", evilURL)},
		{numbers: "44", name: "foreign", ours: "same", call: withHeaders("Origin", evilURL), reason: badOrigin(evilURL)},
		{numbers: "45", name: "null", ours: "same", call: withHeaders("Origin", "null"), reason: badOrigin("null")},
		{numbers: "46", name: "empty", ours: "same", call: withHeaders("Origin", ""), reason: badOrigin("")},
		{numbers: "47", name: "https on http", ours: "same", call: withHeaders("Origin", "https://localhost:8080"), reason: badOrigin("https://localhost:8080")},
		{numbers: "47", name: "http on https", ours: "same", config: https, call: withHeaders("Origin", "http://www.example.com"), reason: badOrigin("http://www.example.com")},
		{numbers: "49", name: "with a port", ours: "same", config: with8080, call: withHeaders("Origin", "http://localhost:8080")},
		{
			numbers: "50", name: "default port in Host", ours: "accepted: " + ignoresHost,
			config: https, call: withHeaders("Host", "www.example.com:443", "Origin", wwwURL),
		},
		{numbers: "51", name: "unparsable", ours: "same", call: withHeaders("Origin", "https://["), reason: badOrigin("https://[")},
		{numbers: "52", name: "bad, and no cookie", ours: "same", cookie: "none", call: withHeaders("Origin", evilURL), reason: badOrigin(evilURL)},
		{numbers: "53", name: "trusted", ours: "same", config: httpsConfig(listedURL), call: withHeaders("Origin", listedURL)},
		{
			numbers: "60", name: "trusted with a port", ours: "same on loopback; elsewhere http does not start",
			config: httpapi.Config{PublicURL: devURL, AllowedOrigins: []string{devListed}}, call: withHeaders("Origin", devListed),
		},
		{
			numbers: "60", name: "trusted with a port, sent without", ours: "same on loopback",
			config: httpapi.Config{PublicURL: devURL, AllowedOrigins: []string{devListed}}, call: withHeaders("Origin", "http://localhost"), reason: badOrigin("http://localhost"),
		},
		{
			numbers: "61", name: "several others trusted", ours: "same, for exact ones",
			config: httpsConfig("https://a.example", "https://b.example:8443"), call: withHeaders("Origin", "https://b.example"), reason: badOrigin("https://b.example"),
		},
		{numbers: "62", name: "Host malformed, trusted", ours: "same", config: httpsConfig(listedURL), call: withHeaders("Host", "@malformed", "Origin", listedURL)},
		{
			numbers: "63", name: "Host malformed, not trusted", ours: "same", config: httpsConfig(listedURL),
			call: withHeaders("Host", "@malformed", "Origin", evilURL), reason: badOrigin(evilURL),
		},
	}
	for _, origin := range []string{"https://WWW.example.com", wwwURL + "/", wwwURL + ":8443"} {
		cases = append(cases, djangoCase{numbers: "48", name: origin, ours: "same", config: https, call: withHeaders("Origin", origin), reason: badOrigin(origin)})
	}
	for i, origin := range []string{
		"https://a.b.example.com", "https://example.com", "http://a.example.com", "https://a.example.com:8443", "https://evilexample.com", "https://A.EXAMPLE.com",
	} {
		cases = append(cases, djangoCase{
			numbers: strconv.Itoa(54 + i), name: "wildcard, " + origin, ours: "a wildcard does not start: each subdomain would be trusted with everybody's session; nor does its origin pass unlisted",
			config: https, call: withHeaders("Origin", origin), reason: badOrigin(origin), check: refusesToStart("https://*.example.com"),
		})
	}
	return cases
}

func refusesToStart(allowed string) func(*testing.T, *site, *visitor) {
	return func(t *testing.T, s *site, _ *visitor) {
		t.Helper()
		if _, err := httpapi.New(s.svc, httpsConfig(allowed)); err == nil {
			t.Errorf("allowed_origins %s: got no error", allowed)
		}
	}
}

// refererCases are cases 64 to 80: the Referer header, where there is no Origin.
func refererCases() []djangoCase {
	const noDomain = "there are no cookie domains: cookies are the host's own, so a sibling host is a stranger"
	const malformed, insecure = "Referer is malformed.", "Referer is insecure while host is secure."
	untrusted := func(url string) string { return badReferer(url + " does not match any trusted origins.") }
	https, trusted := httpsConfig(), httpsConfig(listedURL)
	cases := []djangoCase{
		{numbers: "64", name: "https, none", ours: "same", config: https, reason: badReferer("no Referer.")},
		{numbers: "65", name: "http, none", ours: "same"},
		{numbers: "66", name: "own with a path", ours: "same", config: https, call: withHeaders("Referer", wwwURL+"/path?a=b")},
		{numbers: "66", name: "own without a path", ours: "same", config: https, call: withHeaders("Referer", wwwURL)},
		{numbers: "67", name: "own over http", ours: "same", config: https, call: withHeaders("Referer", "http://www.example.com/"), reason: badReferer(insecure)},
		{numbers: "68", name: "http twice", ours: "same", config: https, call: withHeaders("Referer", "http://http://www.example.com/"), reason: badReferer(insecure)},
		{numbers: "70", name: "foreign", ours: "same", config: https, call: withHeaders("Referer", evilURL+"/a"), reason: untrusted(evilURL + "/a")},
		{
			numbers: "71", name: "own as a user", ours: "same", config: https,
			call: withHeaders("Referer", "https://www.example.com@evil.org/"), reason: untrusted("https://www.example.com@evil.org/"),
		},
		{numbers: "72", name: "trusted", ours: "same; wildcards do not start", config: trusted, call: withHeaders("Referer", listedURL+"/a"), check: refusesToStart("https://*.example.org")},
		{
			numbers: "73", name: "trusted over http, Referer over https", ours: "http does not start; and schemes are compared",
			config: https, call: withHeaders("Referer", "https://x.test/"), reason: untrusted("https://x.test/"), check: refusesToStart("http://x.test"),
		},
		{numbers: "74", name: "other subdomain", ours: noDomain, config: https, call: withHeaders("Referer", "https://a.example.com/"), reason: untrusted("https://a.example.com/")},
		{
			numbers: "75", name: "other subdomain on the same port", ours: noDomain, config: httpapi.Config{PublicURL: wwwURL + ":4443"},
			call: withHeaders("Referer", "https://a.example.com:4443/"), reason: untrusted("https://a.example.com:4443/"),
		},
		{numbers: "76", name: "Origin of another subdomain", ours: "same", config: https, call: withHeaders("Origin", "https://a.example.com"), reason: badOrigin("https://a.example.com")},
		{numbers: "77", name: "subdomain over http", ours: "same", config: https, call: withHeaders("Referer", "http://a.example.com/"), reason: badReferer(insecure)},
		{numbers: "78", name: "Host malformed, trusted", ours: "same", config: trusted, call: withHeaders("Host", "@malformed", "Referer", listedURL+"/")},
		{
			numbers: "79", name: "Host malformed, not trusted", ours: "same", config: trusted,
			call: withHeaders("Host", "@malformed", "Referer", evilURL+"/"), reason: untrusted(evilURL + "/"),
		},
		{
			numbers: "80", name: "behind a proxy", ours: "same, with no header of the proxy's: the public URL is configured", config: https,
			call: withHeaders("Host", "10.0.0.5:8000", "X-Forwarded-Host", "evil.example", "Referer", wwwURL+"/"),
		},
	}
	for _, referer := range []string{"", "foo", "\xd8\xd8", "//example.com/", "https://", "https://["} {
		cases = append(cases, djangoCase{
			numbers: "69", name: fmt.Sprintf("%q", referer), ours: "same", config: https, call: withHeaders("Referer", referer), reason: badReferer(malformed),
		})
	}
	return append(cases, djangoCase{
		numbers: "65", name: "http, foreign Referer", ours: "refused: what a browser tells of a stranger's page counts on http too",
		call: withHeaders("Referer", evilURL+"/"), reason: untrusted(evilURL + "/"),
	})
}

// cookieCases are cases 81 to 96: when the cookie is sent, and how.
func cookieCases() []djangoCase {
	return []djangoCase{
		{numbers: "81", name: "page that uses no token, no cookie", ours: "same", check: func(t *testing.T, _ *site, v *visitor) {
			delete(v.jar, "csrftoken")
			wantCSRFCookies(t, v.get("/auth/users/me/"), 0)
		}},
		{numbers: "82", name: "page that uses the token, no cookie", ours: "same", check: func(t *testing.T, s *site, _ *visitor) {
			w := s.visitor().get("/auth/csrf/")
			cookie := wantCSRFCookies(t, w, 1)
			if bare, ok := httpapi.UnmaskCSRF(decode(t, w)["token"].(string)); !ok || len(cookie.Value) != 32 || bare != cookie.Value {
				t.Errorf("token unmasks to %q, cookie is %q", bare, cookie.Value)
			}
		}},
		{numbers: "83,87", name: "page that uses the token, and an accepted POST", ours: "same", check: func(t *testing.T, _ *site, v *visitor) {
			before := v.jar["csrftoken"]
			w := v.get("/auth/csrf/")
			bare, _ := httpapi.UnmaskCSRF(decode(t, w)["token"].(string))
			if cookie := wantCSRFCookies(t, w, 1); cookie.Value != before || bare != before {
				t.Errorf("cookie: got %q and a token of %q, want %q again", cookie.Value, bare, before)
			}
			if v.browse(call{path: "/auth/refresh/"}); v.jar["csrftoken"] != before {
				t.Errorf("after a POST: got %q, want %q again", v.jar["csrftoken"], before)
			}
		}},
		{numbers: "84", name: "masked cookie is sent bare", ours: "same", check: func(t *testing.T, _ *site, v *visitor) {
			before := v.jar["csrftoken"]
			v.jar["csrftoken"] = httpapi.MaskCSRF(before)
			if cookie := wantCSRFCookies(t, v.get("/auth/csrf/"), 1); cookie.Value != before {
				t.Errorf("cookie: got %q, want %q", cookie.Value, before)
			}
		}},
		{numbers: "85", name: "page that uses no token, cookie bare or masked", ours: "same", check: func(t *testing.T, _ *site, v *visitor) {
			wantCSRFCookies(t, v.get("/auth/users/me/"), 0)
			v.jar["csrftoken"] = httpapi.MaskCSRF(v.jar["csrftoken"])
			wantCSRFCookies(t, v.get("/auth/users/me/"), 0)
		}},
		{numbers: "86", name: "malformed cookie", ours: "same, on routes that use the token; others leave it alone", check: func(t *testing.T, _ *site, v *visitor) {
			for _, bad := range []string{"badvalue", strings.Repeat("a", 100_000), strings.Repeat("*", 32)} {
				v.jar["csrftoken"] = bad
				if cookie := wantCSRFCookies(t, v.get("/auth/csrf/"), 1); len(cookie.Value) != 32 || cookie.Value == bad {
					t.Errorf("cookie: got %q, want a new secret", cookie.Value)
				}
			}
		}},
		{numbers: "88", name: "sign-in makes a new secret", ours: "same", check: func(t *testing.T, _ *site, v *visitor) {
			before := v.jar["csrftoken"]
			if v.login("victim"); v.jar["csrftoken"] == before {
				t.Error("the secret is still the same (fixation)")
			}
		}},
		{numbers: "89", name: "one cookie per answer", ours: "same", check: func(t *testing.T, _ *site, v *visitor) {
			w := v.browse(call{path: "/auth/login/", body: credentials("victim", edgePassword)})
			wantCSRFCookies(t, w, 1)
		}},
		{numbers: "90", name: "life", ours: "no setting: 364 days when asked for, the session's life after a sign-in", check: func(t *testing.T, s *site, v *visitor) {
			if cookie := wantCSRFCookies(t, v.get("/auth/csrf/"), 1); cookie.MaxAge != 31449600 {
				t.Errorf("Max-Age: got %d, want 364 days", cookie.MaxAge)
			}
			w := v.browse(call{path: "/auth/login/", body: credentials("victim", edgePassword)})
			if cookie, want := wantCSRFCookies(t, w, 1), int(s.svc.Policy().SessionIdle.Seconds()); cookie.MaxAge != want {
				t.Errorf("Max-Age: got %d, want the session's %d", cookie.MaxAge, want)
			}
			w = v.browse(call{path: "/auth/login/", body: strings.Replace(credentials("victim", edgePassword), "true", "false", 1)})
			if cookie := wantCSRFCookies(t, w, 1); cookie.MaxAge != 0 {
				t.Errorf("Max-Age: got %d, want none: until the browser closes", cookie.MaxAge)
			}
		}},
		{numbers: "91", name: "name and flags", ours: "decided by the deployment, so that they cannot be wrong", check: func(t *testing.T, _ *site, v *visitor) {
			cookie := wantCSRFCookies(t, v.get("/auth/csrf/"), 1)
			if want := "csrftoken=" + cookie.Value + "; Path=/; Max-Age=31449600; SameSite=Lax"; cookie.Raw != want {
				t.Errorf("Set-Cookie: got %q, want %q", cookie.Raw, want)
			}
		}},
		{numbers: "92-94", name: "session storage", ours: "there is none: the secret lives in the cookie alone, so nothing can be missing or saved", check: func(t *testing.T, s *site, v *visitor) {
			before := s.digest()
			s.visitor().get("/auth/csrf/")
			v.get("/auth/csrf/")
			s.unchanged(t, before)
		}},
		{numbers: "95", name: "404 page", ours: "ours use no token; a page that asks twice gets one secret", check: func(t *testing.T, s *site, _ *visitor) {
			v := s.visitor()
			wantCSRFCookies(t, v.get("/nowhere/"), 0)
			first := wantCSRFCookies(t, v.get("/auth/csrf/"), 1)
			if second := wantCSRFCookies(t, v.get("/auth/csrf/"), 1); first.Value != second.Value {
				t.Errorf("secrets: got %q, then %q", first.Value, second.Value)
			}
		}},
		{numbers: "96", name: "shape of refusals", ours: "same, with our machine code beside it", check: func(t *testing.T, _ *site, v *visitor) {
			w := v.send(call{path: "/auth/refresh/", header: headers("Origin", devURL)})
			const want = `{"detail":"CSRF Failed: CSRF token missing.","code":"csrf_failed"}`
			if got := w.Header().Get("Content-Type"); w.Code != http.StatusForbidden || got != "application/json" || w.Body.String() != want {
				t.Errorf("got %d %s %s, want 403 application/json %s", w.Code, got, w.Body, want)
			}
		}},
	}
}

func (v *visitor) get(path string) *httptest.ResponseRecorder {
	v.t.Helper()
	return v.send(call{method: http.MethodGet, path: path})
}

// wantCSRFCookies wants the CSRF cookie so many times in an answer, and answers the last.
func wantCSRFCookies(t *testing.T, w *httptest.ResponseRecorder, want int) *http.Cookie {
	t.Helper()
	var found []*http.Cookie
	for _, cookie := range w.Result().Cookies() { //nolint:bodyclose // a recorder's body needs no closing
		if cookie.Name == "csrftoken" {
			found = append(found, cookie)
		}
	}
	if len(found) != want {
		t.Fatalf("answer %d sets the CSRF cookie %d times, want %d", w.Code, len(found), want)
	}
	if want == 0 {
		return nil
	}
	return found[want-1]
}

// TestDjangoCSRFCases runs the cases of Django's own tests of its CSRF middleware. Where the answer is another, the case says why.
func TestDjangoCSRFCases(t *testing.T) {
	t.Parallel()
	cases := slices.Concat(tokenCases(), originCases(), refererCases(), cookieCases())
	covered := map[int]bool{}
	sites := map[string]*site{}
	for _, c := range cases {
		c.cover(t, covered)
		if c.config.PublicURL == "" {
			c.config.PublicURL = devURL
		}
		c.config.AccessCarrier = httpapi.AccessInBoth
		key := fmt.Sprint(c.config.PublicURL, c.config.AllowedOrigins)
		if sites[key] == nil {
			sites[key] = newSite(t, c.config)
		}
		t.Run(c.numbers+"/"+c.name, func(t *testing.T) { c.run(t, sites[key]) })
	}
	for n := 1; n <= 96; n++ {
		if !covered[n] {
			t.Errorf("case %d is missing", n)
		}
	}
}

// cover notes which cases of Django's this one is.
func (c djangoCase) cover(t *testing.T, covered map[int]bool) {
	t.Helper()
	if c.ours == "" {
		t.Errorf("%s: does not say whether our answer is the same", c.name)
	}
	for part := range strings.SplitSeq(c.numbers, ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		from, err1 := strconv.Atoi(first)
		to, err2 := strconv.Atoi(last)
		if err1 != nil || err2 != nil {
			t.Fatalf("%s: numbers %q", c.name, c.numbers)
		}
		for n := from; n <= to; n++ {
			covered[n] = true
		}
	}
}

func (c djangoCase) run(t *testing.T, s *site) {
	v := s.visitor().login("victim")
	if c.check != nil {
		c.check(t, s, v)
	}
	if c.check != nil && c.reason == "" && len(c.call.header) == 0 {
		return
	}
	names := s.cookieNames()
	bare := v.jar[names["csrf"]]
	fill := strings.NewReplacer("{S}", bare, "{S'}", v.token, `{S"}`, httpapi.MaskCSRF(bare), "{flipped}", flipCase(bare))
	switch c.cookie {
	case "":
	case "none":
		delete(v.jar, names["csrf"])
	case "empty":
		v.jar[names["csrf"]] = ""
	default:
		v.jar[names["csrf"]] = fill.Replace(c.cookie)
	}
	w := v.send(c.request(fill))
	switch {
	case c.reason != "":
		wantCSRF(t, w, c.reason)
	case c.status != 0 && w.Code != c.status:
		t.Errorf("got %d %s, want %d", w.Code, w.Body, c.status)
	case c.status == 0 && w.Code == http.StatusForbidden:
		t.Errorf("got %d %s, want it accepted", w.Code, w.Body)
	case c.status == 0 && c.call.path == "" && w.Code != http.StatusOK:
		t.Errorf("got %d %s, want 200", w.Code, w.Body)
	}
}

// request is the case's request, with the defaults and the tokens filled in.
func (c djangoCase) request(fill *strings.Replacer) call {
	out := c.call
	out.header = headers("X-CSRFToken", "{S'}")
	for name, values := range c.call.header {
		out.header[name] = values
	}
	if c.form != "" {
		out.body = "csrfmiddlewaretoken=" + strings.Replace(c.form, "empty", "", 1)
		out.header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if out.path == "" {
		out.path = "/auth/refresh/"
	}
	out.body = fill.Replace(out.body)
	filled := http.Header{}
	for name, values := range out.header {
		for _, value := range values {
			filled[name] = append(filled[name], fill.Replace(value))
		}
	}
	out.header = filled
	return out
}

func flipCase(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		default:
			return r
		}
	}, text)
}
