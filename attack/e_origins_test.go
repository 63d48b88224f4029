package attack_test

import (
	"net/http"
	"strings"
	"testing"
)

func originAttacks() []attack {
	return []attack{
		{id: "E01", what: "reading answers from a foreign page", severity: critical, against: "R36", test: TestE01Reflection},
		{id: "E05", what: "settings that would let every page read answers", severity: high, against: "R36 R69", test: TestE05WildcardConfiguration},
	}
}

func TestE01Reflection(t *testing.T) {
	t.Parallel()
	v := common(t).member(t)
	for _, origin := range []string{evilSite, "null", "https://app.example.com.evil.example", "http://app.example.com", "https://blog.example.com", "*"} {
		for _, method := range []string{"GET", "OPTIONS"} {
			for _, path := range []string{"/auth/users/me/", "/auth/session/", "/auth/csrf/", "/.well-known/jwks.json", "/nowhere"} {
				got := v.clone().browse(method, path, "", "Origin", origin, "Sec-Fetch-Site", "cross-site", "Access-Control-Request-Method", "POST")
				got.closed(t, method+" "+path+" from "+origin, path == "/.well-known/jwks.json")
			}
		}
	}
	v.browse("GET", "/auth/users/me/", "").want(t, http.StatusOK)
}

// closed wants an answer that no foreign page can read, unless it is for everybody.
func (r reply) closed(t *testing.T, what string, public bool) {
	t.Helper()
	for name, values := range r.header {
		if strings.HasPrefix(name, "Access-Control-Allow") && (!public || values[0] != "*") {
			t.Errorf("%s: %s: %s", what, name, values)
		}
	}
	if !public && !strings.Contains(strings.Join(r.header["Vary"], ","), "Origin") {
		t.Errorf("%s: Vary %q", what, r.header["Vary"])
	}
}

func TestE05WildcardConfiguration(t *testing.T) {
	t.Parallel()
	for _, origins := range []string{"*", "null", "https://*.example.com", "^https://.*$", "https://app.example.com/", "http://app.example.com", "https://app.example.com:443", "example.com"} {
		if origins == "http://app.example.com" {
			refusesToStart(t, "allowed_origins", "--public-url", site, "--allowed-origins", origins)
			continue
		}
		refusesToStart(t, "allowed_origins", "--allowed-origins", origins)
	}
}

// refusesToStart wants the server to end at once, naming a setting.
func refusesToStart(t *testing.T, setting string, args ...string) {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	output, code := run(t, path, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	if code != 1 || !strings.Contains(output, setting) {
		t.Errorf("%q: exit code %d, %s; want 1, and mention of %s", args, code, output, setting)
	}
}
