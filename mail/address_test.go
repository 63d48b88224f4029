package mail_test

import (
	"bytes"
	"errors"
	netmail "net/mail"
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/mail"
)

func mustRefuse(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, auth.ErrMailRefused) {
		t.Errorf("got error %v, want ErrMailRefused", err)
	}
}

// disguises are texts that some reader takes for another address, or for two.
var disguises = []string{
	"", "@", "a@", "@example.com", "ada", "ada@example.org,a@evil.example", "ada@example.org;a@evil.example", "ada@example.org a@evil.example",
	"ada@example.org\na@evil.example", "ada@example.org\r\nBcc: a@evil.example", "ada@example.org\r", "ada@example.org\n", "\nada@example.org",
	"<a@evil.example>", "A <a@evil.example>", "a@evil.example (ada@example.org)", "(x)a@evil.example", `"ada@example.org"@evil.example`,
	`"ada"@example.org`, "ada@example.org@evil.example", "ada＠example.org", "ada﹫example.org", "ada@example。org", "ada@example．org",
	"a@[127.0.0.1]", "a@[IPv6:::1]", "a@127.0.0.1", "a@10", "ada@example.org.", "ada@.example.org", "ada@example..org", "ada@-a.example",
	"ada@a-.example", "ada@intranet", ".ada@example.org", "ada.@example.org", "a..da@example.org", "ada@example.org\x00", "ada\x00@example.org",
	"ada\u0085@example.org", "ada@example.org\u2028", "ada@exa\u2028mple.org", " ada@example.org", "ada@example.org ", "ada\t@example.org",
	"ad\u0131@example.org", "ada@e\u212Aample.org", "аda@example.org", "ada@bücher.example", "ada:@example.org", "undisclosed:;", "ada\\@example.org",
	"=?utf-8?q?a=40evil.example?= <ada@example.org>", "ada@exam_ple.org", "ada@example.org?cc=a@evil.example", "ada@example.org%0Aa@evil.example",
	strings.Repeat("a", 65) + "@example.org", "ada@" + strings.Repeat("a", 64) + ".example",
	"ada@" + strings.Repeat("abcdefg.", 31) + "example", "\xff@example.org", "mailto:ada@example.org",
}

// TestAddressListsAndDisguises is the attack of CVE-2022-35924, GHSA-7rqj-j65f-68wh and CVE-2026-40574: an address that the look-up reads in one
// way and the mail server in another.
func TestAddressListsAndDisguises(t *testing.T) {
	t.Parallel()
	var memory mail.Memory
	mailer := mustNew(t, config(&memory))
	for _, to := range disguises {
		m := sample(auth.MailPasswordReset)
		m.To = to
		err := mailer.Send(t.Context(), m)
		if !errors.Is(err, auth.ErrMailRefused) {
			t.Errorf("%q: got error %v, want ErrMailRefused", to, err)
		}
		if to != "" && err != nil && len(to) > 5 && strings.Contains(err.Error(), to) {
			t.Errorf("%q: the error quotes the address: %v", to, err)
		}
	}
	if sent := memory.All(); len(sent) > 0 {
		t.Errorf("%d mails were sent", len(sent))
	}
}

func TestPlainAddresses(t *testing.T) {
	t.Parallel()
	var memory mail.Memory
	mailer := mustNew(t, config(&memory))
	longest := strings.Repeat("a", 64) + "@" + strings.Repeat("b", 63) + "." + strings.Repeat("c", 63) + "." + strings.Repeat("d", 61)
	if len(longest) != 254 {
		t.Fatal(len(longest))
	}
	for _, to := range []string{
		"ada@example.org", "Ada.Lovelace+tag@Example.ORG", "o'neil@example.org", "x!#$%&'*+/=?^_`{|}~-@example.org", "a@b.c1", "root@localhost",
		"ada@xn--bcher-kva.example", "1@2.example", longest,
	} {
		m := sample(auth.MailPasswordReset)
		m.To = to
		if err := mailer.Send(t.Context(), m); err != nil {
			t.Errorf("%q: %v", to, err)
			continue
		}
		sent := memory.All()
		mustGoTo(t, written(t, sent[len(sent)-1]), to)
	}
}

// mustGoTo checks that a mail names this recipient and nobody else.
func mustGoTo(t *testing.T, eml []byte, to string) {
	t.Helper()
	m, err := netmail.ReadMessage(bytes.NewReader(eml))
	if err != nil {
		t.Fatal(err)
	}
	list, err := m.Header.AddressList("To")
	if err != nil || len(list) != 1 || list[0].Address != to || list[0].Name != "" {
		t.Errorf("To: got %v (%v), want only %q", list, err, to)
	}
	for name, want := range map[string]int{"To": 1, "Subject": 1, "From": 1, "Message-Id": 1, "Date": 1, "Cc": 0, "Bcc": 0, "Reply-To": 0, "Sender": 0} {
		if got := len(m.Header[name]); got != want {
			t.Errorf("%s: %d times, want %d", name, got, want)
		}
	}
}

func FuzzAddress(f *testing.F) {
	for _, to := range disguises {
		f.Add(to)
	}
	f.Add("ada@example.org")
	f.Add("Ada.Lovelace+tag@Example.ORG")
	var memory mail.Memory
	mailer, err := mail.New(config(&memory))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, to string) {
		m := sample(auth.MailActivation)
		m.To = to
		if err := mailer.Send(t.Context(), m); err != nil {
			mustRefuse(t, err)
			return
		}
		sent, err := memory.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		mustGoTo(t, written(t, sent), to)
		if strings.ContainsFunc(to, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`",:;<>()[]\`, r) }) {
			t.Errorf("%q was taken", to)
		}
	})
}
