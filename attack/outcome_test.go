package attack_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/internal/process"
)

// rowsOf is everything that the store holds of a person, and how many mails he got.
func (p *person) rowsOf() string {
	p.Helper()
	p.settle()
	return p.rows(p.T, "SELECT * FROM users WHERE id = ?", p.id) +
		p.rows(p.T, "SELECT * FROM sessions WHERE user_id = ? ORDER BY id", p.id) +
		p.rows(p.T, "SELECT * FROM opaque_tokens WHERE session_id IN (SELECT id FROM sessions WHERE user_id = ?) ORDER BY hash", p.id) +
		p.rows(p.T, "SELECT * FROM one_time_tokens WHERE user_id = ? ORDER BY purpose", p.id) +
		fmt.Sprintf("mails=%d\n", len(p.mailsTo(p.email)))
}

// settle waits until no mail to the person is on its way.
func (p *person) settle() {
	p.Helper()
	p.until("a mail to be delivered", func() bool { return p.rows(p.T, "SELECT seq FROM mails WHERE user_id = ?", p.id) == "" })
}

// until asks until something is so.
func (p *person) until(what string, so func() bool) {
	p.Helper()
	p.house.until(p.T, what, so)
}

// until asks until something is so.
func (*house) until(t *testing.T, what string, so func() bool) {
	t.Helper()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	patience := time.After(process.Patience)
	for !so() {
		select {
		case <-again.C:
		case <-patience:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// untouched wants an attack to change nothing: no row, no mail; the session goes on, and the password still signs in.
func (p *person) untouched(attack func()) {
	p.Helper()
	before := p.rowsOf()
	attack()
	if after := p.rowsOf(); after != before {
		p.Errorf("the attack changed something; before:\n%s\nafter:\n%s", before, after)
	}
	p.refresh().want(p.T, http.StatusOK)
	p.newBrowser().signIn().want(p.T, http.StatusOK)
}

// noTokens wants an answer that hands out nothing: no token in its body, and no cookie that signs anybody in. The CSRF cookie and that of a known device
// do not.
func (r reply) noTokens(t *testing.T) {
	t.Helper()
	for _, sign := range []string{"eyJ", `"access":`, `"refresh":`, `"auth_token":`} {
		if strings.Contains(r.body, sign) {
			t.Errorf("the answer holds a token: %d %s", r.status, r.body)
		}
	}
	for _, c := range r.cookies {
		if c.MaxAge >= 0 && c.Name != "__Host-csrf" && c.Name != "__Host-Http-device" {
			t.Errorf("the answer sets the cookie %s", c)
		}
	}
}

// whole is an answer without what differs in every answer.
func (r reply) whole() string {
	var lines []string
	for name, values := range r.header {
		if name != "Date" && name != "X-Request-Id" {
			lines = append(lines, name+": "+strings.Join(values, " | "))
		}
	}
	slices.Sort(lines)
	return fmt.Sprintf("%d\n%s\n\n%s", r.status, strings.Join(lines, "\n"), r.body)
}

// same wants answers that a stranger cannot tell apart.
func same(t *testing.T, what string, got, want reply) {
	t.Helper()
	if got.whole() != want.whole() {
		t.Errorf("%s is answered otherwise:\n%s\n\nnot\n\n%s", what, got.whole(), want.whole())
	}
}

const (
	fastTime   = 50 * time.Millisecond
	fastMemory = 20 << 20
)

// fast wants an attack that costs the server next to nothing. Others use the machine too, so the best of some tries counts.
func (p *person) fast(what string, attack func() reply) {
	p.Helper()
	var best time.Duration
	for try := range 5 {
		id := attack().header.Get("X-Request-Id")
		if id == "" { // the server hung up before it was a request
			return
		}
		if took := p.took(p.T, id); try == 0 || took < best {
			best = took
		}
		if best < fastTime {
			return
		}
	}
	p.Errorf("%s: took %s", what, best)
}

// lean wants an attack that leaves the server's memory alone.
func (p *person) lean(attack func()) {
	p.Helper()
	const resident = "process_resident_memory_bytes"
	before := p.metric(p.T, resident)
	attack()
	if grown := p.metric(p.T, resident) - before; grown > fastMemory {
		p.Errorf("the server grew by %.0f MiB", grown/(1<<20))
	}
}
