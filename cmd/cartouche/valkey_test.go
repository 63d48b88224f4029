package main_test

import (
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/internal/process"

	"github.com/cartouche-auth/cartouche/authtest"
)

// limitedNode starts a node that counts in Valkey.
func (n *nodes) limitedNode(address string) *process.Server {
	n.Helper()
	args := append([]string{"serve", "--listen", "127.0.0.1:0", "--rate-limits", "shared", "--limits-url", address}, n.settings(n.database)...)
	s := &process.Server{Args: args, Dir: n.dir, Env: []string{"HOME=" + n.dir}}
	if err := s.Start(n.path); err != nil {
		n.Fatal(err)
	}
	n.Cleanup(func() { _ = s.Kill() })
	return s
}

// Two servers count in one Valkey, hear there of what a command revokes, and let nobody in while it is down; who is signed in goes on.
func TestServersShareOneValkey(t *testing.T) {
	t.Parallel()
	address, stop, ok := authtest.Valkey(t)
	if !ok {
		return
	}
	n := newNodes(t)
	one, two := n.limitedNode(address), n.limitedNode(address)
	p := n.signIn(one)
	revoke := exec.Command(n.path, append([]string{"user", "disable", "ada", "--limits-url", address, "--rate-limits", "shared"}, n.settings(n.database)...)...)
	revoke.Env = []string{"HOME=" + n.dir}
	if output, err := revoke.CombinedOutput(); err != nil {
		t.Fatalf("user disable: %v\n%s", err, output)
	}
	n.until(http.StatusUnauthorized, func() int { return n.verify(two, p.Access) })
	wrong := func(node *process.Server) int {
		return n.call(http.MethodPost, node.Address+"/auth/jwt/create/", "", map[string]string{"username": "ada", "password": "wrong horse 99"}, nil)
	}
	evaluated := 0
	for i := range 20 {
		switch status := wrong([]*process.Server{one, two}[i%2]); status {
		case http.StatusUnauthorized:
			evaluated++
		case http.StatusTooManyRequests:
		default:
			t.Errorf("guess %d: got %d", i, status)
		}
	}
	if evaluated != 10 {
		t.Errorf("evaluated: got %d guesses, want 10", evaluated)
	}
	stop()
	if status := wrong(one); status != http.StatusServiceUnavailable {
		t.Errorf("a sign-in without a limiter: got %d, want 503", status)
	}
	if status := n.call(http.MethodGet, one.Address+"/.well-known/jwks.json", "", nil, nil); status != http.StatusOK {
		t.Errorf("what needs no limiter: got %d, want 200", status)
	}
	start := exec.Command(n.path, append([]string{"serve", "--listen", "127.0.0.1:0", "--rate-limits", "shared", "--limits-url", address}, n.settings(n.database)...)...)
	start.Env = []string{"HOME=" + n.dir}
	output, err := start.CombinedOutput()
	password := strings.TrimPrefix(strings.Split(address, "@")[0], "valkey://:")
	if err == nil || !strings.Contains(string(output), "limits_url") || strings.Contains(string(output), password) {
		t.Errorf("start without a limiter: got %v, want an error about limits_url that does not show the password:\n%s", err, output)
	}
}
