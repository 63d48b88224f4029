package httpapi_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/cartouche-auth/cartouche/httpapi"
)

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
		{
			numbers: "47", name: "http on https", ours: "same", config: https,
			call: withHeaders("Origin", "http://www.example.com"), reason: badOrigin("http://www.example.com"),
		},
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
			config: httpapi.Config{PublicURL: devURL, AllowedOrigins: []string{devListed}},
			call:   withHeaders("Origin", "http://localhost"), reason: badOrigin("http://localhost"),
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
			numbers: strconv.Itoa(54 + i), name: "wildcard, " + origin,
			ours:   "a wildcard does not start: each subdomain would be trusted with everybody's session; nor does its origin pass unlisted",
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
		{
			numbers: "72", name: "trusted", ours: "same; wildcards do not start", config: trusted,
			call: withHeaders("Referer", listedURL+"/a"), check: refusesToStart("https://*.example.org"),
		},
		{
			numbers: "73", name: "trusted over http, Referer over https", ours: "http does not start; and schemes are compared",
			config: https, call: withHeaders("Referer", "https://x.test/"), reason: untrusted("https://x.test/"), check: refusesToStart("http://x.test"),
		},
		{
			numbers: "74", name: "other subdomain", ours: noDomain, config: https,
			call: withHeaders("Referer", "https://a.example.com/"), reason: untrusted("https://a.example.com/"),
		},
		{
			numbers: "75", name: "other subdomain on the same port", ours: noDomain, config: httpapi.Config{PublicURL: wwwURL + ":4443"},
			call: withHeaders("Referer", "https://a.example.com:4443/"), reason: untrusted("https://a.example.com:4443/"),
		},
		{
			numbers: "76", name: "Origin of another subdomain", ours: "same", config: https,
			call: withHeaders("Origin", "https://a.example.com"), reason: badOrigin("https://a.example.com"),
		},
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
