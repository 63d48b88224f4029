package mail_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/mail"
)

func send(t *testing.T, address string) error {
	t.Helper()
	return mustNew(t, config(mustOpen(t, address))).Send(t.Context(), sample(auth.MailPasswordReset))
}

func TestSMTP(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options   serverOptions
		needAuth  bool
		address   string // %s: the server's, then the CA file
		encrypted bool
	}{
		"plain, on this machine":          {address: "smtp://%s"},
		"plain, on this machine, signed":  {address: "smtp://" + urlUser + "@%s", needAuth: true},
		"STARTTLS if offered":             {options: serverOptions{tls: true}, address: "smtp://%s/?ca=%s", encrypted: true},
		"STARTTLS required and signed in": {options: serverOptions{tls: true}, address: "smtp://" + urlUser + "@%s?tls=required&ca=%s", encrypted: true, needAuth: true},
		"offered and not wanted":          {options: serverOptions{tls: true}, address: "smtp://%s?tls=none"},
		"TLS from the first byte":         {options: serverOptions{implicit: true}, address: "smtps://" + urlUser + "@%s?ca=%s", encrypted: true, needAuth: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := (&server{needAuth: c.needAuth}).start(t, c.options)
			address := strings.Replace(strings.Replace(c.address, "%s", s.address, 1), "%s", s.ca, 1)
			if err := send(t, address); err != nil {
				t.Fatal(err)
			}
			messages := s.received()
			if len(messages) != 1 || len(s.recipients) != 1 || s.recipients[0] != "ada@example.org" || s.from[0] != "noreply@example.com" {
				t.Fatalf("server got %d messages, from %q, to %q", len(messages), s.from, s.recipients)
			}
			mustGoTo(t, []byte(messages[0]), "ada@example.org")
			if got := len(s.encrypted) == 1; got != c.encrypted {
				t.Errorf("encrypted: got %v, want %v", got, c.encrypted)
			}
		})
	}
}

// TestSTARTTLSStripping is the attack of leaving STARTTLS out of the server's greeting, so that the client goes on in the clear.
func TestSTARTTLSStripping(t *testing.T) {
	t.Parallel()
	s := new(server).start(t, serverOptions{})
	err := send(t, "smtp://"+urlUser+"@"+s.address+"?tls=required")
	if err == nil || errors.Is(err, auth.ErrMailRefused) || len(s.from) > 0 {
		t.Errorf("got error %v, and mails from %q", err, s.from)
	}
	for address, want := range map[string]string{
		"smtp://mail.example.com":                     "587 false TLSMandatory",
		"smtp://localhost.example.com:25":             "25 false TLSMandatory",
		"smtp://mail.localhost":                       "587 false TLSMandatory",
		"smtp://127.0.0.1.example.com":                "587 false TLSMandatory",
		"smtp://192.0.2.1:2525?tls=required":          "2525 false TLSMandatory",
		"smtp://localhost:1025":                       "1025 false TLSOpportunistic",
		"smtp://[::1]:1025":                           "1025 false TLSOpportunistic",
		"smtp://127.9.9.9:1025?tls=none":              "1025 false NoTLS",
		"smtps://relay:password@mail.example.com":     "465 true TLSMandatory",
		"smtps://relay:password@mail.example.com:587": "587 true TLSMandatory",
	} {
		port, implicit, policy := mail.SecurityOf(mustOpen(t, address))
		if got := fmt.Sprintf("%d %v %s", port, implicit, policy); got != want {
			t.Errorf("%s: got %s, want %s", address, got, want)
		}
	}
}

// TestServerOfSomebodyElse is the attack of answering in the mail server's place with a certificate that nobody has vouched for.
func TestServerOfSomebodyElse(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]serverOptions{"smtp": {tls: true}, "smtps": {implicit: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := new(server).start(t, o)
			err := send(t, name+"://"+urlUser+"@"+s.address)
			if err == nil || errors.Is(err, auth.ErrMailRefused) || !strings.Contains(err.Error(), "certificate") || len(s.from) > 0 {
				t.Errorf("got error %v, and mails from %q", err, s.from)
			}
		})
	}
}

func TestAnswersOfTheServer(t *testing.T) {
	t.Parallel()
	answer := func(code int, a, b, c int) error {
		return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{a, b, c}, Message: "no ada@example.org, no " + token}
	}
	for name, c := range map[string]struct {
		server  *server
		refused bool
		says    string
	}{
		"recipient unknown":         {&server{onRcpt: answer(550, 5, 1, 1)}, true, "550 5.1.1"},
		"recipient's syntax":        {&server{onRcpt: answer(501, 5, 1, 3)}, true, "501 5.1.3"},
		"recipient busy":            {&server{onRcpt: answer(450, 4, 2, 1)}, false, "450 4.2.1"},
		"mailbox full for now":      {&server{onRcpt: answer(452, 4, 2, 2)}, false, "452 4.2.2"},
		"mail looks like spam":      {&server{onData: answer(554, 5, 7, 1)}, true, "554 5.7.1"},
		"mail not taken now":        {&server{onData: answer(451, 4, 3, 0)}, false, "451 4.3.0"},
		"sender refused":            {&server{onMail: answer(550, 5, 7, 1)}, false, "550 5.7.1"},
		"sender not now":            {&server{onMail: answer(421, 4, 3, 2)}, false, "421 4.3.2"},
		"must sign in":              {&server{needAuth: true}, false, "530 5.7.0"},
		"must sign in first, late":  {&server{onRcpt: answer(530, 5, 7, 0)}, false, "530 5.7.0"},
		"command out of its order":  {&server{onRcpt: answer(503, 5, 5, 1)}, false, "503 5.5.1"},
		"policy wants encryption":   {&server{onRcpt: answer(538, 5, 7, 11)}, false, "538 5.7.11"},
		"recipient moved, for good": {&server{onRcpt: answer(551, 5, 1, 6)}, true, "551 5.1.6"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := c.server.start(t, serverOptions{})
			err := send(t, "smtp://"+s.address)
			if err == nil || errors.Is(err, auth.ErrMailRefused) != c.refused {
				t.Fatalf("got error %v, want refused for good: %v", err, c.refused)
			}
			if !strings.Contains(err.Error(), c.says) {
				t.Errorf("%q does not say %s", err, c.says)
			}
			for _, hidden := range []string{token, "ada@example.org"} {
				if strings.Contains(err.Error(), hidden) {
					t.Errorf("error quotes the server's %q: %v", hidden, err)
				}
			}
		})
	}
}

// TestPasswordInErrors is the attack of reading the relay's password in a log: the server of this test repeats it.
func TestPasswordInErrors(t *testing.T) {
	t.Parallel()
	s := (&server{needAuth: true}).start(t, serverOptions{})
	err := send(t, "smtp://relay%40example.com:hunter2hunter2@"+s.address)
	if err == nil || errors.Is(err, auth.ErrMailRefused) || !strings.Contains(err.Error(), "535") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got error %v", err)
	}
	for _, challenges := range []string{"aHVudGVyMmh1bnRlcjI=", "AHJlbGF5AGh1bnRlcjJodW50ZXIy"} { // what a LOGIN server may send back
		address := rawServer(t, func(c net.Conn) { speakLogin(c, challenges) })
		err := send(t, "smtp://relay:hunter2hunter2@"+address)
		if err == nil || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), challenges) {
			t.Errorf("got error %v", err)
		}
	}
}

// speakLogin is a server that offers AUTH LOGIN and never has enough.
func speakLogin(c net.Conn, challenge string) {
	lines := bufio.NewScanner(c)
	fmt.Fprint(c, "220 localhost\r\n")
	for lines.Scan() {
		switch line := lines.Text(); {
		case strings.HasPrefix(line, "EHLO"):
			fmt.Fprint(c, "250-localhost\r\n250 AUTH LOGIN\r\n")
		case line == "QUIT":
			fmt.Fprint(c, "221 bye\r\n")
			return
		default:
			fmt.Fprintf(c, "334 %s\r\n", challenge)
		}
	}
}

func TestConnectionsThatBreak(t *testing.T) {
	t.Parallel()
	for name, dialogue := range map[string][]string{ // what the server says first, and to each line; then it hangs up
		"at once":                    {},
		"after the greeting":         {"220 localhost\r\n"},
		"not SMTP":                   {"HTTP/1.1 400 Bad Request\r\n"},
		"busy":                       {"554 no service here ada@example.org\r\n"},
		"after the sender":           {"220 localhost\r\n", "250 localhost\r\n", "250 ok\r\n"},
		"while the mail is sent":     {"220 localhost\r\n", "250 localhost\r\n", "250 ok\r\n", "250 ok\r\n", "354 go on\r\n"},
		"in the middle of an answer": {"220 localhost\r\n", "250 localhost\r\n", "250 ok\r\n", "55"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := rawServer(t, func(c net.Conn) {
				lines := bufio.NewScanner(c)
				for i, answer := range dialogue {
					if i > 0 && !lines.Scan() {
						return
					}
					fmt.Fprint(c, answer)
				}
			})
			err := send(t, "smtp://"+address)
			if err == nil || errors.Is(err, auth.ErrMailRefused) {
				t.Errorf("got error %v, want one that may be tried again", err)
			}
			if err != nil && strings.Contains(err.Error(), "ada@example.org") {
				t.Errorf("error quotes the server: %v", err)
			}
		})
	}
}

// TestDeliveredAndThenBroken: once the server has taken a mail, an error would only deliver it twice.
func TestDeliveredAndThenBroken(t *testing.T) {
	t.Parallel()
	address := rawServer(t, func(c net.Conn) {
		lines := bufio.NewScanner(c)
		fmt.Fprint(c, "220 localhost\r\n")
		for lines.Scan() && lines.Text() != "DATA" {
			fmt.Fprint(c, "250 ok\r\n")
		}
		fmt.Fprint(c, "354 go on\r\n")
		for lines.Scan() && lines.Text() != "." {
			continue
		}
		fmt.Fprint(c, "250 taken\r\n") // and no answer to QUIT
	})
	if err := send(t, "smtp://"+address); err != nil {
		t.Error(err)
	}
}

func TestServerThatHangs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ scheme, greeting string }{
		"before the greeting": {"smtp", ""}, "after the greeting": {"smtp", "220 localhost\r\n"}, "before the handshake": {"smtps", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			heard := make(chan struct{}, 2)
			address := rawServer(t, func(conn net.Conn) {
				fmt.Fprint(conn, c.greeting)
				heard <- struct{}{}
				_, _ = io.Copy(io.Discard, conn)
			})
			transport := mustOpen(t, c.scheme+"://"+address)
			mailer := mustNew(t, config(transport))
			ctx, cancel := context.WithCancel(t.Context())
			go func() { <-heard; cancel() }()
			if err := mailer.Send(ctx, sample(auth.MailActivation)); !errors.Is(err, context.Canceled) {
				t.Errorf("cancelled: got error %v", err)
			}
			mail.ShortenTimeouts(transport, 30*time.Millisecond)
			if err := mailer.Send(t.Context(), sample(auth.MailActivation)); err == nil || errors.Is(err, auth.ErrMailRefused) {
				t.Errorf("timed out: got error %v", err)
			}
		})
	}
	if connect, whole := mail.TimeoutsOf(mustOpen(t, "smtp://localhost")); connect != 10*time.Second || whole != 30*time.Second {
		t.Errorf("timeouts: %s, %s", connect, whole)
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if err := send(t, "smtp://"+urlUser+"@"+address); err == nil || errors.Is(err, auth.ErrMailRefused) || !strings.Contains(err.Error(), address) {
		t.Errorf("got error %v", err)
	}
}
