package httpapi_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/httpapi"
)

// TestMaskedTokens has the vectors that Django's own code made, and the identities of its arithmetic.
func TestMaskedTokens(t *testing.T) {
	t.Parallel()
	repeat := func(parts ...string) string {
		var out strings.Builder
		for _, part := range parts {
			out.WriteString(strings.Repeat(part, 32))
		}
		return out.String()
	}
	const first, second = "cat9ag498dyT5bl5GhcqrGi0qx020vor", "wNIvVaP3RjdmSlPUxYu3JvQvB7KUdDWd"
	for token, want := range map[string]string{
		"M8TVWzZRBb0WLaAUvFMZ44k8cRvicmQiO8cUWFTQzeoFGbLP1MOflAsYsela2H4z": first,
		"vfnSqy3Vl6OG0fLzIe36ygvsGgEckRGMxfGRqEXUj9cpVgWuel5mPMDiWDu4acU3": first,
		"13UBEDVvmEgKFGt6g4t7dmWwKj2v2BSB33dAEJPukHEtAHE1MbvnuS4m0GSnSW6S": first,
		"99999999999999999999999999999999vMHuU9O2QiclRkOTwXt2IuPuA6JTcCVc": second,
		first:            first,
		repeat("a", "a"): repeat("a"),
		repeat("b", "b"): repeat("a"),
		repeat("a", "b"): repeat("b"),
		repeat("b", "c"): repeat("b"),
		repeat("a", "c"): repeat("c"),
	} {
		if got, ok := httpapi.UnmaskCSRF(token); !ok || got != want {
			t.Errorf("UnmaskCSRF(%s): got %q, %t, want %q", token, got, ok, want)
		}
	}
	for _, bad := range []string{"", "a", repeat("a")[1:], repeat("a") + "a", repeat("*", "*"), repeat("-"), "ä" + repeat("a")[2:], repeat("a", "a", "a")} {
		if got, ok := httpapi.UnmaskCSRF(bad); ok {
			t.Errorf("UnmaskCSRF(%q): got %q, want a refusal", bad, got)
		}
	}
}

func TestSecretsAreBoundAndMasked(t *testing.T) {
	t.Parallel()
	key, older := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	bare := httpapi.NewCSRFSecret(key, "session")
	if len(bare) != 32 || bare == httpapi.NewCSRFSecret(key, "session") {
		t.Errorf("NewCSRFSecret: got %q, want 32 characters, others each time", bare)
	}
	if one, two := httpapi.MaskCSRF(bare), httpapi.MaskCSRF(bare); one == two || len(one) != 64 {
		t.Errorf("MaskCSRF: got %q and %q, want 64 characters under another mask each time (BREACH)", one, two)
	}
	for _, c := range []struct {
		name, bare, binding string
		keys                [][]byte
		want                bool
	}{
		{"same session", bare, "session", [][]byte{key}, true},
		{"key that has been rotated away, still read", bare, "session", [][]byte{older, key}, true},
		{"other session", bare, "sessio", [][]byte{key}, false},
		{"no session", bare, "", [][]byte{key}, false},
		{"other key", bare, "session", [][]byte{older}, false},
		{"last character changed", bare[:31] + string(bare[31]^1), "session", [][]byte{key}, false},
		{"first character changed", string(bare[0]^1) + bare[1:], "session", [][]byte{key}, false},
		{"no keys", bare, "session", nil, false},
		{"too short", bare[:31], "session", [][]byte{key}, false},
	} {
		if got := httpapi.BoundCSRF(c.keys, c.bare, c.binding); got != c.want {
			t.Errorf("%s: got %t, want %t", c.name, got, c.want)
		}
	}
}

func FuzzUnmask(f *testing.F) {
	f.Add("cat9ag498dyT5bl5GhcqrGi0qx020vor")
	f.Add("M8TVWzZRBb0WLaAUvFMZ44k8cRvicmQiO8cUWFTQzeoFGbLP1MOflAsYsela2H4z")
	f.Add(strings.Repeat("ä", 16))
	f.Fuzz(func(t *testing.T, text string) {
		bare, ok := httpapi.UnmaskCSRF(text)
		alphanumeric := !strings.ContainsFunc(text, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
		})
		if want := alphanumeric && (len(text) == 32 || len(text) == 64); ok != want {
			t.Fatalf("UnmaskCSRF(%q): got %t, want %t", text, ok, want)
		}
		if !ok {
			return
		}
		if again, ok := httpapi.UnmaskCSRF(httpapi.MaskCSRF(bare)); !ok || again != bare {
			t.Errorf("UnmaskCSRF(MaskCSRF(%q)): got %q, %t", bare, again, ok)
		}
	})
}

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
			{"text/plain"}, {""}, {"text/plain; x=application/json"}, {"application/jsonp"}, {"application/json", "application/json"},
			{"application/json", "text/plain"}, {"application/json; charset=utf-16"}, {"application/xml"},
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

// TestLoginCSRF is the attack that signs the victim in as the attacker, to watch what he does.
func TestLoginCSRF(t *testing.T) {
	t.Parallel()
	for deployment, config := range edgeDeployments() {
		s := newSite(t, config)
		for _, h := range []http.Header{
			headers("Sec-Fetch-Site", "cross-site", "Origin", evilURL), headers("Origin", evilURL), headers("Origin", "null"), headers("Referer", evilURL+"/"),
			headers("Sec-Fetch-Site", "same-site", "Origin", "https://blog.example.com"),
			headers("Origin", evilURL, "Content-Type", "application/x-www-form-urlencoded"),
			headers("Origin", evilURL, "Authorization", "Bearer x"),
		} {
			body := credentials("attacker", edgePassword)
			if h.Get("Content-Type") != "" {
				body = "username=attacker&password=correct+horse+9"
			}
			victim := s.visitor()
			before := s.digest()
			wantCSRF(t, victim.send(call{path: "/auth/login/", body: body, header: h}), "")
			wantCSRF(t, victim.send(call{path: "/auth/users/", body: credentials("mallory", edgePassword), header: h}), "")
			s.unchanged(t, before)
			if len(victim.jar) > 0 {
				t.Errorf("%s: %v: the victim's browser got cookies %v", deployment, h, victim.jar)
			}
		}
	}
}

// TestRefreshCSRF is the attack that spends the victim's refresh token behind his back.
func TestRefreshCSRF(t *testing.T) {
	t.Parallel()
	cookie, err := httpapi.DialectNamed("cookie")
	if err != nil {
		t.Fatal(err)
	}
	config := edgeDeployments()[onHTTPS]
	config.Dialects = []httpapi.Dialect{cookie}
	s := newSite(t, config)
	for login, refresh := range map[string]string{"/auth/login/": "/auth/refresh/", "/accounts/auth/login/": "/accounts/auth/refresh_token/"} {
		v := s.visitor()
		v.browse(call{path: login, body: credentials("victim", edgePassword)})
		s.clock.Advance(s.svc.Policy().RefreshMinAge * 2) // old enough to be confirmed, and with that spent
		before := s.digest()
		for _, h := range []http.Header{
			headers("Sec-Fetch-Site", "cross-site", "Origin", evilURL), headers("Sec-Fetch-Site", "same-site", "Origin", "https://blog.example.com"),
			headers("Sec-Fetch-Site", "same-site"), headers("Origin", "null"), headers(), headers("Origin", evilURL, "Authorization", "Bearer x"),
		} {
			wantCSRF(t, v.copy().send(call{path: refresh, header: h}), "")
		}
		s.unchanged(t, before)
	}
}

// TestBearerAsBypass is the attack in which any Authorization header would switch the cross-site checks off, and cookies stay on.
func TestBearerAsBypass(t *testing.T) {
	t.Parallel()
	_, v := victimSite(t)
	before := v.digest()
	for _, authorization := range []string{"Bearer x", "bearer x", "JWT x", "Basic dmljdGltOng=", "Bearer", "Bearer ", "Token x", "", "Bearer a b"} {
		for _, c := range []call{
			{method: http.MethodGet, path: "/auth/users/me/"},
			{path: "/auth/users/set_password/", body: `{"current_password":"` + edgePassword + `","new_password":"another horse 8"}`},
			{path: "/auth/sessions/revoke_all/"},
		} {
			c.header = headers("Authorization", authorization)
			if w := v.copy().send(c); w.Code != http.StatusUnauthorized {
				t.Errorf("%q on %s: got %d %s, want 401", authorization, c.path, w.Code, w.Body)
			}
		}
		for _, path := range []string{"/auth/refresh/", "/auth/logout/"} { // here the cookie is the credential, and the checks stay on
			wantCSRF(t, v.copy().send(call{path: path, header: headers("Authorization", authorization, "Origin", evilURL)}), "")
		}
	}
	v.unchanged(t, before)
}

// TestSignOutUnderUselessHeader: a header that names no session, such as a proxy's, must not make signing out a mere clearing of cookies.
func TestSignOutUnderUselessHeader(t *testing.T) {
	t.Parallel()
	s, v := victimSite(t)
	thief := v.copy()
	if w := v.browse(call{path: "/auth/logout/", header: headers("Authorization", "Basic dmljdGltOng=")}); w.Code != http.StatusNoContent {
		t.Errorf("logout: got %d %s, want 204", w.Code, w.Body)
	}
	if thief.signedIn() {
		t.Error("logout answered 204, and the session goes on")
	}
	if w := s.visitor().send(call{path: "/auth/logout/", header: headers("Authorization", "Bearer x")}); w.Code != http.StatusNoContent {
		t.Errorf("logout without a session: got %d %s, want 204", w.Code, w.Body)
	}
}

// TestSessionFixation is the attack that plants the attacker's cookies before the victim signs in, and waits.
func TestSessionFixation(t *testing.T) {
	t.Parallel()
	for deployment, config := range edgeDeployments() {
		config.CSRFPresession = true
		s := newSite(t, config)
		attacker := s.visitor()
		attacker.askToken(t)
		planted := attacker.copy()
		victim := planted.copy().login("victim")
		for name, value := range planted.jar {
			if victim.jar[name] == value {
				t.Errorf("%s: cookie %s is still the attacker's after the sign-in", deployment, name)
			}
		}
		own := headers("Origin", s.url, "X-CSRFToken", attacker.token)
		wantCSRF(t, victim.copy().send(call{path: "/auth/refresh/", header: own}), "CSRF token from the 'X-Csrftoken' HTTP header incorrect.")
		if planted.signedIn() {
			t.Errorf("%s: the attacker's copies became a session", deployment)
		}

		attacker.login("attacker") // now with a whole session of his
		second := attacker.copy().login("victim")
		for name, value := range attacker.jar {
			if second.jar[name] == value {
				t.Errorf("%s: cookie %s is still the attacker's after the sign-in", deployment, name)
			}
		}
	}
}
