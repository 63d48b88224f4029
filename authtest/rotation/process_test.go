package rotation_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
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
	build := exec.CommandContext(t.Context(), "go", "build", "-o", path, "github.com/cartouche-auth/cartouche/cmd/cartouche")
	build.Env = append(build.Environ(), "CGO_ENABLED=0") // as it is shipped, whatever the tests are built with
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, output)
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
	c.Env = []string{"HOME=" + filepath.Dir(p.path)}
	return c
}

// process is a running server.
type process struct {
	*program
	cmd     *exec.Cmd
	address string
	log     *logLines
}

// logLines is what a server has written.
type logLines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logLines) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.WriteString(line + "\n")
}

func (l *logLines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// serve starts a server and waits until it listens. It is killed at the end of the test, if it was not before.
func (p *program) serve(t *testing.T) *process {
	t.Helper()
	s := &process{program: p, cmd: p.command(context.WithoutCancel(t.Context()), "serve", "--listen", "127.0.0.1:0"), log: &logLines{}}
	output, err := s.cmd.StderrPipe()
	if err == nil {
		err = s.cmd.Start()
	}
	if err != nil {
		t.Fatalf("serve: %v", err)
	}
	t.Cleanup(s.kill)
	listens := make(chan string, 1)
	go s.read(output, listens)
	if s.address = <-listens; s.address == "" {
		t.Fatalf("serve: the server ended:\n%s", s.log)
	}
	return s
}

// read keeps the log, and tells the address, or nothing when the server ends before it listens.
func (s *process) read(output io.Reader, listens chan<- string) {
	defer close(listens)
	lines := bufio.NewScanner(output)
	for told := false; lines.Scan(); {
		s.log.add(lines.Text())
		var line struct{ Msg, Address string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "listening" && !told {
			told = true
			listens <- line.Address
		}
	}
}

// kill ends the server as the kernel would: it cannot do anything about it.
func (s *process) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// post sends a JSON body. The error is the connection's.
func (s *process) post(ctx context.Context, path, body string) (reply, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.address+path, strings.NewReader(body))
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

func (s *process) refresh(ctx context.Context, h held) (reply, error) {
	return s.post(ctx, "/auth/jwt/refresh/", fields("refresh", h.refresh))
}

// signIn opens a session.
func (s *process) signIn(t *testing.T) held {
	t.Helper()
	a, err := s.post(t.Context(), "/auth/jwt/create/", fields("username", "ada", "password", password))
	if err != nil {
		t.Fatalf("jwt/create/: %v\n%s", err, s.log)
	}
	wantServed(t, "jwt/create/", a)
	return a.held
}

// allAtOnce refreshes with every token at once, spread over the servers.
func allAtOnce(t *testing.T, servers []*process, tokens []held) []reply {
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
