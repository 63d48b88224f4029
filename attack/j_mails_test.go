package attack_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/internal/process"
)

func mailAttacks() []attack {
	return []attack{
		{id: "J01", what: "a reset link a second time", severity: critical, against: "R52", test: TestJ01SecondUse},
		{id: "J02", what: "a reset link 20 times at once", severity: high, against: "R16 R52", test: TestJ02Race},
		{id: "J06", what: "links of one person or purpose in the place of another's", severity: critical, against: "R09 R52", test: TestJ06Crossed},
		{
			id: "J08", what: "headers that name another host for the links in mails", severity: critical, against: "R53", test: TestJ08HostPoisoning,
			open: "a request with another Host is served, because proxies may change it; nothing is ever built from it",
		},
		{
			id: "J13", what: "an account that was registered with the victim's address before the victim comes", severity: critical, against: "R57", test: TestJ13PreHijack,
			open: "djoser's activation route takes the link alone and so trusts the stranger's password, unless activation_requires_password is set",
		},
		{id: "J16", what: "letters that look like or become others", severity: critical, against: "R55", test: TestJ16Confusables},
	}
}

// resetLink asks for a new password and answers what the mail brings.
func (p *person) resetLink() (uid, token string) {
	p.Helper()
	p.newBrowser().call("POST", "/auth/users/reset_password/", fields("email", p.email)).want(p.T, http.StatusNoContent)
	return p.link("reset-password")
}

// confirm sets a password with a link.
func (p *person) confirm(uid, token, password string) reply {
	p.Helper()
	return p.call("POST", "/auth/users/reset_password_confirm/", fields("uid", uid, "token", token, "new_password", password))
}

func TestJ01SecondUse(t *testing.T) {
	t.Parallel()
	v := common(t).member(t)
	oldUID, old := v.resetLink()
	uid, token := v.resetLink()
	v.confirm(oldUID, old, other).want(t, http.StatusBadRequest) // a newer one was asked for
	v.confirm(uid, token, other).want(t, http.StatusNoContent).noTokens(t)
	v.password = other
	v.signIn().want(t, http.StatusOK)
	v.untouched(func() {
		v.confirm(uid, token, password).want(t, http.StatusBadRequest)
		v.confirm(uid, token, other).want(t, http.StatusBadRequest)
	})
}

func TestJ02Race(t *testing.T) {
	t.Parallel()
	v := common(t).member(t)
	uid, token := v.resetLink()
	answers := atOnce(20, func(i int) reply { return v.newBrowser().confirm(uid, token, fmt.Sprintf("%s %d", other, i)) })
	winner := -1
	for i, got := range answers {
		if got.want(t, http.StatusNoContent, http.StatusBadRequest, http.StatusServiceUnavailable, http.StatusTooManyRequests).status == http.StatusNoContent {
			if winner >= 0 {
				t.Errorf("%d and %d both work", winner, i)
			}
			winner = i
		}
	}
	if winner < 0 {
		t.Fatal("nobody won")
	}
	v.newBrowser().guess(fmt.Sprintf("%s %d", other, winner)).want(t, http.StatusOK)
	v.newBrowser().guess(password).want(t, http.StatusUnauthorized)
}

func TestJ06Crossed(t *testing.T) {
	t.Parallel()
	h := common(t)
	v, a, u := h.member(t), h.member(t), h.unverified(t)
	uid, token := v.resetLink()
	otherUID, otherToken := a.resetLink()
	newUID, activation := u.link("activate")
	v.call("POST", "/auth/users/reset_email/", fields("email", v.email)).want(t, http.StatusNoContent)
	addressUID, identifier := v.link("reset-identifier")
	v.untouched(func() {
		for _, crossed := range [][2]string{
			{uid, otherToken},
			{otherUID, token},
			{newUID, activation},
			{uid, activation},
			{addressUID, identifier},
			{uid, identifier},
			{uid, ""},
			{"", token},
			{uid, token[:len(token)-1]},
			{uid, token + "A"},
			{uid + "=", otherToken},
			{"MQ", token},
			{uid, strings.ToUpper(token)},
			{uid, v.csrf},
			{uid, v.access},
		} {
			v.newBrowser().confirm(crossed[0], crossed[1], other).want(t, http.StatusBadRequest, http.StatusTooManyRequests)
		}
		for _, reset := range []string{token, identifier} {
			v.newBrowser().call("POST", "/auth/users/activation/", fields("uid", uid, "token", reset)).want(t, http.StatusBadRequest, http.StatusForbidden)
			v.newBrowser().call("POST", "/auth/users/activation/", fields("uid", newUID, "token", reset)).want(t, http.StatusBadRequest, http.StatusForbidden)
		}
		v.newBrowser().call("POST", "/auth/users/reset_email_confirm/", fields("uid", uid, "token", token, "new_email", "a@evil.example")).want(t, http.StatusBadRequest)
		for _, page := range []string{"reset-password/" + uid + "/" + token, "reset-password/" + uid + "/" + otherToken, "activate/" + newUID + "/" + activation} {
			v.newBrowser().call("GET", "/auth/"+page+"/", "").want(t, http.StatusOK, http.StatusBadRequest) // looking changes nothing (mail scanners)
			v.newBrowser().call("HEAD", "/auth/"+page+"/", "").want(t, http.StatusOK, http.StatusBadRequest)
		}
	})
	v.confirm(uid, token, other).want(t, http.StatusNoContent) // after all that, the right one works
}

func TestJ08HostPoisoning(t *testing.T) {
	t.Parallel()
	h := common(t)
	mailed := func(p *person) {
		t.Helper()
		l := p.letter("/reset-password/")
		if strings.Contains(l.text, "evil") || !strings.Contains(strings.ReplaceAll(l.text, "=\n", ""), site+"/auth/reset-password/") {
			t.Errorf("the mail leads elsewhere: %s", l.text)
		}
	}
	for _, pair := range [][2]string{
		{"Host", "evil.example"},
		{"Host", "app.example.com:evil"},
		{"Host", "app.example.com@evil.example"},
		{"Host", "app.example.com.evil.example"},
		{"X-Forwarded-Host", "evil.example"},
		{"X-Forwarded-Proto", "http"},
		{"Forwarded", "host=evil.example;proto=http"},
		{"X-Original-Host", "evil.example"},
		{"X-Host", "evil.example"},
		{"X-Forwarded-Server", "evil.example"},
		{"X-Forwarded-Prefix", "/evil"},
		{"X-Rewrite-Url", "https://evil.example/"},
	} {
		p := h.member(t)
		got := p.newBrowser().call("POST", "/auth/users/reset_password/", fields("email", p.email), pair[0], pair[1])
		if got.want(t, http.StatusNoContent, http.StatusBadRequest, http.StatusMisdirectedRequest).status == http.StatusNoContent {
			mailed(p)
		}
	}
	for name, head := range map[string]string{
		"absolute": "POST http://evil.example/auth/users/reset_password/ HTTP/1.1\r\nHost: app.example.com\r\n",
		"twice":    "POST /auth/users/reset_password/ HTTP/1.1\r\nHost: app.example.com\r\nHost: evil.example\r\n",
		"none":     "POST /auth/users/reset_password/ HTTP/1.1\r\n",
		"folded":   "POST /auth/users/reset_password/ HTTP/1.1\r\nHost: app.example.com\r\n evil.example\r\n",
	} {
		p := h.member(t)
		body := fields("email", p.email)
		status := raw(t, h.server.Address, head+"Content-Type: application/json\r\nConnection: close\r\nX-Forwarded-For: "+address()+"\r\nContent-Length: "+fmt.Sprint(len(body))+"\r\n\r\n"+body)
		switch {
		case strings.Contains(status, " 204 "):
			mailed(p)
		case !strings.Contains(status, " 400 "):
			t.Errorf("%s: %s", name, status)
		}
	}
}

// raw sends bytes as they are, and answers the first line of what comes back.
func raw(t *testing.T, address, text string) string {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(now().Add(process.Patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(conn).ReadString('\n') // the server may hang up without an answer
	return line
}

func TestJ13PreHijack(t *testing.T) {
	t.Parallel()
	const stranger = "the strangers own password"
	t.Run("reset", func(t *testing.T) { // where accounts are active at once, the stranger has a session already
		h := ownHouse(t, "--send-activation-email=false")
		a := h.stranger(t)
		a.password = stranger
		a.call("POST", "/auth/users/", fields("email", a.email, "password", stranger)).want(t, http.StatusCreated)
		a.signIn().want(t, http.StatusOK)
		kept := a.again()
		v := a.newBrowser()
		uid, token := v.resetLink()
		v.confirm(uid, token, password).want(t, http.StatusNoContent)
		for _, device := range []*person{a, kept} {
			device.me(device.access).want(t, http.StatusUnauthorized)
			device.refresh().want(t, http.StatusUnauthorized).noTokens(t)
		}
		a.newBrowser().guess(stranger).want(t, http.StatusUnauthorized).noTokens(t)
		v.guess(password).want(t, http.StatusOK)
	})
	t.Run("activation", func(t *testing.T) {
		h := ownHouse(t, "--activation-requires-password")
		a := h.stranger(t)
		a.call("POST", "/auth/users/", fields("email", a.email, "password", stranger)).want(t, http.StatusCreated)
		v := a.newBrowser()
		uid, token := v.link("activate")
		v.call("POST", "/auth/users/activation/", fields("uid", uid, "token", token)).want(t, http.StatusBadRequest)
		v.call("POST", "/auth/users/activation/", fields("uid", uid, "token", token, "password", password)).want(t, http.StatusBadRequest, http.StatusUnauthorized)
		a.guess(stranger).want(t, http.StatusUnauthorized).noTokens(t)
	})
}

func TestJ16Confusables(t *testing.T) {
	t.Parallel()
	h := common(t)
	v := h.stranger(t)
	v.email = "ski" + v.email
	v.call("POST", "/auth/users/", fields("email", v.email, "password", v.password)).want(t, http.StatusCreated)
	v.id = strings.TrimSpace(strings.TrimPrefix(h.rows(t, "SELECT id FROM users WHERE email = ?", v.email), "id="))
	uid, token := v.link("activate")
	v.call("POST", "/auth/users/activation/", fields("uid", uid, "token", token)).want(t, http.StatusNoContent)
	v.signIn().want(t, http.StatusOK)
	v.untouched(func() {
		for _, pair := range [][2]string{
			{"i", "\u0131"}, {"s", "\u017f"}, {"k", "\u212a"}, {"i", "\u0130"}, {"p", "\u0440"}, {"s", "\uff53"}, {"example", "ex\u0430mple"}, {"e", "e\u0301"}, {"m", "\u217f"},
		} {
			address := strings.Replace(v.email, pair[0], pair[1], 1)
			for _, path := range []string{"/auth/users/reset_password/", "/auth/users/resend_activation/", "/auth/users/reset_email/"} {
				h.stranger(t).call("POST", path, fields("email", address)).want(t, http.StatusNoContent, http.StatusBadRequest)
			}
			p := h.stranger(t)
			p.email = address
			p.guess(password).want(t, http.StatusUnauthorized, http.StatusBadRequest).noTokens(t)
			p.call("POST", "/auth/users/", fields("email", address, "password", other)).want(t, http.StatusCreated, http.StatusBadRequest)
		}
	})
}
