package fault_test

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/internal/process"
)

const (
	site     = "http://localhost:8080"
	password = "correct horse battery"
)

// house is one database with the servers on it, and an account named ada.
type house struct {
	*testing.T
	program, dir, database string
}

func newHouse(t *testing.T, database string) *house {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	h := &house{T: t, program: path, dir: t.TempDir(), database: database}
	if database == "" {
		h.database = "sqlite:" + filepath.Join(h.dir, "auth.db")
	}
	if output, err := h.command(password+"\n", "user", "create", "--username", "ada", "--email", "ada@example.com", "--password-stdin"); err != nil {
		t.Fatalf("user create: %v\n%s", err, output)
	}
	return h
}

func (h *house) settings(database string) []string {
	return []string{"--data-dir", filepath.Join(h.dir, "data"), "--database", database, "--public-url", site}
}

// command runs the command.
func (h *house) command(input string, args ...string) (string, error) {
	c := exec.Command(h.program, append(args, h.settings(h.database)...)...)
	c.Env, c.Stdin = []string{"HOME=" + h.dir}, strings.NewReader(input)
	output, err := c.CombinedOutput()
	return string(output), err
}

// serve starts a server. Tokens are confirmed at once, so that nobody has to wait.
func (h *house) serve(database string) *process.Server {
	h.Helper()
	args := append([]string{"serve", "--listen", "127.0.0.1:0", "--refresh-min-age", "0s", "--rate-limits", "off", "--max-sessions", "1000"}, h.settings(database)...)
	s := &process.Server{Args: args, Dir: h.dir, Env: []string{"HOME=" + h.dir}}
	if err := s.Start(h.program); err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() { _ = s.Kill() })
	return s
}

var sealed = regexp.MustCompile(`OK: (\d+) events, positions 1 to (\d+)`)

// auditIsWhole asks whether the chain of events is intact and without a gap.
func (h *house) auditIsWhole() {
	h.Helper()
	got, err := h.command("", "events", "verify")
	if found := sealed.FindStringSubmatch(got); err != nil || found == nil || found[1] != found[2] || found[1] == "0" {
		h.Errorf("events verify: %v\n%s", err, got)
	}
}

// until asks until the answer is yes. It bounds a failure, and is no measure of anything.
func (h *house) until(what string, ask func() bool) {
	h.Helper()
	for patience := time.After(process.Patience); !ask(); {
		select {
		case <-patience:
			h.Fatalf("it never came that %s", what)
		default:
		}
	}
}
