package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/httpapi"
)

// TestCookieTossing is the attack in which a sibling host plants a second cookie of the same name.
func TestCookieTossing(t *testing.T) {
	t.Parallel()
	for deployment, config := range edgeDeployments() {
		s := newSite(t, config)
		v, attacker := s.visitor().login("victim"), s.visitor().login("attacker")
		before := s.digest()
		names := s.cookieNames()
		for name, paths := range map[string][]string{
			names["refresh"]: {"/auth/refresh/", "/auth/logout/"},
			names["access"]:  {"/auth/logout/", "/auth/sessions/revoke_all/"},
			names["csrf"]:    {"/auth/refresh/", "/auth/logout/", "/auth/sessions/revoke_all/"},
		} {
			good, evil := name+"="+v.jar[name], name+"="+attacker.jar[name]
			rest := v.otherCookies(name)
			for _, lines := range [][]string{
				{evil + "; " + good + rest},
				{good + "; " + evil + rest},
				{good + rest, evil},
				{evil, good + rest},
				{good + "; " + good + rest},
				{name + "; " + good + rest},
				{good + ";" + name + "=" + rest},
				{" " + name + " =\"evil\x01\"; " + good + rest},
			} {
				for _, path := range paths {
					w := v.copy().browse(call{path: path, header: http.Header{"Cookie": lines}})
					if w.Code != http.StatusBadRequest {
						t.Errorf("%s: %s with Cookie %q: got %d %s, want 400", deployment, path, lines, w.Code, w.Body)
					}
				}
			}
		}
		s.unchanged(t, before)
	}
}

// TestCookiePrefixBypass is the attack in which a sibling host sets a cookie that browsers do not take for one with a prefix, and lax servers do: they cut
// Unicode's spaces off. In a browser that is signed out it would sign the victim in as the attacker.
func TestCookiePrefixBypass(t *testing.T) {
	t.Parallel()
	s := newSite(t, edgeDeployments()[onHTTPS])
	attacker := s.visitor().login("attacker")
	for _, space := range []string{"\u00a0", "\u2000", "\u3000", "\u2028", "\u0085"} {
		for _, name := range []string{"__Host-Http-refresh", "__Host-Http-access"} {
			planted := s.visitor()
			w := planted.send(call{method: http.MethodGet, path: "/auth/session/", header: http.Header{"Cookie": {space + name + "=" + attacker.jar[name]}}})
			if !strings.Contains(w.Body.String(), `"authenticated":false`) {
				t.Errorf("%+q: the planted cookie counts: %s", space, w.Body)
			}
			w = planted.send(call{path: "/auth/refresh/", header: http.Header{"Cookie": {name + space + "=" + attacker.jar[name]}, "Origin": {s.url}}})
			if w.Code != http.StatusUnauthorized {
				t.Errorf("%+q after the name: got %d %s, want 401", space, w.Code, w.Body)
			}
		}
	}
}

// otherCookies are the visitor's cookies but one, as the rest of a Cookie header.
func (v *visitor) otherCookies(name string) string {
	var rest string
	for other, value := range v.jar {
		if other != name {
			rest += "; " + other + "=" + value
		}
	}
	return rest
}

func FuzzCookie(f *testing.F) {
	f.Add("a=1; b=2", "a")
	f.Add("a=1; a=2", "a")
	f.Add("a; a=\"2\x01\"", "a")
	f.Add("aa=1;a=x=y", "a")
	f.Fuzz(func(t *testing.T, line, name string) {
		if !regexp.MustCompile(`^[\w-]+$`).MatchString(name) {
			return
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Header.Set("Cookie", line)
		value, found, err := httpapi.ReadCookie(r, name)
		if named := r.CookiesNamed(name); len(named) > 1 && err == nil {
			t.Errorf("ReadCookie(%q, %q): got %q, want a refusal: it is there %d times", line, name, value, len(named))
		} else if len(named) == 1 && err == nil && !named[0].Quoted && (!found || value != strings.TrimSpace(named[0].Value)) {
			t.Errorf("ReadCookie(%q, %q): got %q, %t, want %q", line, name, value, found, named[0].Value)
		}
		r.Header.Add("Cookie", name+"=again")
		if _, _, err := httpapi.ReadCookie(r, name); found && err == nil {
			t.Errorf("ReadCookie(%q and again, %q): got no error", line, name)
		}
	})
}
