package httpapi_test

import (
	"strings"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/httpapi"
	"github.com/cartouche-auth/cartouche/secret"
)

func withNotices(c *auth.Config) {
	c.Accounts.NotifyNewDevice, c.Accounts.NotifySessionEnded = true, true
}

const (
	firefoxLinux = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
	chromePhone  = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36"
)

// signInFrom signs alice in from an address with a program.
func (m *mailbox) signInFrom(address, agent string) auth.Grant {
	m.t.Helper()
	g, err := m.svc.Login(m.t.Context(), auth.Client{Address: address, UserAgent: agent},
		auth.Login{Identifier: "alice", Password: secret.NewText(alicePassword)})
	if err != nil {
		m.t.Fatalf("Login: %v", err)
	}
	return g
}

func TestNewDevice(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, httpapi.Config{}, withNotices)
	m.signInFrom("192.0.2.1", firefoxLinux)
	m.wantSent() // the first session of an account
	m.signInFrom("192.0.2.200", strings.ReplaceAll(firefoxLinux, "145", "146"))
	m.wantSent() // a newer version, and another address of the network
	m.signInFrom("192.0.2.1", chromePhone)
	m.wantSent(auth.MailNewDevice)
	body := m.kept.All()[0].Text.Reveal()
	for _, want := range []string{"Chrome on Android", "192.0.2.1", "1 January 2026, 12:00 UTC", mailSite} {
		if !strings.Contains(body, want) {
			t.Errorf("the mail does not say %q:\n%s", want, body)
		}
	}
	m.signInFrom("203.0.113.9", chromePhone)
	m.wantSent(auth.MailNewDevice, auth.MailNewDevice) // another network
	m.signInFrom("203.0.113.9", firefoxLinux)
	m.wantSent(auth.MailNewDevice, auth.MailNewDevice) // both are known, though not together
}

// Whoever comes back after everything about him was forgotten is no new account: that his password works after months is worth a word.
func TestNewDeviceAfterLongSilence(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, httpapi.Config{}, withNotices)
	m.signInFrom("192.0.2.1", firefoxLinux)
	m.clock.Advance(200 * 24 * time.Hour)
	if _, err := m.svc.Prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	m.signInFrom("192.0.2.1", firefoxLinux)
	m.wantSent(auth.MailNewDevice)
}

// Strangers write the User-Agent: none of their words reaches the owner's mail (message injection).
func TestNewDeviceShowsNoWordOfTheStranger(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, httpapi.Config{}, withNotices)
	m.signInFrom("192.0.2.1", firefoxLinux)
	m.signInFrom("192.0.2.1", "<script>alert(1)</script> call 555-0199 Firefox/1")
	m.wantSent(auth.MailNewDevice)
	message := m.kept.All()[0]
	if all := message.Subject + message.Text.Reveal() + message.HTML.Reveal(); strings.Contains(all, "555") || strings.Contains(all, "alert") {
		t.Errorf("the mail has the stranger's words:\n%s", all)
	}
}

// Who signs in from a hundred networks cannot fill a mailbox with notices (mail bombing).
func TestNewDeviceMailsAreBounded(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, httpapi.Config{}, withNotices, func(c *auth.Config) { c.Limits = auth.LimitsOn })
	for _, network := range []string{"10.1", "10.2", "10.3", "10.4", "10.5", "10.6", "10.7"} {
		m.signInFrom(network+".0.1", firefoxLinux)
	}
	m.wantSent(auth.MailNewDevice, auth.MailNewDevice, auth.MailNewDevice)
}

func TestNoNoticeWithoutTheSetting(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, httpapi.Config{})
	m.signInFrom("192.0.2.1", firefoxLinux)
	other := m.signInFrom("203.0.113.1", chromePhone)
	if err := m.svc.RevokeSession(t.Context(), auth.Client{}, other.Session.ID); err != nil {
		t.Fatal(err)
	}
	m.wantSent()
}

// A wrong password queues nothing: only who proved it causes a notice.
func TestWrongPasswordSendsNoNotice(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, httpapi.Config{}, withNotices)
	m.signInFrom("192.0.2.1", firefoxLinux)
	m.post("/auth/jwt/create/", `{"username":"alice","password":"wrong horse 1"}`)
	m.wantSent()
}

func TestSessionEndedMails(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, httpapi.Config{}, func(c *auth.Config) { c.Accounts.NotifySessionEnded = true })
	here, there, third := m.signInFrom("192.0.2.1", firefoxLinux), m.signInFrom("192.0.2.1", chromePhone), m.signInFrom("192.0.2.1", firefoxLinux)
	mine := []string{"Authorization", "Bearer " + here.Access.Reveal()}
	last := func() string {
		all := m.kept.All()
		return strings.Join(strings.Fields(all[len(all)-1].Text.Reveal()), " ")
	}
	m.call("DELETE", "/auth/sessions/"+there.Session.ID.String()+"/", "", mine...).want(204, "")
	m.wantSent(auth.MailSessionEnded)
	if text := last(); !strings.Contains(text, "ended from another device") || !strings.Contains(text, "Chrome on Android") {
		t.Errorf("ended from another device: got %s", text)
	}
	if err := m.svc.RevokeSession(t.Context(), auth.Client{}, third.Session.ID); err != nil {
		t.Fatal(err)
	}
	m.wantSent(auth.MailSessionEnded, auth.MailSessionEnded)
	if text := last(); !strings.Contains(text, "ended by an operator") {
		t.Errorf("ended by an operator: got %s", text)
	}
	m.post("/auth/sessions/revoke_others/", "", mine...).want(200, `{"ended":0}`)
	m.call("DELETE", "/auth/sessions/"+here.Session.ID.String()+"/", "", mine...).want(204, "")
	m.wantSent(auth.MailSessionEnded, auth.MailSessionEnded) // nobody else's doing
}
