package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/cartouche-auth/cartouche/httpapi"
)

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
			if second.jar[name] == value && value != "1" { // but for the hint, which is the same for everybody
				t.Errorf("%s: cookie %s is still the attacker's after the sign-in", deployment, name)
			}
		}
	}
}
