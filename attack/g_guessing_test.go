package attack_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

func guessAttacks() []attack {
	return []attack{
		{id: "G01", what: "guessing at one account from one source", severity: high, against: "R46 R47", test: TestG01OneAccountOneSource},
		{id: "G05", what: "made-up headers that name another source", severity: critical, against: "R46 R62", test: TestG05HeaderSpoofing},
		{id: "G07", what: "another IPv6 address, or another spelling of one, for every guess", severity: high, against: "R46 R62", test: TestG07AddressRotation},
		{id: "G08", what: "another spelling of the account for every guess", severity: high, against: "R46 R55", test: TestG08IdentifierSpelling},
		{id: "G09", what: "200 guesses at once", severity: high, against: "R46 R47", test: TestG09ParallelBurst},
		{id: "G10", what: "guessing where a password is asked for again", severity: high, against: "R25 R46 R50", test: TestG10SideDoors},
	}
}

// allowed is how many wrong guesses one source has at one account.
const allowed = 10

// guess tries a password as a program does.
func (p *person) guess(password string, headers ...string) reply {
	p.Helper()
	return p.call("POST", "/auth/jwt/create/", fields("email", p.email, "password", password), headers...)
}

// waits wants a guess refused because there were too many, and honest about how long.
func (r reply) waits(t *testing.T) {
	t.Helper()
	seconds, err := strconv.Atoi(r.want(t, http.StatusTooManyRequests).header.Get("Retry-After"))
	if err != nil || seconds < 1 || seconds > 3600 {
		t.Errorf("Retry-After %q", r.header.Get("Retry-After"))
	}
	r.noTokens(t)
}

func TestG01OneAccountOneSource(t *testing.T) {
	t.Parallel()
	h := ownHouse(t)
	v := h.member(t)
	a := v.newBrowser()
	for range allowed {
		a.guess(other).want(t, http.StatusUnauthorized)
	}
	before := h.hashes(t)
	for range rounds(40, 190) {
		a.guess(other).waits(t)
	}
	a.guess(password).waits(t) // nobody learns that this one is right
	if done := h.hashes(t) - before; done != 0 {
		t.Errorf("%.0f hashes were made for guesses that were refused", done)
	}
	v.newBrowser().signIn().want(t, http.StatusOK) // the owner is elsewhere
}

func TestG05HeaderSpoofing(t *testing.T) {
	t.Parallel()
	h := ownHouse(t, "--trusted-proxies", "192.0.2.1")
	v := h.member(t)
	headers := []string{
		"X-Forwarded-For", "X-Real-IP", "Forwarded", "True-Client-IP", "CF-Connecting-IP", "X-Client-IP", "X_Forwarded_For", "X-Cluster-Client-IP", "Via",
		"Fastly-Client-IP", "X-Original-Forwarded-For", "X-Remote-Addr", "Remote-Addr",
	}
	for i := range allowed {
		value := address()
		if headers[i] == "Forwarded" {
			value = "for=" + value
		}
		v.guess(other, headers[i], value).want(t, http.StatusUnauthorized)
	}
	for _, name := range headers {
		v.guess(other, name, address()).waits(t)
		v.guess(other, name, "127.0.0.1, "+address()).waits(t)
	}
}

func TestG07AddressRotation(t *testing.T) {
	t.Parallel()
	h := common(t)
	n := numbers.Add(1)
	network := fmt.Sprintf("2001:db8:%x:%x", n>>16, n&0xffff)
	t.Run("one network", func(t *testing.T) {
		v := h.member(t).newBrowser()
		for i := range 40 {
			got := v.guess(other, "X-Forwarded-For", fmt.Sprintf("%s:ffff::%x", network, 1+i*77))
			if i >= allowed {
				got.waits(t)
			} else {
				got.want(t, http.StatusUnauthorized)
			}
		}
		v.guess(other, "X-Forwarded-For", strings.ToUpper(network)+":FFFF:0000:0000:0001").waits(t)
		v.guess(other, "X-Forwarded-For", network+":ffff:0:0:1%eth0").waits(t)
		v.guess(other, "X-Forwarded-For", "["+network+":ffff::9]:4711").waits(t)
	})
	t.Run("mapped", func(t *testing.T) {
		v := h.member(t).newBrowser()
		for i := range allowed {
			v.guess(other, "X-Forwarded-For", []string{v.address, "::ffff:" + v.address}[i%2]).want(t, http.StatusUnauthorized)
		}
		v.guess(other).waits(t)
		v.guess(other, "X-Forwarded-For", "::ffff:"+v.address).waits(t)
		v.guess(other, "X-Forwarded-For", address()+", "+v.address).waits(t) // what stands further left is the client's own word
	})
}

func TestG08IdentifierSpelling(t *testing.T) {
	t.Parallel()
	v := common(t).member(t).newBrowser()
	name, _, _ := strings.Cut(v.email, "@")
	spellings := []string{
		v.email, strings.ToUpper(v.email), " " + v.email, v.email + " ", v.email + ".", name + "@EXAMPLE.com", "\t" + v.email, v.email + "\u00a0", strings.ToUpper(name) + "@example.com",
		strings.ReplaceAll(v.email, "p", "\uff50"),
	}
	for i := range allowed {
		v.call("POST", "/auth/jwt/create/", fields("email", spellings[i], "password", other)).want(t, http.StatusUnauthorized, http.StatusBadRequest)
	}
	waiting := 0
	for _, spelling := range spellings {
		if got := v.call("POST", "/auth/jwt/create/", fields("email", spelling, "password", other)); got.status == http.StatusTooManyRequests {
			waiting++
		}
	}
	v.guess(other).waits(t)
	if waiting < len(spellings) {
		t.Errorf("only %d of %d spellings wait", waiting, len(spellings))
	}
}

func TestG09ParallelBurst(t *testing.T) {
	t.Parallel()
	h := ownHouse(t)
	v := h.member(t)
	burst := func(from func() string) float64 {
		before := h.hashes(t)
		for _, got := range atOnce(200, func(int) reply {
			p := v.newBrowser()
			p.address, p.hurried = from(), true
			return p.guess(other)
		}) {
			got.want(t, http.StatusUnauthorized, http.StatusTooManyRequests, http.StatusServiceUnavailable).noTokens(t)
		}
		return h.hashes(t) - before
	}
	one := address()
	if done := burst(func() string { return one }); done > allowed {
		t.Errorf("from one source, %.0f guesses were compared, want at most %d", done, allowed)
	}
	if done := burst(address); done > 50 {
		t.Errorf("from many sources, %.0f guesses were compared, want at most 50", done)
	}
}

func TestG10SideDoors(t *testing.T) {
	t.Parallel()
	h := common(t)
	doors := map[string]func(p *person) reply{
		"sign-in": func(p *person) reply { return p.guess(other) },
		"token": func(p *person) reply {
			return p.call("POST", "/auth/token/login/", fields("email", p.email, "password", other))
		},
		"cookie": func(p *person) reply {
			return p.call("POST", "/accounts/auth/login/", fields("email", p.email, "password", other))
		},
		"password": func(p *person) reply {
			return p.call("POST", "/auth/users/set_password/", fields("current_password", other, "new_password", "a third horse battery"), "Authorization", "Bearer "+p.access)
		},
		"address": func(p *person) reply {
			return p.call("POST", "/auth/users/set_email/", fields("current_password", other, "new_email", "a@evil.example"), "Authorization", "Bearer "+p.access)
		},
		"deletion": func(p *person) reply {
			return p.call("DELETE", "/auth/users/me/", fields("current_password", other), "Authorization", "Bearer "+p.access)
		},
	}
	for name, door := range doors {
		t.Run(name, func(t *testing.T) {
			v := h.member(t)
			v.address = address()
			for range allowed {
				door(v).want(t, http.StatusUnauthorized, http.StatusBadRequest, http.StatusForbidden)
			}
			for _, next := range doors {
				next(v).waits(t)
			}
		})
	}
}
