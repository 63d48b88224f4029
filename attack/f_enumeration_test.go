package attack_test

import (
	"net/http"
	"strings"
	"testing"
)

func enumerationAttacks() []attack {
	return []attack{
		{id: "F01", what: "who has an account, by the answers to sign-ins", severity: high, against: "R45", test: TestF01LoginAnswers},
		{id: "F02", what: "the same by the time that a sign-in takes", severity: high, against: "R45 R50", elsewhere: "make timing (bench)"},
		{id: "F03", what: "the same with passwords of 0 to 4,097 bytes", severity: high, against: "R45", elsewhere: "make timing (bench)"},
		{id: "F04", what: "who has an account, by the answers to registrations", severity: high, against: "R45 R51", test: TestF04Register},
		{id: "F05", what: "who has an account, by the answers to requests for mails, with the mailer at work and down", severity: high, against: "R45", test: TestF05Reset},
	}
}

// disabled has an account that an operator has shut.
func (h *house) disabled(t *testing.T) *person {
	t.Helper()
	p := h.member(t)
	h.operate(t, "", "user", "disable", p.id)
	return p
}

// withoutPassword has an account and nothing to sign in with.
func (h *house) withoutPassword(t *testing.T) *person {
	t.Helper()
	p := h.stranger(t)
	h.operate(t, "", "user", "create", "--username", p.email, "--email", p.email, "--no-password")
	return p
}

func TestF01LoginAnswers(t *testing.T) {
	t.Parallel()
	h := common(t)
	v, d, u := h.member(t), h.disabled(t), h.unverified(t)
	people := map[string]*person{
		"a wrong password": v, "a disabled user's right password": d, "a disabled user's wrong password": d, "an unproved address": u, "no password": h.withoutPassword(t),
	}
	for _, path := range []string{"/auth/login/", "/auth/jwt/create/", "/accounts/auth/login/"} {
		guess := func(p *person, password string) reply {
			return p.newBrowser().call("POST", path, fields("email", p.email, "password", password))
		}
		nobody := guess(h.stranger(t), other)
		for name, p := range people {
			typed := other
			if strings.Contains(name, "right") {
				typed = p.password
			}
			same(t, path+": "+name, guess(p, typed), nobody)
		}
	}
	from := address() // of somebody who guesses until he has to wait
	for _, p := range []*person{v, h.stranger(t)} {
		p = p.newBrowser()
		p.address = from
		for range 10 {
			p.call("POST", "/auth/jwt/create/", fields("email", p.email, "password", other)).want(t, http.StatusUnauthorized)
		}
		p.call("POST", "/auth/jwt/create/", fields("email", p.email, "password", other)).want(t, http.StatusTooManyRequests)
	}
}

func TestF04Register(t *testing.T) {
	t.Parallel()
	h := common(t)
	v, d := h.member(t), h.disabled(t)
	before := v.rowsOf()
	register := func(email string) reply {
		got := h.stranger(t).call("POST", "/auth/users/", fields("email", email, "password", other))
		got.body = strings.NewReplacer(got.text("id"), "ID", email, "EMAIL").Replace(got.body)
		return got
	}
	alike := func(what, email string) {
		t.Helper()
		fresh := "n" + strings.Repeat("x", len(email)-len("n@example.com")) + "@example.com" // of the same length
		same(t, what, register(email), register(fresh))
	}
	alike("an address that has an account", v.email)
	alike("the address of a disabled user", d.email)
	v.letter("account") // the owner hears of it
	if v.rowsOf() != before {
		t.Error("a registration with his address changed the owner's account")
	}
	if got := register(strings.ToUpper(v.email)); got.status != http.StatusCreated {
		t.Errorf("in capitals: %d %s", got.status, got.body)
	}
	v.refresh().want(t, http.StatusOK)
	v.newBrowser().signIn().want(t, http.StatusOK)
}

func TestF05Reset(t *testing.T) {
	t.Parallel()
	h := common(t)
	v, d, u, n := h.member(t), h.disabled(t), h.unverified(t), h.withoutPassword(t)
	for _, path := range []string{"/auth/users/reset_password/", "/auth/users/resend_activation/", "/auth/users/reset_email/"} {
		ask := func(p *person) reply { return p.newBrowser().call("POST", path, fields("email", p.email)) }
		nobody := ask(h.stranger(t)).want(t, http.StatusNoContent)
		for name, p := range map[string]*person{"a member": v, "a disabled user": d, "an unproved address": u, "no password": n} {
			same(t, path+": "+name, ask(p), nobody)
		}
	}
	// Nobody waits for a mail server, and nobody hears whether it works.
	down := ownHouse(t, "--send-activation-email=false", "--mail", "smtp://127.0.0.1:1")
	someone := down.stranger(t)
	someone.call("POST", "/auth/users/", fields("email", someone.email, "password", password)).want(t, http.StatusCreated)
	ask := func(p *person) reply {
		return p.newBrowser().call("POST", "/auth/users/reset_password/", fields("email", p.email))
	}
	same(t, "a member, without a mail server", ask(someone), ask(down.stranger(t)))
}
