package main_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cartouche-auth/cartouche/internal/process"
)

// trailLine is a line of an export.
type trailLine struct {
	Position  *int64
	Kind      string
	SessionID string `json:"session_id"`
}

// command runs the command on the database of the nodes.
func (n *nodes) command(args ...string) (string, error) {
	n.Helper()
	c := exec.Command(n.path, append(args, n.settings(n.database)...)...)
	c.Env = []string{"HOME=" + n.dir}
	output, err := c.CombinedOutput()
	return string(output), err
}

// trail exports the events.
func (n *nodes) trail() (lines []trailLine, text string) {
	n.Helper()
	text, err := n.command("events", "export")
	if err != nil {
		n.Fatalf("events export: %v\n%s", err, text)
	}
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	for d.More() {
		var line trailLine
		if err := d.Decode(&line); err != nil {
			n.Fatalf("events export: %v\n%s", err, text)
		}
		lines = append(lines, line)
	}
	return lines, text
}

// signIns signs in from several clients at once until told to stop, and answers the sessions whose sign-in was answered.
func (n *nodes) signIns(stop *atomic.Bool, address string, enough int32, then func()) (answered map[string]bool) {
	n.Helper()
	answered = map[string]bool{}
	var mu sync.Mutex
	var count atomic.Int32
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			for !stop.Load() {
				var p pair
				if n.call(http.MethodPost, address+"/auth/jwt/create/", "", map[string]string{"username": "ada", "password": nodesPassword}, &p) != http.StatusOK {
					continue
				}
				mu.Lock()
				answered[sessionOf(n.T, p.Access)] = true
				mu.Unlock()
				if count.Add(1) == enough {
					then()
				}
			}
		})
	}
	clients.Wait()
	return answered
}

// What was answered is in the trail, however the server ends: an event is stored together with what it tells of. A server that is told to stop has sealed all of
// it; after a crash the next one does.
func TestNoEventIsLost(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]struct {
		signal syscall.Signal
		sealed bool
	}{"SIGTERM": {syscall.SIGTERM, true}, "SIGKILL": {syscall.SIGKILL, false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testNoEventIsLost(t, end.signal, end.sealed)
		})
	}
}

func testNoEventIsLost(t *testing.T, signal syscall.Signal, sealed bool) {
	t.Helper()
	n := newNodes(t)
	s := n.start(n.database, "127.0.0.1:0")
	var stop atomic.Bool
	answered := n.signIns(&stop, s.Address, 10, func() {
		if err := s.Signal(signal); err != nil {
			t.Error(err)
		}
		_ = s.Wait() // a process that was killed says so
		stop.Store(true)
	})
	lines, text := n.trail()
	for _, line := range lines {
		if line.Kind == "login.succeeded" {
			delete(answered, line.SessionID)
		}
		if sealed && line.Position == nil {
			t.Errorf("an event of %s was not sealed", line.Kind)
		}
	}
	if len(answered) > 0 {
		t.Errorf("%d sign-ins that were answered are not in the trail:\n%s", len(answered), text)
	}
	next := n.start(n.database, "127.0.0.1:0")
	if err := next.Stop(syscall.SIGTERM); err != nil {
		t.Errorf("stop: %v\n%s", err, next.Log())
	}
	if got, err := n.command("events", "verify"); err != nil || !strings.Contains(got, "not sealed yet: 0") {
		t.Errorf("events verify after the next start: %v\n%s", err, got)
	}
}

// Two nodes seal one trail while both record: one chain without a gap.
func TestTwoNodesSealOneTrail(t *testing.T) {
	t.Parallel()
	n := newNodes(t)
	one, two := n.start(n.database, "127.0.0.1:0"), n.start(n.database, "127.0.0.1:0")
	var both sync.WaitGroup
	for _, s := range []*process.Server{one, two} {
		both.Go(func() {
			var stop atomic.Bool
			n.signIns(&stop, s.Address, 12, func() { stop.Store(true) })
		})
	}
	both.Wait()
	for _, s := range []*process.Server{one, two} {
		if err := s.Stop(syscall.SIGTERM); err != nil {
			t.Errorf("stop: %v\n%s", err, s.Log())
		}
	}
	got, err := n.command("events", "verify")
	if found := regexp.MustCompile(`OK: (\d+) events, positions 1 to (\d+)`).FindStringSubmatch(got); err != nil || found == nil || found[1] != found[2] {
		t.Errorf("events verify: %v\n%s", err, got)
	}
	lines, _ := n.trail()
	if len(lines) < 24 {
		t.Errorf("got %d events: this test tests nothing", len(lines))
	}
}

// Whatever people and thieves type, no secret gets into the trail (the log that leaks passwords).
func TestNoEventHoldsASecret(t *testing.T) {
	t.Parallel()
	n := newNodes(t)
	s := n.start(n.database, "127.0.0.1:0")
	p := n.signIn(s)
	const canary = "canary-of-a-password"
	for _, fields := range []map[string]string{
		{"username": "ada", "password": canary}, {"username": canary, "password": nodesPassword}, {"username": "nobody@canary.example", "password": canary},
	} {
		n.call(http.MethodPost, s.Address+"/auth/jwt/create/", "", fields, nil)
	}
	n.call(http.MethodPost, s.Address+"/auth/users/set_password/", p.Access, map[string]string{"current_password": canary, "new_password": canary}, nil)
	n.call(http.MethodPost, s.Address+"/auth/users/reset_password/", "", map[string]string{"email": "nobody@canary.example"}, nil)
	n.call(http.MethodPost, s.Address+"/auth/jwt/refresh/", "", map[string]string{"refresh": p.Refresh + canary}, nil)
	n.call(http.MethodPost, s.Address+"/auth/users/set_password/", p.Access, map[string]string{"current_password": nodesPassword, "new_password": canary + "2"}, nil)
	n.call(http.MethodPost, s.Address+"/auth/users/", "", map[string]string{"username": "bob", "email": "bob@example.com", "password": canary + "3"}, nil)
	n.signOut(s, p.Refresh)
	lines, text := n.trail()
	kinds := map[string]bool{}
	for _, line := range lines {
		kinds[line.Kind] = true
	}
	for _, kind := range []string{"login.succeeded", "login.failed", "user.created"} {
		if !kinds[kind] {
			t.Errorf("no %s: this test tests nothing\n%s", kind, text)
		}
	}
	for _, secret := range []string{"canary", nodesPassword, p.Access, p.Refresh} {
		if strings.Contains(text, secret) {
			t.Errorf("the trail holds %q", secret)
		}
	}
}

// sessionOf reads the session out of an access token.
func sessionOf(t *testing.T, access string) string {
	t.Helper()
	parts := strings.Split(access, ".")
	var claims struct {
		SessionID string `json:"sid"`
	}
	if len(parts) != 3 {
		t.Errorf("no access token: %q", access)
		return ""
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err == nil {
		err = json.Unmarshal(text, &claims)
	}
	if err != nil || claims.SessionID == "" {
		t.Errorf("access token %s: no session, %v", text, err)
	}
	return claims.SessionID
}
