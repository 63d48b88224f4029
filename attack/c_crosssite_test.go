package attack_test

import (
	"net/http"
	"strings"
	"testing"
)

func crossSiteAttacks() []attack {
	return []attack{
		{id: "C01", what: "a request of a foreign page under the victim's cookies", severity: critical, against: "R31 R34", test: TestC01PlainCrossSite},
		{id: "C02", what: "a request that says nothing of where it comes from", severity: high, against: "R31 R34", test: TestC02NothingAtAll},
		{id: "C03", what: "CSRF tokens that are none", severity: critical, against: "R31", test: TestC03BadToken},
		{id: "C04", what: "CSRF tokens of somebody else or of another time", severity: critical, against: "R31", test: TestC04ForeignToken},
		{id: "C05", what: "cookie and header made up alike (double submit)", severity: critical, against: "R31", test: TestC05SelfMadeDoubleSubmit},
		{id: "C06", what: "content types that need no preflight", severity: critical, against: "R32", test: TestC06SimpleTypes},
		{id: "C10", what: "origins that look like ours", severity: critical, against: "R34", test: TestC10LookAlikeOrigins},
		{id: "C11", what: "a sibling host, with a token that it planted", severity: critical, against: "R27 R34", test: TestC11SiblingHost},
		{id: "C15", what: "signing the victim in as the attacker", severity: high, against: "R35", test: TestC15LoginCSRF},
		{id: "C17", what: "spending the victim's refresh token from a foreign page", severity: high, against: "R31 R35", test: TestC17RefreshCSRF},
		{id: "C19", what: "a useless Authorization header that turns the checks off", severity: critical, against: "R11 R31", test: TestC19BearerAsBypass},
	}
}

// deed is a request that changes something under a cookie.
type deed struct{ method, path, body string }

func deeds() []deed {
	return []deed{
		{"POST", "/auth/users/set_password/", fields("current_password", password, "new_password", other)},
		{"POST", "/auth/users/set_email/", fields("current_password", password, "new_email", "a@evil.example")},
		{"PATCH", "/auth/users/me/", `{"first_name":"Mallory"}`},
		{"DELETE", "/auth/users/me/", fields("current_password", password)},
		{"POST", "/auth/sessions/revoke_all/", ""},
		{"POST", "/auth/sessions/revoke_others/", ""},
		{"POST", "/auth/refresh/", ""},
		{"POST", "/auth/logout/", ""},
	}
}

// forged wants every deed refused, whatever these headers say, and nothing changed.
func (p *person) forged(headers ...string) {
	p.Helper()
	for _, d := range deeds() {
		got := p.clone().browse(d.method, d.path, d.body, headers...)
		if got.status != http.StatusForbidden {
			p.Errorf("%s %s with %q: got %d %s, want 403", d.method, d.path, headers, got.status, got.body)
		}
		got.noTokens(p.T)
	}
}

func TestC01PlainCrossSite(t *testing.T) {
	t.Parallel()
	v := common(t).member(t)
	v.untouched(func() {
		v.forged("Sec-Fetch-Site", "cross-site", "Origin", evilSite, "X-CSRFToken", "")
		v.forged("Sec-Fetch-Site", "cross-site", "Origin", evilSite)
		v.forged("Sec-Fetch-Site", "cross-site", "Origin", "null")
		v.forged("Sec-Fetch-Site", "", "Origin", evilSite)
	})
}

func TestC02NothingAtAll(t *testing.T) {
	t.Parallel()
	v := common(t).member(t)
	v.untouched(func() {
		v.forged("Sec-Fetch-Site", "", "Origin", "", "X-CSRFToken", "")
		v.forged("Sec-Fetch-Site", "", "Origin", "")
		v.forged("Sec-Fetch-Site", "", "Origin", "", "Referer", evilSite+"/")
	})
}

func TestC03BadToken(t *testing.T) {
	t.Parallel()
	v := common(t).member(t)
	v.untouched(func() {
		for _, token := range []string{
			"", "a", v.csrf[:31], v.csrf[:33], v.csrf[:63], v.csrf + "a", strings.Repeat("R4nd0mXy", 8), strings.Repeat("-", 64), strings.Repeat("a", 10<<10), v.csrf + "," + v.csrf,
		} {
			v.forged("X-CSRFToken", token)
		}
		for _, d := range deeds() {
			h := v.pageHeaders()
			h["X-Csrftoken"] = []string{v.csrf, v.csrf}
			v.sendExactly(d.method, d.path, d.body, h).want(t, http.StatusForbidden)
		}
	})
}

// pageHeaders are those of a request of the site's own page with a JSON body.
func (p *person) pageHeaders() http.Header {
	var cookies []string
	for name, value := range p.jar {
		cookies = append(cookies, name+"="+value)
	}
	return http.Header{
		"Origin": {site}, "Sec-Fetch-Site": {"same-origin"}, "X-Csrftoken": {p.csrf}, "Cookie": {strings.Join(cookies, "; ")},
		"Content-Type": {"application/json"}, "X-Forwarded-For": {p.address},
	}
}

func TestC04ForeignToken(t *testing.T) {
	t.Parallel()
	h := common(t)
	v := h.member(t)
	early := h.stranger(t)
	early.csrf = early.browse("GET", "/auth/csrf/", "").text("token")
	gone := v.again()
	gone.clone().browse("POST", "/auth/logout/", "").want(t, http.StatusNoContent)
	others := []*person{h.member(t), v.again(), early, gone}
	v.untouched(func() {
		for _, whose := range others {
			v.forged("X-CSRFToken", whose.csrf)
			planted := v.clone()
			planted.jar["__Host-csrf"] = whose.jar["__Host-csrf"]
			planted.forged("X-CSRFToken", whose.csrf)
			planted.forged("X-CSRFToken", whose.jar["__Host-csrf"])
		}
	})
}

func TestC05SelfMadeDoubleSubmit(t *testing.T) {
	t.Parallel()
	v := common(t).member(t)
	v.untouched(func() {
		for _, made := range []string{strings.Repeat("A", 32), strings.Repeat("A", 64), strings.Repeat("0", 32)} {
			planted := v.clone()
			planted.jar["__Host-csrf"] = made
			planted.forged("X-CSRFToken", made)
			planted.jar["csrftoken"] = made
			planted.forged("X-CSRFToken", made)
		}
	})
}

func TestC06SimpleTypes(t *testing.T) {
	t.Parallel()
	v := common(t).member(t)
	v.untouched(func() {
		for _, d := range deeds() {
			if d.body == "" {
				d.body = "{}"
			}
			for _, types := range [][]string{
				{"text/plain"},
				nil,
				{"text/plain; x=application/json"},
				{"application/jsonp"},
				{"application/json", "application/json"},
				{"application/json", "text/plain"},
				{"application/json; charset=utf-16"},
				{"application/xml"},
				{""},
			} {
				h := v.pageHeaders()
				if h["Content-Type"] = types; types == nil {
					delete(h, "Content-Type")
				}
				if got := v.sendExactly(d.method, d.path, d.body, h); got.status != http.StatusUnsupportedMediaType {
					t.Errorf("%s %s as %q: got %d %s, want 415", d.method, d.path, types, got.status, got.body)
				}
			}
		}
		v.forms()
	})
}

// forms are what a foreign page can send without a script.
func (p *person) forms() {
	p.Helper()
	for _, d := range deeds() {
		for kind, body := range map[string]string{
			"application/x-www-form-urlencoded":   "current_password=" + strings.ReplaceAll(password, " ", "+"),
			"multipart/form-data; boundary=b":     "--b\r\nContent-Disposition: form-data; name=\"current_password\"\r\n\r\n" + password + "\r\n--b--\r\n",
			"application/x-www-form-urlencoded; ": "csrfmiddlewaretoken=" + strings.Repeat("A", 64),
		} {
			h := p.pageHeaders()
			h.Del("X-CSRFToken")
			h.Set("Content-Type", kind)
			p.sendExactly(d.method, d.path, body, h).want(p.T, http.StatusForbidden)
		}
	}
}

func TestC10LookAlikeOrigins(t *testing.T) {
	t.Parallel()
	v := common(t).member(t)
	v.untouched(func() {
		for _, origin := range []string{
			"https://app.example.com.evil.example", "https://evilapp.example.com", "https://app.example.com@evil.example", "http://app.example.com", "https://app.example.com:8443",
			"https://app.example.com/", "HTTPS://APP.EXAMPLE.COM", "https://app.example.com https://evil.example", "https://app.example.com%00", "null", "https://app.example.com.",
			"https://app.example.com:443", "//app.example.com", "app.example.com",
		} {
			v.forged("Origin", origin)
			v.forged("Origin", origin, "Sec-Fetch-Site", "")
			v.forged("Origin", "", "Sec-Fetch-Site", "", "Referer", strings.TrimSuffix(origin, "/")+".evil.example/")
		}
		for _, d := range deeds() {
			for _, origins := range [][]string{{site, site}, {site, evilSite}, {evilSite, site}} {
				h := v.pageHeaders()
				h["Origin"] = origins
				v.sendExactly(d.method, d.path, d.body, h).want(t, http.StatusForbidden)
			}
		}
		v.forged("Sec-Fetch-Site", "Same-Origin")
		v.forged("Sec-Fetch-Site", "unknown")
	})
}

func TestC11SiblingHost(t *testing.T) {
	t.Parallel()
	h := common(t)
	v, a := h.member(t), h.member(t)
	v.untouched(func() {
		v.forged("Sec-Fetch-Site", "same-site", "Origin", "https://blog.example.com", "X-CSRFToken", "")
		v.forged("Sec-Fetch-Site", "same-site", "Origin", "https://blog.example.com")
		v.forged("Sec-Fetch-Site", "same-site", "Origin", "")
		planted := v.clone()
		planted.jar["csrftoken"], planted.jar["__Host-csrf"] = a.jar["__Host-csrf"], a.jar["__Host-csrf"]
		planted.forged("Sec-Fetch-Site", "same-site", "Origin", "https://blog.example.com", "X-CSRFToken", a.csrf)
	})
}

func TestC15LoginCSRF(t *testing.T) {
	t.Parallel()
	h := common(t)
	v, a := h.member(t), h.member(t)
	credentials := fields("email", a.email, "password", a.password)
	v.untouched(func() {
		for _, headers := range [][]string{
			{"Sec-Fetch-Site", "cross-site", "Origin", evilSite},
			{"Sec-Fetch-Site", "", "Origin", evilSite},
			{"Sec-Fetch-Site", "", "Origin", "null"},
			{"Sec-Fetch-Site", "same-site", "Origin", "https://blog.example.com"},
			{"Sec-Fetch-Site", "", "Origin", "", "Referer", evilSite + "/"},
			{"Sec-Fetch-Site", "cross-site", "Origin", evilSite, "Authorization", "Bearer x"},
		} {
			for _, browser := range []*person{v.clone(), v.newBrowser()} {
				for _, path := range []string{"/auth/login/", "/accounts/auth/login/"} {
					browser.browse("POST", path, credentials, headers...).want(t, http.StatusForbidden).noTokens(t)
				}
				browser.browse("POST", "/auth/users/", fields("email", h.stranger(t).email, "password", password), headers...).want(t, http.StatusForbidden)
				browser.browse("POST", "/auth/users/reset_password/", fields("email", v.email), headers...).want(t, http.StatusForbidden)
			}
		}
		v.clone().browse("POST", "/auth/login/", "email="+a.email+"&password="+strings.ReplaceAll(a.password, " ", "+"), "Origin", evilSite, "Sec-Fetch-Site", "cross-site",
			"Content-Type", "application/x-www-form-urlencoded").want(t, http.StatusForbidden).noTokens(t)
	})
}

func TestC17RefreshCSRF(t *testing.T) {
	t.Parallel()
	h := common(t)
	for login, refresh := range map[string]string{"/auth/login/": "/auth/refresh/", "/accounts/auth/login/": "/accounts/auth/refresh_token/"} {
		v := h.member(t)
		browser := v.newBrowser()
		browser.browse("POST", login, fields("email", v.email, "password", v.password)).want(t, http.StatusOK)
		before := v.rowsOf()
		for _, headers := range [][]string{
			{"Sec-Fetch-Site", "cross-site", "Origin", evilSite},
			{"Sec-Fetch-Site", "same-site", "Origin", "https://blog.example.com"},
			{"Sec-Fetch-Site", "same-site", "Origin", ""},
			{"Sec-Fetch-Site", "", "Origin", "null"},
			{"Sec-Fetch-Site", "", "Origin", ""},
			{"Sec-Fetch-Site", "", "Origin", evilSite, "Authorization", "Bearer x"},
		} {
			browser.clone().browse("POST", refresh, "", headers...).want(t, http.StatusForbidden).noTokens(t)
		}
		if v.rowsOf() != before {
			t.Errorf("%s: something was spent", refresh)
		}
		browser.browse("POST", refresh, "").want(t, http.StatusOK)
	}
}

func TestC19BearerAsBypass(t *testing.T) {
	t.Parallel()
	v := common(t).member(t)
	v.untouched(func() {
		for _, header := range []string{"Bearer x", "bearer x", "JWT x", "Basic dmljdGltOng=", "Bearer", "Token x", "Bearer a b", "x"} {
			v.clone().browse("GET", "/auth/users/me/", "", "Authorization", header).want(t, http.StatusUnauthorized)
			for _, d := range deeds() {
				for _, origin := range []string{site, evilSite} {
					own := origin == site && (d.path == "/auth/refresh/" || d.path == "/auth/logout/")
					if own { // the cookie is the credential there, and its own checks apply
						continue
					}
					v.clone().browse(d.method, d.path, d.body, "Authorization", header, "X-CSRFToken", "", "Origin", origin).
						want(t, http.StatusUnauthorized, http.StatusForbidden).noTokens(t)
				}
			}
		}
	})
}
