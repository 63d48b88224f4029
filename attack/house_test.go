package attack_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "modernc.org/sqlite" // reads the store from outside

	"github.com/cartouche-auth/cartouche/internal/process"
)

const (
	site     = "https://app.example.com" // where browsers find the server
	evilSite = "https://evil.example"
	password = "correct horse battery staple"
	other    = "another horse battery staple"
)

// house is a server under attack, and what an operator knows of it.
type house struct {
	server   *process.Server
	dir      string
	settings []string
	web      *http.Client

	mails mailbox
}

// newHouse starts a server with data of its own. Its listed proxy is the loopback, so that each visitor can have an address.
func newHouse(t *testing.T, dir string, settings ...string) *house {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(settings, "--trusted-proxies") {
		settings = append(settings, "--trusted-proxies", "127.0.0.1")
	}
	h := &house{dir: dir, settings: append([]string{
		"--data-dir", "data", "--public-url", site, "--login-field", "email", "--send-activation-email", "--mail", "file:mails", "--mail-from", "a@example.com",
		"--notify-new-device=false",
	}, settings...)}
	h.web = &http.Client{
		Timeout: process.Patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true},
	}
	h.start(t)
	return h
}

// ownHouse is a server for one test.
func ownHouse(t *testing.T, settings ...string) *house {
	t.Helper()
	h := newHouse(t, t.TempDir(), settings...)
	t.Cleanup(func() {
		_ = h.server.Kill()
		h.web.CloseIdleConnections()
		h.sound(t)
	})
	return h
}

// start starts the server, or another one on the same data.
func (h *house) start(t *testing.T) {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	args := append([]string{
		"serve", "--listen", "127.0.0.1:0", "--operations-listen", "127.0.0.1:0", "--access-carrier", "both", "--dialects", "cookie",
	}, h.settings...)
	h.server = &process.Server{Dir: h.dir, Env: []string{"HOME=" + h.dir}, Args: args}
	if err := h.server.Start(path); err != nil {
		t.Fatal(err)
	}
}

// operate runs a command beside the server, as an operator does.
func (h *house) operate(t *testing.T, stdin string, args ...string) {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), path, append(args, h.settings...)...)
	run.Dir, run.Env, run.Stdin = h.dir, []string{"HOME=" + h.dir}, strings.NewReader(stdin)
	if output, err := run.CombinedOutput(); err != nil {
		t.Fatalf("cartouche %s: %v\n%s", strings.Join(args, " "), err, output)
	}
}

// sound wants a server that has never panicked.
func (h *house) sound(t *testing.T) {
	t.Helper()
	for line := range strings.Lines(h.server.Log()) {
		if strings.Contains(line, "panic") {
			t.Errorf("the server's log: %s", line)
		}
	}
}

// metric reads a figure of the server's.
func (h *house) metric(t *testing.T, name string) float64 {
	t.Helper()
	answer, err := h.web.Get("http://" + h.server.Operations + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	text := read(t, answer)
	found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` (\S+)$`).FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("no metric %s", name)
	}
	value, err := strconv.ParseFloat(found[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// hashes is how many passwords the server has hashed or compared.
func (h *house) hashes(t *testing.T) float64 {
	t.Helper()
	return h.metric(t, `cartouche_password_hashes_total{outcome="done"}`)
}

// took is how long the server worked on a request, by its own account.
func (h *house) took(t *testing.T, requestID string) time.Duration {
	t.Helper()
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for {
		for line := range strings.Lines(h.server.Log()) {
			var entry struct {
				Msg      string
				Duration time.Duration
			}
			if strings.Contains(line, requestID) && json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "request" {
				return entry.Duration
			}
		}
		select {
		case <-again.C:
		case <-t.Context().Done():
			t.Fatal("the request is not in the log")
		}
	}
}

// rows reads the store behind the server's back, a line for each row.
func (h *house) rows(t *testing.T, query string, args ...any) string {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(h.dir, "data", "cartouche.db")+"?mode=ro&_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	found, err := db.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer found.Close()
	names, err := found.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for found.Next() {
		values, places := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			places[i] = &values[i]
		}
		if err := found.Scan(places...); err != nil {
			t.Fatal(err)
		}
		for i, v := range values {
			fmt.Fprintf(&text, "%s=%v ", names[i], v)
		}
		text.WriteByte('\n')
	}
	if err := errors.Join(found.Err(), found.Close()); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// everything is all rows that an attack could want to change.
func (h *house) everything(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, table := range []string{"users", "sessions", "one_time_tokens", "opaque_tokens", "mails"} {
		all.WriteString(table + ":\n" + h.rows(t, "SELECT * FROM "+table+" ORDER BY 1, 2"))
	}
	return all.String()
}

// numbers make addresses and names that nobody else has.
var numbers atomic.Uint32

// address is one that no other visitor has, far from all others.
func address() string {
	n := numbers.Add(1)
	return netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}).String()
}

// atOnce does something many times at once, and answers what came of each.
func atOnce[T any](n int, do func(int) T) []T {
	results := make([]T, n)
	var all sync.WaitGroup
	for i := range results {
		all.Go(func() { results[i] = do(i) })
	}
	all.Wait()
	return results
}

// allAtOnce asks different things at once.
func allAtOnce(asks ...func() reply) []reply {
	return atOnce(len(asks), func(i int) reply { return asks[i]() })
}

// run runs the command in a folder of its own to its end.
func run(t *testing.T, path string, args ...string) (output string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), process.Patience)
	defer cancel()
	c := exec.CommandContext(ctx, path, args...)
	c.Dir, c.Env = t.TempDir(), []string{}
	text, err := c.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return string(text), exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(text), 0
}

func contents(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
