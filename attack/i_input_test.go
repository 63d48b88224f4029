package attack_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

func inputAttacks() []attack {
	return []attack{
		{id: "I01", what: "rights and states in a registration (mass assignment)", severity: critical, against: "R58", test: TestI01MassAssignmentAtSignUp},
		{id: "I02", what: "the same in disguised names", severity: critical, against: "R58 R61", test: TestI02DisguisedNames},
		{id: "I03", what: "rights and states in a change of one's profile", severity: critical, against: "R25 R58", test: TestI03MassAssignmentOfMe},
		{id: "I08", what: "the same member twice in a body", severity: high, against: "R61", test: TestI08DuplicateMembers},
		{id: "I09", what: "lists and objects in place of texts", severity: critical, against: "R61", test: TestI09ArrayForText},
		{id: "I10", what: "two addresses that look like one, and one in disguise", severity: critical, against: "R54 R55 R61", test: TestI10AddressLists},
		{id: "I11", what: "headers of mails in texts", severity: critical, against: "R54", test: TestI11HeaderInjection},
		{id: "I16", what: "sessions of somebody else", severity: critical, against: "R22 R59", test: TestI16ForeignSession},
		{id: "I18", what: "the routes of the staff", severity: critical, against: "R22 R24 R59", test: TestI18AdminRoutes},
	}
}

// rightsAndStates are members that nobody may write.
func rightsAndStates() map[string]any {
	return map[string]any{
		"is_staff": true, "is_superuser": true, "is_active": true, "is_verified": true, "email_verified": true, "verified_at": 1, "id": "1", "pk": 1, "password_hash": "x",
		"groups": []int{1}, "role": "admin", "permissions": []string{"all"}, "user_permissions": []string{"all"}, "created_at": 1, "date_joined": 1, "token_version": 9,
		"mfa_enabled": false, "awaits_activation": false, "last_login": 1, "sessions": []int{}, "private_metadata": "x", "public_metadata": "x",
	}
}

// disguised are members that careless readers take for others.
func disguised() []string {
	return []string{
		`"IS_STAFF":true`, `"Is_Staff":true`, `"i\u017f_staff":true`, `"iſ_staff":true`, `"is\u005fstaff":true`, `" is_staff":true`, `"is-staff":true`, `"is_staff ":true`, `"isStaff":true`,
		`"is_staff\u0000":true`,
	}
}

// defaults wants a new account to have no rights and nothing that its owner did not choose.
func (h *house) defaults(t *testing.T, email string) {
	t.Helper()
	row := h.rows(t, "SELECT is_active, is_staff, is_superuser, verified_at, last_login, awaits_activation, public_metadata, private_metadata FROM users WHERE email = ?", email)
	const want = "is_active=0 is_staff=0 is_superuser=0 verified_at=<nil> last_login=<nil> awaits_activation=1 public_metadata= private_metadata= \n"
	if row != want && row != "" {
		t.Errorf("%s: got %q, want %q", email, row, want)
	}
}

func TestI01MassAssignmentAtSignUp(t *testing.T) {
	t.Parallel()
	h := common(t)
	p := h.stranger(t)
	body := rightsAndStates()
	body["email"], body["password"] = p.email, p.password
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	p.call("POST", "/auth/users/", string(text)).want(t, http.StatusCreated, http.StatusBadRequest)
	h.defaults(t, p.email)
	if strings.Contains(h.rows(t, "SELECT id, date_joined FROM users WHERE email = ?", p.email), "=1 ") {
		t.Error("the id or the date is the client's")
	}
	p.signIn().want(t, http.StatusUnauthorized).noTokens(t) // it is not active
}

func TestI02DisguisedNames(t *testing.T) {
	t.Parallel()
	h := common(t)
	v := h.member(t)
	v.untouched(func() {
		for _, member := range disguised() {
			p := h.stranger(t)
			p.call("POST", "/auth/users/", `{"email":"`+p.email+`","password":"`+p.password+`",`+member+`}`).want(t, http.StatusCreated, http.StatusBadRequest)
			h.defaults(t, p.email)
			v.clone().browse("PATCH", "/auth/users/me/", `{`+member+`}`).want(t, http.StatusOK, http.StatusBadRequest)
		}
	})
}

func TestI03MassAssignmentOfMe(t *testing.T) {
	t.Parallel()
	v := common(t).member(t)
	v.untouched(func() {
		all := rightsAndStates()
		for _, name := range []string{"email", "username", "password"} {
			all[name] = "a@evil.example"
		}
		for name, value := range all {
			text, err := json.Marshal(map[string]any{name: value})
			if err != nil {
				t.Fatal(err)
			}
			for _, method := range []string{"PATCH", "PUT"} {
				for _, path := range []string{"/auth/users/me/", "/auth/users/" + v.id + "/"} {
					v.clone().browse(method, path, string(text)).want(t, http.StatusOK, http.StatusBadRequest)
				}
			}
		}
	})
	if got := v.mailsTo("evil.example"); len(got) != 0 {
		t.Errorf("a mail went out: %v", got)
	}
}

func TestI08DuplicateMembers(t *testing.T) {
	t.Parallel()
	v := common(t).member(t)
	v.untouched(func() {
		for _, body := range []string{
			`{"email":"` + v.email + `","email":"a@evil.example"`, `{"email":"a@evil.example","email":"` + v.email + `"`, `{"email":"` + v.email + `","\u0065mail":"a@evil.example"`,
			`{"email":"` + v.email + `","email":"` + v.email + `"`,
		} {
			for path, rest := range map[string]string{
				"/auth/users/reset_password/": `}`, "/auth/users/": `,"password":"` + password + `"}`, "/auth/jwt/create/": `,"password":"` + password + `"}`,
				"/auth/login/": `,"password":"` + password + `"}`,
			} {
				v.call("POST", path, body+rest).want(t, http.StatusBadRequest).noTokens(t)
			}
		}
	})
	v.nothingForEvil()
}

// nothingForEvil wants no mail to the attacker's.
func (p *person) nothingForEvil() {
	p.Helper()
	p.until("mails to be delivered", func() bool { return p.rows(p.T, "SELECT seq FROM mails") == "" })
	if got := p.mailsTo("evil.example"); len(got) != 0 {
		p.Errorf("a mail to the attacker: %v", got)
	}
}

func TestI09ArrayForText(t *testing.T) {
	t.Parallel()
	v := common(t).member(t)
	v.untouched(func() {
		for _, value := range []string{
			`["` + v.email + `","a@evil.example"]`, `{"a":"` + v.email + `"}`, `["` + v.email + `"]`, `{"$ne":null}`, `null`, `true`, `[[]]`, `{}`,
		} {
			for path, rest := range map[string]string{
				"/auth/users/reset_password/": `}`, "/auth/users/resend_activation/": `}`, "/auth/users/": `,"password":"` + password + `"}`,
				"/auth/jwt/create/": `,"password":"` + password + `"}`,
			} {
				v.call("POST", path, `{"email":`+value+rest).want(t, http.StatusBadRequest).noTokens(t)
			}
		}
		for _, value := range []string{`["` + password + `"]`, `{"a":1}`, `null`, `true`} {
			v.call("POST", "/auth/jwt/create/", `{"email":"`+v.email+`","password":`+value+`}`).want(t, http.StatusBadRequest).noTokens(t)
		}
	})
	v.nothingForEvil()
}

func TestI10AddressLists(t *testing.T) {
	t.Parallel()
	h := common(t)
	v := h.member(t)
	v.untouched(func() {
		for _, address := range []string{
			v.email + ",a@evil.example", v.email + ";a@evil.example", v.email + " a@evil.example", v.email + "\na@evil.example", "<a@evil.example>", "A <a@evil.example>",
			"a@evil.example (" + v.email + ")", `"` + v.email + `"@evil.example`, v.email + "@evil.example", strings.Replace(v.email, "@", "＠", 1), strings.Replace(v.email, "@", "﹫", 1),
			"a@evil。example", "a@[127.0.0.1]", v.email + ".", strings.Repeat("a", 250) + "@evil.example", "a@evil.example\x00", v.email + "\x00", "a\u0000@evil.example",
			"a@evil.example\u2028" + v.email, "@evil.example", "a@", "a@evil", "a@-evil.example", "a@evil..example", "a b@evil.example", "mailto:a@evil.example",
		} {
			h.stranger(t).call("POST", "/auth/users/", fields("email", address, "password", password)).want(t, http.StatusBadRequest)
			h.stranger(t).call("POST", "/auth/users/reset_password/", fields("email", address)).want(t, http.StatusBadRequest, http.StatusNoContent)
			h.stranger(t).call("POST", "/auth/users/resend_activation/", fields("email", address)).want(t, http.StatusBadRequest, http.StatusNoContent)
			v.call("POST", "/auth/users/set_email/", fields("current_password", password, "new_email", address), "Authorization", "Bearer "+v.access).want(t, http.StatusBadRequest)
		}
	})
	v.nothingForEvil()
}

func TestI11HeaderInjection(t *testing.T) {
	t.Parallel()
	h := common(t)
	for _, name := range []string{
		"Ada\r\nBcc: a@evil.example", "Ada\nBcc: a@evil.example", "Ada\u2028Bcc: a@evil.example", "Ada\u0085Bcc: a@evil.example", "=?utf-8?q?Ada=0D=0ABcc:_a@evil.example?=",
		"Ada\r\n\r\n<a href='https://evil.example'>", "Ada\u202egnp.exe",
	} {
		p := h.stranger(t)
		body := fields("email", p.email, "password", p.password, "first_name", name, "last_name", name)
		if p.call("POST", "/auth/users/", body).want(t, http.StatusCreated, http.StatusBadRequest).status == http.StatusBadRequest {
			continue
		}
		l := p.letter("/activate/")
		for _, header := range []string{"To", "Subject", "From"} {
			if len(l.header[header]) != 1 {
				t.Errorf("%q: %s: %q", name, header, l.header[header])
			}
		}
		if l.header.Get("To") != "<"+p.email+">" || l.header.Get("Bcc")+l.header.Get("Cc") != "" {
			t.Errorf("%q: to %q, Bcc %q", name, l.header.Get("To"), l.header.Get("Bcc"))
		}
		for header, values := range l.header {
			if strings.Contains(strings.Join(values, ""), "evil") {
				t.Errorf("%q: %s: %q", name, header, values)
			}
		}
	}
	v := h.member(t)
	v.untouched(func() {
		for _, path := range []string{"/auth/users/reset_password/", "/auth/users/resend_activation/"} {
			h.stranger(t).call("POST", path, fields("email", v.email+"\r\nBcc: a@evil.example")).want(t, http.StatusBadRequest)
		}
	})
	v.nothingForEvil()
}

// sessionID is the id of the person's own session.
func (p *person) sessionID() string {
	p.Helper()
	_, claims, _ := parts(p.access)
	id, _ := decode(p.T, claims)["sid"].(string)
	return id
}

func TestI16ForeignSession(t *testing.T) {
	t.Parallel()
	h := common(t)
	v, a := h.member(t), h.member(t)
	second := v.again()
	v.untouched(func() {
		unknown := a.clone().browse("DELETE", "/auth/sessions/"+strings.Repeat("0", 32)+"/", "").want(t, http.StatusNotFound)
		for _, id := range []string{v.sessionID(), second.sessionID(), strings.ToUpper(v.sessionID())} {
			for _, method := range []string{"DELETE", "PATCH", "GET", "PUT"} {
				got := a.clone().browse(method, "/auth/sessions/"+id+"/", `{"label":"stolen"}`).want(t, http.StatusNotFound, http.StatusMethodNotAllowed)
				if method == "DELETE" {
					same(t, "somebody else's session", got, unknown)
				}
			}
		}
		for _, query := range []string{"?user=" + v.id, "?user_id=" + v.id, "?id=" + v.sessionID(), "?all=true"} {
			if got := a.clone().browse("GET", "/auth/sessions/"+query, "").want(t, http.StatusOK); strings.Contains(got.body, v.sessionID()) {
				t.Errorf("%s shows somebody else's session", query)
			}
		}
		a.clone().browse("POST", "/auth/sessions/revoke_others/", `{"user":"`+v.id+`"}`).want(t, http.StatusOK, http.StatusNoContent)
	})
	second.me(second.access).want(t, http.StatusOK)
}

func TestI18AdminRoutes(t *testing.T) {
	t.Parallel()
	h := common(t)
	v, a, d, u := h.member(t), h.member(t), h.member(t), h.unverified(t)
	h.operate(t, "", "user", "disable", d.id)
	h.until(t, "the server to hear of it", func() bool { return d.me(d.access).status == http.StatusUnauthorized })
	v.untouched(func() {
		for _, path := range []string{
			"/auth/users/" + v.id + "/", "/auth/users/" + v.id, "/auth/users/" + strings.ToUpper(v.id) + "/", "/auth/users//" + v.id + "/", "/auth/users/./" + v.id + "/", "/auth/users/me/../" + v.id + "/",
			"/AUTH/users/" + v.id + "/", "/auth/users/%2e/" + v.id, "/auth/users/" + strings.Replace(v.id, "-", "%2d", 1) + "/", "/auth/users/" + v.id + "%00/", "/auth/users/" + v.id + ".json",
			"/auth/users/" + v.id + "%2f", "/auth/users;x/" + v.id + "/", "/admin/", "/auth/admin/", "/metrics", "/debug/pprof/", "/debug/vars",
		} {
			for _, method := range []string{"GET", "PUT", "PATCH", "DELETE", "POST"} {
				body := fields("first_name", "Mallory", "current_password", password)
				for _, who := range []*person{h.stranger(t), u.newBrowser(), d.clone(), a.clone()} {
					got := who.browse(method, path, body, "X-HTTP-Method-Override", "DELETE", "X-Original-URL", "/auth/users/"+v.id+"/", "X-Rewrite-URL", "/auth/users/"+v.id+"/")
					got.want(t, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed)
					if strings.Contains(got.body, v.email) {
						t.Errorf("%s %s shows the victim: %s", method, path, got.body)
					}
				}
			}
		}
	})
	if got := a.browse("GET", "/auth/users/?limit=1000", "").want(t, http.StatusOK); strings.Contains(got.body, v.email) || !strings.Contains(got.body, a.email) {
		t.Errorf("the list shows others: %s", got.body)
	}
}
