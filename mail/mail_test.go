package mail_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/mail"
	"github.com/cartouche-auth/cartouche/secret"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const token = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_abcde"

var kinds = []auth.MailKind{
	auth.MailActivation, auth.MailConfirmation, auth.MailPasswordReset, auth.MailPasswordChanged, auth.MailIdentifierReset,
	auth.MailIdentifierChanged, auth.MailAddressChanged, auth.MailRegistrationAttempt, auth.MailNewDevice, auth.MailSessionEnded,
	auth.MailSessionCompromised,
}

func config(transport mail.Transport) mail.Config {
	return mail.Config{
		Transport: transport, From: "Example <noreply@example.com>", SiteName: "Example", SiteURL: "https://app.example.com",
		ActivationURL: "#/activate/{uid}/{token}", PasswordResetURL: "/reset/{uid}/{token}",
		IdentifierResetURL: "https://accounts.example.com/username?uid={uid}&token={token}",
		DevicesURL:         "https://app.example.com/auth/devices/",
		Places:             func(address string) string { return map[string]string{"203.0.113.9": "Oslo, Norway"}[address] },
	}
}

func sample(kind auth.MailKind) auth.Mail {
	return auth.Mail{
		Kind: kind, To: "ada@example.org", UID: "MQ", Token: secret.NewText(token),
		User: auth.User{Username: "ada", Email: "ada@example.org", FirstName: "Ada", LastName: "Lovelace"},
		Client: auth.Client{
			Address: "203.0.113.9", UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
		},
		Reason: auth.EndedByUser,
		At:     time.Date(2026, 3, 2, 14, 5, 6, 0, time.UTC),
	}
}

func mustNew(t *testing.T, c mail.Config) *mail.Mailer {
	t.Helper()
	m, err := mail.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// compose sends one mail into memory and gives it back.
func compose(t *testing.T, c mail.Config, m auth.Mail) mail.Message {
	t.Helper()
	var memory mail.Memory
	c.Transport = &memory
	if err := mustNew(t, c).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	message, err := memory.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return message
}

func written(t *testing.T, m mail.Message) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := m.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// parts reads a mail as a mail program would: its header and its decoded bodies by content type.
func parts(t *testing.T, eml []byte) (netmail.Header, map[string]string) {
	t.Helper()
	m, err := netmail.ReadMessage(bytes.NewReader(eml))
	if err != nil {
		t.Fatal(err)
	}
	kind, parameters, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("content type %q: %v", kind, err)
	}
	bodies := map[string]string{}
	reader := multipart.NewReader(m.Body, parameters["boundary"])
	for {
		p, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return m.Header, bodies
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(p)
		if err != nil {
			t.Fatal(err)
		}
		bodies[p.Header.Get("Content-Type")] = strings.ReplaceAll(string(body), "\r\n", "\n")
	}
}

var boundary = regexp.MustCompile(`boundary=([0-9a-f]+)`)

func TestGolden(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			eml := written(t, compose(t, config(nil), sample(kind)))
			found := boundary.FindSubmatch(eml)
			if found == nil {
				t.Fatalf("no boundary in\n%s", eml)
			}
			got := bytes.ReplaceAll(eml, found[1], []byte("BOUNDARY"))
			path := filepath.Join("testdata", string(kind)+".eml")
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("mail changed (-want +got), rewrite with -update:\n%s", diff)
			}
		})
	}
}

func TestSubjects(t *testing.T) {
	t.Parallel()
	want := map[auth.MailKind]string{
		auth.MailActivation:          "Account activation on Example",
		auth.MailConfirmation:        "Example - account created and activated",
		auth.MailPasswordReset:       "Password reset on Example",
		auth.MailPasswordChanged:     "Example - password changed",
		auth.MailIdentifierReset:     "Username reset on Example",
		auth.MailIdentifierChanged:   "Example - username changed",
		auth.MailAddressChanged:      "Example - email address changed",
		auth.MailRegistrationAttempt: "Example - you already have an account",
		auth.MailNewDevice:           "Example - sign-in from a new device",
		auth.MailSessionEnded:        "Example - signed out",
		auth.MailSessionCompromised:  "Example - session ended for your safety",
	}
	for _, kind := range kinds {
		if got := compose(t, config(nil), sample(kind)).Subject; got != want[kind] {
			t.Errorf("%s: got subject %q, want %q", kind, got, want[kind])
		}
	}
	byEmail := config(nil)
	byEmail.LoginField = auth.LoginByEmail
	if got := compose(t, byEmail, sample(auth.MailIdentifierReset)).Subject; got != "Email address reset on Example" {
		t.Errorf("sign-in by address: got subject %q", got)
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	m := compose(t, config(nil), sample(auth.MailPasswordReset))
	header, bodies := parts(t, written(t, m))
	want := map[string]string{
		"From": `"Example" <noreply@example.com>`, "To": "<ada@example.org>", "Date": "Mon, 02 Mar 2026 14:05:06 +0000",
		"Auto-Submitted": "auto-generated", "Mime-Version": "1.0", "Message-Id": "<" + m.ID + ">", "Cc": "", "Bcc": "",
	}
	for name, value := range want {
		if got := header.Get(name); got != value {
			t.Errorf("%s: got %q, want %q", name, got, value)
		}
	}
	if !strings.HasSuffix(m.ID, "@example.com") {
		t.Errorf("Message-ID %q is not on the sender's domain", m.ID)
	}
	for _, kind := range []string{"text/plain; charset=UTF-8", "text/html; charset=UTF-8"} {
		if !strings.Contains(bodies[kind], "https://app.example.com/reset/MQ/"+token) {
			t.Errorf("%s: no link in\n%s", kind, bodies[kind])
		}
	}
	if !strings.Contains(bodies["text/plain; charset=UTF-8"], "your username is ada") {
		t.Error("the reset does not say the username")
	}
}

// TestMessageIDOfATryRepeated: a mail that was delivered although we saw an error must look like the same mail when it comes again.
func TestMessageIDOfATryRepeated(t *testing.T) {
	t.Parallel()
	first, again := compose(t, config(nil), sample(auth.MailActivation)), compose(t, config(nil), sample(auth.MailActivation))
	if first.ID != again.ID {
		t.Errorf("two tries, two ids: %q and %q", first.ID, again.ID)
	}
	other := sample(auth.MailActivation)
	other.Token = secret.NewText("other")
	if got := compose(t, config(nil), other); got.ID == first.ID {
		t.Error("two mails, one id")
	}
}

func TestTextFitsInto72Columns(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		m := sample(kind)
		m.User.Username = strings.Repeat("long-name.", 5)
		for line := range strings.Lines(compose(t, config(nil), m).Text.Reveal()) {
			if line = strings.TrimRight(line, "\n"); len(line) > 72 && strings.Contains(line, " ") {
				t.Errorf("%s: %d columns: %q", kind, len(line), line)
			}
		}
	}
}

// TestTrackingAndRemoteContent: a mail that loads anything tells somebody that it was read.
func TestTrackingAndRemoteContent(t *testing.T) {
	t.Parallel()
	address := regexp.MustCompile(`https?://[^\s"<>]+`)
	for _, kind := range kinds {
		body := compose(t, config(nil), sample(kind)).HTML.Reveal()
		for _, loads := range []string{"<img", "<link", "<script", "<iframe", "url(", "@import", "src=", "<form"} {
			if strings.Contains(body, loads) {
				t.Errorf("%s: has %q", kind, loads)
			}
		}
		for _, a := range address.FindAllString(body, -1) {
			if !strings.HasPrefix(a, "https://app.example.com") && !strings.HasPrefix(a, "https://accounts.example.com/username?uid=MQ&amp;token=") {
				t.Errorf("%s: foreign address %s", kind, a)
			}
		}
		if len(body) > 4<<10 {
			t.Errorf("%s: %d bytes of HTML", kind, len(body))
		}
	}
}

func TestRefusedMails(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*auth.Mail){
		"unknown kind":  func(m *auth.Mail) { m.Kind = "newsletter\r\nBcc: a@evil.example" },
		"no token":      func(m *auth.Mail) { m.Token = secret.Text{} },
		"no uid":        func(m *auth.Mail) { m.UID = "" },
		"no recipient":  func(m *auth.Mail) { m.To = "" },
		"two addresses": func(m *auth.Mail) { m.To = "ada@example.org,a@evil.example" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var memory mail.Memory
			m := sample(auth.MailActivation)
			change(&m)
			mustRefuse(t, mustNew(t, config(&memory)).Send(t.Context(), m))
			if sent := memory.All(); len(sent) > 0 {
				t.Errorf("sent %v", sent)
			}
		})
	}
}

// TestTokensInLogs: neither our own log lines nor a message that somebody logs show the token.
func TestTokensInLogs(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var memory mail.Memory
	c := config(&memory)
	c.Logger = logger
	if err := mustNew(t, c).Send(context.Background(), sample(auth.MailPasswordReset)); err != nil {
		t.Fatal(err)
	}
	logger.Info("message", "message", memory.All()[0])
	for _, hidden := range []string{token, "ada@example.org"} {
		if strings.Contains(out.String(), hidden) {
			t.Errorf("log shows %q: %s", hidden, &out)
		}
	}
	if strings.Count(out.String(), `"password_reset"`) != 2 {
		t.Errorf("log: %s", &out)
	}
}
