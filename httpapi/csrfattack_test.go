package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/httpapi"
)

// unsafeCalls are the native routes that act under a cookie, with bodies that would do something.
func unsafeCalls() []call {
	return []call{
		{path: "/auth/refresh/"},
		{path: "/auth/logout/"},
		{path: "/auth/users/set_password/", body: `{"current_password":"` + edgePassword + `","new_password":"another horse 8"}`},
		{path: "/auth/sessions/revoke_others/"},
		{path: "/auth/sessions/revoke_all/"},
		{path: "/auth/sessions/{id}/", method: http.MethodDelete},
		{path: "/auth/sessions/{id}/", method: http.MethodPatch, body: `{"label":"stolen"}`},
		{path: "/auth/", body: `{}`},
	}
}

// victimSite is a site at its own https address, with the djoser dialect, a second session of the victim's, and access cookies.
func victimSite(t *testing.T) (*site, *visitor) {
	t.Helper()
	config := edgeDeployments()[onHTTPS]
	djoser, err := httpapi.DialectNamed("djoser")
	if err != nil {
		t.Fatal(err)
	}
	config.Dialects = []httpapi.Dialect{djoser}
	s := newSite(t, config)
	s.visitor().login("victim")
	return s, s.visitor().login("victim")
}

// attack sends every unsafe call under the victim's cookies with the given headers, and wants each refused with 403 and nothing changed.
func (v *visitor) attack(t *testing.T, h http.Header) {
	t.Helper()
	id := decode(t, v.copy().send(call{method: http.MethodGet, path: "/auth/session/"}))["session"].(map[string]any)["id"].(string)
	before := v.digest()
	for _, c := range unsafeCalls() {
		c.path = strings.Replace(c.path, "{id}", id, 1)
		c.header = h
		w := v.copy().send(c)
		if w.Code != http.StatusForbidden {
			t.Errorf("%s %s with %v: got %d %s, want 403", c.method, c.path, h, w.Code, w.Body)
		}
		wantNoTokens(t, w)
	}
	v.unchanged(t, before)
	if !v.signedIn() {
		t.Errorf("with %v: the victim was signed out", h)
	}
}

func TestCrossSiteRequestForgery(t *testing.T) {
	t.Parallel()
	_, v := victimSite(t)
	t.Run("plain", func(t *testing.T) {
		v.attack(t, headers("Sec-Fetch-Site", "cross-site", "Origin", evilURL))
	})
	t.Run("with a right token all the same", func(t *testing.T) {
		v.attack(t, headers("Sec-Fetch-Site", "cross-site", "Origin", evilURL, "X-CSRFToken", v.token))
	})
	t.Run("nothing at all", func(t *testing.T) { v.attack(t, headers()) })
	t.Run("nothing but a right token", func(t *testing.T) { v.attack(t, headers("X-CSRFToken", v.token)) })
}

func TestBadTokens(t *testing.T) {
	t.Parallel()
	s, v := victimSite(t)
	own := func(tokens ...string) http.Header {
		h := headers("Sec-Fetch-Site", "same-origin", "Origin", s.url)
		h["X-Csrftoken"] = tokens
		return h
	}
	v.attack(t, headers("Sec-Fetch-Site", "same-origin", "Origin", s.url))
	for _, token := range []string{
		"", "a", v.token[:31], v.token[:33], v.token[:63], v.token + "a", strings.Repeat("R4nd0mXy", 8), strings.Repeat("-", 64),
		strings.Repeat("a", 10<<10), strings.ToUpper(v.token), v.token[32:], v.token[:32], " " + v.token, v.token + "\x00",
	} {
		v.attack(t, own(token))
	}
	v.attack(t, own(v.token, v.token)) // two headers
	v.attack(t, own(v.token+","+v.token))
}

// TestForeignToken is the attack with a token that is genuine, but somebody else's or of another time.
func TestForeignToken(t *testing.T) {
	t.Parallel()
	s, v := victimSite(t)
	stranger := s.visitor()
	stranger.askToken(t)
	attacker, second := s.visitor().login("attacker"), s.visitor().login("victim")
	for name, other := range map[string]*visitor{"attacker's": attacker, "victim's other session's": second, "stranger's, from before": stranger} {
		own := headers("Sec-Fetch-Site", "same-origin", "Origin", s.url, "X-CSRFToken", other.token)
		t.Run(name+" in the header", func(t *testing.T) { v.attack(t, own) })
		t.Run(name+" in header and cookie", func(t *testing.T) { // tossed by whoever can plant a cookie
			planted := v.copy()
			planted.jar["__Host-csrf"] = other.jar["__Host-csrf"]
			planted.attack(t, own)
		})
	}
	t.Run("self-made double submit", func(t *testing.T) {
		planted := v.copy()
		planted.jar["__Host-csrf"] = strings.Repeat("A", 32)
		planted.attack(t, headers("Sec-Fetch-Site", "same-origin", "Origin", s.url, "X-CSRFToken", strings.Repeat("A", 32)))
	})
	t.Run("of a session that is over", func(t *testing.T) {
		old := second.copy()
		second.browse(call{path: "/auth/logout/"})
		planted := v.copy()
		planted.jar["__Host-csrf"] = old.jar["__Host-csrf"]
		planted.attack(t, headers("Sec-Fetch-Site", "same-origin", "Origin", s.url, "X-CSRFToken", old.token))
	})
}

// TestSimpleContentTypes is the attack with the bodies that a stranger's page can send without asking first.
func TestSimpleContentTypes(t *testing.T) {
	t.Parallel()
	s, v := victimSite(t)
	id := decode(t, v.copy().send(call{method: http.MethodGet, path: "/auth/session/"}))["session"].(map[string]any)["id"].(string)
	before := s.digest()
	for _, c := range unsafeCalls() {
		c.path = strings.Replace(c.path, "{id}", id, 1)
		if c.body == "" {
			c.body = "{}"
		}
		for _, types := range [][]string{
			{"text/plain"},
			{""},
			{"text/plain; x=application/json"},
			{"application/jsonp"},
			{"application/json", "application/json"},
			{"application/json", "text/plain"},
			{"application/json; charset=utf-16"},
			{"application/xml"},
		} {
			c.header = http.Header{"Content-Type": types}
			if w := v.copy().browse(c); w.Code != http.StatusUnsupportedMediaType {
				t.Errorf("%s %s as %q: got %d %s, want 415", c.method, c.path, types, w.Code, w.Body)
			}
		}
		for _, form := range []string{"application/x-www-form-urlencoded", "multipart/form-data; boundary=b"} {
			c.body = "a=b"
			if strings.HasPrefix(form, "multipart") {
				c.body = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--b--\r\n"
			}
			c.header = headers("Content-Type", form, "Origin", s.url)
			wantCSRF(t, v.copy().send(c), "CSRF token missing.")
		}
	}
	s.unchanged(t, before)
}

// TestFormToken: forms pass with a right token in Django's hidden field, on routes of every kind.
func TestFormToken(t *testing.T) {
	t.Parallel()
	s, v := victimSite(t)
	form := headers("Content-Type", "application/x-www-form-urlencoded", "Origin", s.url)
	if w := v.copy().send(call{path: "/auth/refresh/", body: "csrfmiddlewaretoken=" + v.token, header: form}); w.Code != http.StatusOK {
		t.Errorf("refresh by form: got %d %s, want 200", w.Code, w.Body)
	}
	w := v.copy().send(call{
		path:   "/auth/users/set_password/",
		body:   "csrfmiddlewaretoken=" + v.token + "&current_password=wrong+horse+1&new_password=another+horse+8",
		header: form,
	})
	if w.Code != http.StatusBadRequest || decode(t, w)["current_password"] == nil { // the body was read a second time
		t.Errorf("set_password by form: got %d %s, want 400 about current_password", w.Code, w.Body)
	}
	w = v.copy().send(call{path: "/auth/users/set_password/", body: "csrfmiddlewaretoken=" + strings.Repeat("a", 70<<10), header: form})
	wantCSRF(t, w, "")
}

func TestSiblingHost(t *testing.T) {
	t.Parallel()
	s, v := victimSite(t)
	sibling := headers("Sec-Fetch-Site", "same-site", "Origin", "https://blog.example.com")
	v.attack(t, sibling)
	planted := v.copy() // a cookie that the sibling host tossed, with its token
	attacker := s.visitor().login("attacker")
	planted.jar["__Host-csrf"] = attacker.jar["__Host-csrf"]
	sibling.Set("X-CSRFToken", attacker.token)
	planted.attack(t, sibling)
}
