package attack_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

func cookieAttacks() []attack {
	return []attack{
		{id: "D01", what: "a planted cookie beside the genuine one (cookie tossing)", severity: high, against: "R27", test: TestD01Duplicates},
		{id: "D05", what: "every cookie of a whole visit, by its flags", severity: critical, against: "R27 R28 R29 R30", test: TestD05Audit},
		{id: "D21", what: "a name that only looks like one with a prefix (a Unicode space before it)", severity: high, against: "R27", test: TestD21PrefixBypass},
	}
}

func TestD01Duplicates(t *testing.T) {
	t.Parallel()
	h := common(t)
	v, a := h.member(t), h.member(t)
	v.untouched(func() {
		for name, paths := range map[string][]string{
			"__Host-Http-refresh": {"/auth/refresh/", "/auth/logout/"}, "__Host-Http-access": {"/auth/sessions/revoke_all/"},
			"__Host-csrf": {"/auth/refresh/", "/auth/logout/", "/auth/sessions/revoke_all/"},
		} {
			rest := v.clone()
			delete(rest.jar, name)
			others := rest.pageHeaders().Get("Cookie")
			good, evil := name+"="+v.jar[name], name+"="+a.jar[name]
			for _, lines := range [][]string{
				{evil + "; " + good + "; " + others},
				{good + "; " + evil + "; " + others},
				{evil, good + "; " + others},
				{good + "; " + others, evil},
				{good + "; " + good + "; " + others},
				{name + "; " + good + "; " + others},
				{name + "=; " + good + "; " + others},
				{"\t" + name + " =x; " + good + "; " + others},
			} {
				for _, path := range paths {
					h := v.pageHeaders()
					h["Cookie"] = lines
					v.sendExactly("POST", path, "", h).want(t, http.StatusBadRequest, http.StatusUnauthorized).noTokens(t)
				}
			}
		}
	})
}

func TestD21PrefixBypass(t *testing.T) {
	t.Parallel()
	h := common(t)
	a := h.member(t)
	for _, space := range []string{"\u00a0", "\u2000", "\u2028", "\u3000", "\u0085", "$", "\"", "%20"} {
		planted := h.stranger(t)
		for name, value := range a.jar {
			planted.jar[space+name] = value
		}
		if got := planted.browse("GET", "/auth/session/", ""); !strings.Contains(got.body, `"authenticated":false`) {
			t.Errorf("%+q: %s", space, got.body)
		}
		planted.browse("GET", "/auth/users/me/", "").want(t, http.StatusUnauthorized)
		planted.browse("POST", "/auth/refresh/", "", "X-CSRFToken", a.csrf).want(t, http.StatusUnauthorized).noTokens(t)
	}
}

func TestD05Audit(t *testing.T) {
	t.Parallel()
	h := common(t)
	v := h.member(t)
	want := map[string]*regexp.Regexp{
		"__Host-Http-refresh": regexp.MustCompile(`^=[\w.-]+; Path=/(; Expires=[\w:, ]+ GMT; Max-Age=\d+)?; HttpOnly; Secure; SameSite=Strict$`),
		"__Host-Http-access":  regexp.MustCompile(`^=[\w.-]+; Path=/(; Expires=[\w:, ]+ GMT; Max-Age=\d{1,3})?; HttpOnly; Secure; SameSite=Lax$`),
		"__Host-csrf":         regexp.MustCompile(`^=[A-Za-z0-9]{32}; Path=/(; Expires=[\w:, ]+ GMT; Max-Age=\d+)?; Secure; SameSite=Lax$`),
		"__Host-Http-pre":     regexp.MustCompile(`^=[\w.-]+; Path=/; Expires=[\w:, ]+ GMT; Max-Age=\d+; HttpOnly; Secure; SameSite=Lax$`),
		"__Host-Http-device":  regexp.MustCompile(`^=[\w.-]+; Path=/(; Expires=[\w:, ]+ GMT; Max-Age=\d+)?; HttpOnly; Secure; SameSite=Strict$`),
		"__Host-signed_in":    regexp.MustCompile(`^=1; Path=/(; Expires=[\w:, ]+ GMT; Max-Age=\d+)?; Secure; SameSite=Strict$`),
	}
	cleared := regexp.MustCompile(`^=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; (HttpOnly; )?Secure; SameSite=(Lax|Strict)$`)
	remembered := v.newBrowser()
	seen := map[string]bool{}
	for _, got := range []reply{
		v.newBrowser().browse("GET", "/auth/csrf/", ""), v.newBrowser().signIn(), v.refresh(), v.browse("GET", "/auth/session/", ""),
		remembered.browse("POST", "/auth/login/", `{"email":"`+v.email+`","password":"`+v.password+`","remember":true}`),
		remembered.refresh(), remembered.browse("POST", "/auth/users/set_password/", fields("current_password", password, "new_password", other)),
		remembered.refresh(), remembered.browse("POST", "/auth/logout/", ""), v.refresh(),
	} {
		for _, line := range got.header["Set-Cookie"] {
			name, rest, _ := strings.Cut(line, "=")
			seen[name] = true
			value, _, _ := strings.Cut(rest, ";")
			switch pattern := want[name]; {
			case pattern == nil:
				t.Errorf("an unknown cookie: %s", line)
			case !pattern.MatchString("="+rest) && !cleared.MatchString("="+rest):
				t.Errorf("wrong flags: %s", line)
			case len(name)+len(value) > 4096:
				t.Errorf("%d bytes: %s", len(name)+len(value), line)
			}
		}
		for _, c := range got.cookies {
			if c.MaxAge > 400*24*3600 {
				t.Errorf("lives for more than 400 days: %s", c)
			}
		}
		if refresh := v.refreshToken(); refresh != "" && strings.Contains(got.body, refresh) {
			t.Error("a script can read the refresh token")
		}
	}
	for name := range want {
		if !seen[name] && name != "__Host-Http-pre" {
			t.Errorf("no cookie %s was set: this test tests nothing", name)
		}
	}
}
