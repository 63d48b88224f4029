package mail_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/mail"
	"github.com/cartouche-auth/cartouche/secret"
)

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for address, says := range map[string]string{
		"":                                       "must be",
		"sendmail":                               "must be",
		"http://hunter2@example.com":             "must be",
		"SMTP://mail.example.com":                "must be",
		"log:":                                   "must be",
		"file:":                                  "needs a folder",
		"file://host/folder":                     "host",
		"smtp:mail.example.com":                  "mail server",
		"smtp://":                                "host: required",
		"smtp://:25":                             "host: required",
		"smtp://relay:hunter2/@mail.example.com": "mail server",
		"smtp://relay:hunter2%zz@mail.example.com":        "percent-encode",
		"smtp://relay@mail.example.com":                   "both or neither",
		"smtp://relay:@mail.example.com":                  "both or neither",
		"smtp://:hunter2@mail.example.com":                "both or neither",
		"smtp://mail.example.com:0":                       "1 to 65535",
		"smtp://mail.example.com:65536":                   "1 to 65535",
		"smtp://mail.example.com/hunter2":                 "nothing may follow",
		"smtp://mail.example.com#hunter2":                 "nothing may follow",
		"smtp://mail.example.com?tls=none":                "on this machine only",
		"smtp://localhost.example.com?tls=none":           "on this machine only",
		"smtp://192.0.2.1?tls=none":                       "on this machine only",
		"smtps://localhost?tls=none":                      "contradicts",
		"smtp://mail.example.com?tls=hunter2":             "required or none",
		"smtp://localhost?tls=none&tls=required":          "twice",
		"smtp://mail.example.com?password=hunter2":        "unknown option",
		"smtp://mail.example.com?tls=%zz":                 "options cannot be read",
		"smtp://mail.example.com?ca=/does/not/exist":      "ca: ",
		"smtp://mail.example.com?ca=" + empty:             "no certificate",
		"smtp://:hunter2@mail.example.com:99999?hunter2=": "both or neither",
	} {
		_, err := mail.Open(secret.NewText(address), slog.New(slog.DiscardHandler))
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got error %v, want one that says %q", address, err, says)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error shows a password: %v", address, err)
		}
	}
	if _, err := mail.Open(secret.NewText("log"), nil); err == nil {
		t.Error("log without a logger was opened")
	}
}

func TestFolder(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", "mails")
	for _, address := range []string{"file:" + path, "file://" + path} {
		m := mustNew(t, config(mustOpen(t, address)))
		const each = 20
		var group sync.WaitGroup
		for range each {
			group.Go(func() {
				if err := m.Send(t.Context(), sample(auth.MailPasswordReset)); err != nil { // the same name but for its random end
					t.Error(err)
				}
			})
		}
		group.Wait()
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 40 {
		t.Errorf("got %d files, want 40", len(entries))
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != 0o600 || !strings.HasPrefix(e.Name(), "20260302T140506.000Z-password_reset-") || filepath.Ext(e.Name()) != ".eml" {
			t.Errorf("%s has mode %s", e.Name(), info.Mode())
		}
		content, err := os.ReadFile(filepath.Join(path, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		mustGoTo(t, content, "ada@example.org")
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder: %v, %v", info.Mode(), err)
	}
}

func TestFolderThatIsNone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := mail.Open(secret.NewText("file:"+path), nil); err == nil {
		t.Error("a file was taken for a folder")
	}
	gone := filepath.Join(t.TempDir(), "gone")
	transport := mustOpen(t, "file:"+gone)
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	if err := mustNew(t, config(transport)).Send(t.Context(), sample(auth.MailActivation)); err == nil || errors.Is(err, auth.ErrMailRefused) {
		t.Errorf("got error %v, want one that may be tried again", err)
	}
}

func TestLog(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	transport, err := mail.Open(secret.NewText("log"), slog.New(slog.NewTextHandler(&out, nil)))
	if err != nil {
		t.Fatal(err)
	}
	m := mustNew(t, config(transport))
	for _, kind := range []auth.MailKind{auth.MailPasswordReset, auth.MailPasswordChanged} {
		if err := m.Send(t.Context(), sample(kind)); err != nil {
			t.Fatal(err)
		}
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("log: %s", &out)
	}
	for i, want := range []string{
		"level=INFO msg=\"mail not sent, shown here for development\" kind=password_reset recipient=a***@example.org link=https://app.example.com/reset/MQ/" + token,
		"level=INFO msg=\"mail not sent, shown here for development\" kind=password_changed recipient=a***@example.org",
	} {
		if !strings.HasSuffix(lines[i], want) {
			t.Errorf("got  %s\nwant …%s", lines[i], want)
		}
	}
}

func TestMemory(t *testing.T) {
	t.Parallel()
	var memory mail.Memory
	m := mustNew(t, config(&memory))
	got := make(chan string, len(kinds))
	var group sync.WaitGroup
	for range kinds { // all wait before the first mail comes, or not: each must get one
		group.Go(func() {
			message, err := memory.Next(t.Context())
			if err != nil {
				t.Error(err)
			}
			got <- string(message.Kind)
		})
	}
	for _, kind := range kinds {
		if err := m.Send(t.Context(), sample(kind)); err != nil {
			t.Fatal(err)
		}
	}
	group.Wait()
	close(got)
	seen := map[string]bool{}
	for kind := range got {
		seen[kind] = true
	}
	if len(seen) != len(kinds) || len(memory.All()) != len(kinds) {
		t.Errorf("got %d different mails and keep %d, want %d", len(seen), len(memory.All()), len(kinds))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := memory.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("nothing more: got error %v", err)
	}
}

func TestMemoryKeepsTheLast(t *testing.T) {
	t.Parallel()
	var memory mail.Memory
	for i := range 250 {
		if err := memory.Deliver(t.Context(), mail.Message{ID: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
		if i < 30 {
			if m, err := memory.Next(t.Context()); err != nil || m.ID != fmt.Sprint(i) {
				t.Fatal(m.ID, err)
			}
		}
	}
	all := memory.All()
	if len(all) != 200 || all[0].ID != "50" || all[199].ID != "249" {
		t.Errorf("keeps %d from %s to %s", len(all), all[0].ID, all[len(all)-1].ID)
	}
	if m, err := memory.Next(t.Context()); err != nil || m.ID != "50" {
		t.Errorf("next is %s, %v", m.ID, err)
	}
}
