package fault_test

import (
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/mail"
	"github.com/cartouche-auth/cartouche/secret"
)

// mailServer words mails for a transport.
func mailServer(t *testing.T, transport mail.Transport) auth.Mailer {
	t.Helper()
	mailer, err := mail.New(mail.Config{
		Transport: transport, From: "noreply@example.com", SiteName: "Example", SiteURL: authtest.Issuer,
		ActivationURL: "a/{uid}/{token}", PasswordResetURL: "p/{uid}/{token}", IdentifierResetURL: "i/{uid}/{token}",
	})
	if err != nil {
		t.Fatal(err)
	}
	return mailer
}

// deadMailServer is an address at which nobody listens any more.
func deadMailServer(t *testing.T) mail.Transport {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	transport, err := mail.Open(secret.NewText("smtp://"+address), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return transport
}

// The mail server is dead, servers crash with mails in their hands, and the store does not answer when they have been sent. The person who asked is told nothing of it,
// and the mail comes: once, or a second time where nobody knows whether it went out, but never not at all.
func TestNoMailIsLost(t *testing.T) {
	t.Parallel()
	authtest.EachStore(t, func(t *testing.T, store auth.Store) {
		t.Helper()
		faults, clock := authtest.NewFaults(store), authtest.NewClock()
		var delivered mail.Memory
		dead, alive := mailServer(t, deadMailServer(t)), mailServer(t, &delivered)
		restart := func(mailer auth.Mailer) *auth.Service {
			return authtest.NewService(t, faults, clock, func(c *auth.Config) { c.Mailer = mailer })
		}
		service := restart(dead)
		if _, err := service.CreateUser(t.Context(), auth.Client{}, auth.NewUser{Username: "ada", Email: "ada@example.com", Password: secret.NewText(password)}); err != nil {
			t.Fatal(err)
		}
		if err := service.RequestPasswordReset(t.Context(), auth.Client{}, "ada@example.com"); err != nil {
			t.Fatalf("while the mail server is dead: %v", err)
		}
		for range 3 {
			if _, err := service.SendMails(t.Context()); err != nil {
				t.Fatal(err)
			}
			clock.Advance(5 * time.Minute) // longer than the pause
		}
		service = crashWithMails(t, service, faults, func() *auth.Service { return restart(alive) })
		if n := len(delivered.All()); n != 0 {
			t.Fatalf("%d mails had gone out before anybody could send", n)
		}
		clock.Advance(5 * time.Minute) // longer than a claim
		for _, fault := range []func(string){faults.FailNext, faults.LoseNext} {
			fault("MailDone")
			_, _ = service.SendMails(t.Context()) // the store fails after the delivery, where there is one
			service = restart(alive)
			clock.Advance(5 * time.Minute)
		}
		if n := len(delivered.All()); n != 2 {
			t.Errorf("the mail was delivered %d times, want twice: once it was not known to be done", n)
		}
		if n, err := service.SendMails(t.Context()); n != 0 || err != nil {
			t.Errorf("afterwards %d mails wait, %v", n, err)
		}
	})
}

// crashWithMails lets servers fail when they claim mails, after the store knows of it and before, and starts others.
func crashWithMails(t *testing.T, service *auth.Service, faults *authtest.Faults, restart func() *auth.Service) *auth.Service {
	t.Helper()
	for _, fault := range []func(string){faults.LoseNext, faults.FailNext} {
		fault("ClaimMails")
		if _, err := service.SendMails(t.Context()); err == nil {
			t.Error("SendMails while the store fails: got no error")
		}
		service = restart()
	}
	return service
}
