package rotation_test

import (
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/internal/process"
)

// program is the command as people run it.
type program struct {
	path string
	args []string // settings of every call
	web  *http.Client
}

// buildProgram builds the command.
func buildProgram(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cartouche")
	if err := process.Build(t.Context(), "cmd/cartouche", path); err != nil {
		t.Fatal(err)
	}
	return path
}

// newProgram prepares the command for a database, with an account named ada. Tokens are confirmed at once, so that no test has to wait.
func newProgram(t *testing.T, path, database string) *program {
	t.Helper()
	p := &program{path: path, args: []string{
		"--data-dir", filepath.Join(t.TempDir(), "data"), "--database", database, "--public-url", "http://localhost:8080", "--refresh-min-age", "0s", "--rate-limits", "off",
	}}
	p.web = &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	t.Cleanup(p.web.CloseIdleConnections)
	create := p.command(t.Context(), "user", "create", "--username", "ada", "--email", "ada@example.com", "--password-stdin")
	create.Stdin = strings.NewReader(password + "\n")
	if output, err := create.CombinedOutput(); err != nil {
		t.Fatalf("user create: %v\n%s", err, output)
	}
	return p
}

func (p *program) command(ctx context.Context, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, p.path, append(args, p.args...)...)
	c.Env = p.environment()
	return c
}

func (p *program) environment() []string { return []string{"HOME=" + filepath.Dir(p.path)} }

// running is a server at work.
type running struct {
	*program
	*process.Server
}

// serve starts a server and waits until it listens. It is killed at the end of the test, if it was not before.
func (p *program) serve(t *testing.T) *running {
	t.Helper()
	s := &running{p, &process.Server{Env: p.environment(), Args: append([]string{"serve", "--listen", "127.0.0.1:0"}, p.args...)}}
	if err := s.Start(p.path); err != nil {
		t.Fatalf("serve: %v", err)
	}
	t.Cleanup(func() { _ = s.Kill() })
	return s
}

// post sends a JSON body. The error is the connection's.
func (s *running) post(ctx context.Context, path, body string) (reply, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.Address+path, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, application/problem+json")
	response, err := s.web.Do(r)
	if err != nil {
		return reply{}, err
	}
	return readReply(response)
}

func (s *running) refresh(ctx context.Context, h held) (reply, error) {
	return s.post(ctx, "/auth/jwt/refresh/", fields("refresh", h.refresh))
}

// signIn opens a session.
func (s *running) signIn(t *testing.T) held {
	t.Helper()
	a, err := s.post(t.Context(), "/auth/jwt/create/", fields("username", "ada", "password", password))
	if err != nil {
		t.Fatalf("jwt/create/: %v\n%s", err, s.Log())
	}
	wantServed(t, "jwt/create/", a)
	return a.held
}

// allAtOnce refreshes with every token at once, spread over the servers.
func allAtOnce(t *testing.T, servers []*running, tokens []held) []reply {
	t.Helper()
	answers := make([]reply, len(tokens))
	var all sync.WaitGroup
	for i, h := range tokens {
		all.Go(func() {
			a, err := servers[i%len(servers)].refresh(t.Context(), h)
			if err != nil {
				a.body = fmt.Sprint(err)
			}
			answers[i] = a
		})
	}
	all.Wait()
	return answers
}
