package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/internal/process"

	"github.com/cartouche-auth/cartouche/authtest"
)

const (
	nodesFeedToken = "3f9c1b7e5a2d4860c8e7f1a0b9d6e5c4"
	nodesIssuer    = "http://localhost:8080"
	nodesPassword  = "correct horse battery"
)

// nodes are servers on one PostgreSQL: they share nothing but that and the file of the master key.
type nodes struct {
	*testing.T
	path, dir, database string
	web                 *http.Client
}

func newNodes(t *testing.T) *nodes {
	t.Helper()
	n := &nodes{T: t, path: install(t, t.TempDir()), dir: t.TempDir(), database: authtest.PostgresURL(t), web: &http.Client{Timeout: 20 * time.Second}}
	t.Cleanup(n.web.CloseIdleConnections)
	if err := os.WriteFile(filepath.Join(n.dir, "feed"), []byte(nodesFeedToken+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	create := exec.Command(n.path, append([]string{"user", "create", "--username", "ada", "--email", "ada@example.com", "--password-stdin"}, n.settings(n.database)...)...)
	create.Env, create.Stdin = []string{"HOME=" + n.dir}, strings.NewReader(nodesPassword+"\n")
	if output, err := create.CombinedOutput(); err != nil {
		t.Fatalf("user create: %v\n%s", err, output)
	}
	return n
}

func (n *nodes) settings(database string) []string {
	return []string{"--data-dir", filepath.Join(n.dir, "data"), "--database", database, "--public-url", nodesIssuer}
}

// start starts a node; listen may be the address of one that is gone.
func (n *nodes) start(database, listen string) *process.Server {
	n.Helper()
	args := append([]string{"serve", "--listen", listen, "--feed-tokens-file", filepath.Join(n.dir, "feed"), "--refresh-min-age", "0s", "--rate-limits", "off"}, n.settings(database)...)
	s := &process.Server{Args: args, Dir: n.dir, Env: []string{"HOME=" + n.dir}}
	if err := s.Start(n.path); err != nil {
		n.Fatal(err)
	}
	n.Cleanup(func() { _ = s.Kill() })
	return s
}

// resourceServer runs the example that follows a node.
func (n *nodes) resourceServer(node *process.Server) (address string) {
	n.Helper()
	path := filepath.Join(n.TempDir(), "resource-server")
	build := exec.CommandContext(n.Context(), "go", "build", "-o", path, "github.com/cartouche-auth/cartouche/examples/resource-server")
	build.Env = append(build.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		n.Fatalf("go build: %v\n%s", err, output)
	}
	s := &process.Server{Dir: n.dir, Env: []string{
		"ISSUER=" + nodesIssuer, "JWKS=http://" + node.Address + "/.well-known/jwks.json", "FEED=http://" + node.Address + "/auth/revocations/",
		"FEED_TOKEN=" + nodesFeedToken, "LISTEN=127.0.0.1:0",
	}}
	if err := s.Start(path); err != nil {
		n.Fatal(err)
	}
	n.Cleanup(func() { _ = s.Kill() })
	return s.Address
}

// pair is what a client holds.
type pair struct{ Access, Refresh string }

// call sends JSON and answers the status; zero: no answer came.
func (n *nodes) call(method, url, authorization string, body, into any) int {
	n.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		n.Fatal(err)
	}
	r, err := http.NewRequestWithContext(context.WithoutCancel(n.Context()), method, "http://"+url, bytes.NewReader(text))
	if err != nil {
		n.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if authorization != "" {
		r.Header.Set("Authorization", "Bearer "+authorization)
	}
	answer, err := n.web.Do(r)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	text, err = io.ReadAll(answer.Body)
	if err != nil {
		return 0
	}
	if into != nil && answer.StatusCode < 300 {
		if err := json.Unmarshal(text, into); err != nil {
			n.Errorf("%s: %s: %v", url, text, err)
		}
	}
	return answer.StatusCode
}

func (n *nodes) signIn(node *process.Server) (p pair) {
	n.Helper()
	if status := n.call(http.MethodPost, node.Address+"/auth/jwt/create/", "", map[string]string{"username": "ada", "password": nodesPassword}, &p); status != http.StatusOK {
		n.Fatalf("sign-in: %d\n%s", status, node.Log())
	}
	return p
}

func (n *nodes) verify(node *process.Server, access string) int {
	n.Helper()
	return n.call(http.MethodPost, node.Address+"/auth/jwt/verify/", "", map[string]string{"token": access}, nil)
}

func (n *nodes) signOut(node *process.Server, refresh string) {
	n.Helper()
	if status := n.call(http.MethodPost, node.Address+"/auth/jwt/blacklist/", "", map[string]string{"refresh": refresh}, nil); status != http.StatusOK {
		n.Fatalf("sign-out: %d\n%s", status, node.Log())
	}
}

// until asks until the answer is there, and answers how long that took.
func (n *nodes) until(want int, ask func() int) time.Duration {
	n.Helper()
	start := time.Now()
	for {
		got := ask()
		if got == want {
			return time.Since(start)
		}
		if time.Since(start) > process.Patience {
			n.Fatalf("got %d to the end, want %d", got, want)
		}
	}
}

// A sign-out on one node refuses the access token on the other, which does not ask the database for it, and in a service that only follows the feed.
func TestASignOutBitesOnEveryNodeAndService(t *testing.T) {
	t.Parallel()
	n := newNodes(t)
	one, two := n.start(n.database, "127.0.0.1:0"), n.start(n.database, "127.0.0.1:0")
	orders := n.resourceServer(two)
	var onNode, inService []time.Duration
	for range 20 {
		p := n.signIn(one)
		if status := n.verify(two, p.Access); status != http.StatusOK {
			t.Fatalf("before the sign-out: %d", status)
		}
		n.until(http.StatusOK, func() int { return n.call(http.MethodGet, orders+"/orders", p.Access, nil, nil) })
		n.signOut(one, p.Refresh)
		onNode = append(onNode, n.until(http.StatusUnauthorized, func() int { return n.verify(two, p.Access) }))
		inService = append(inService, n.until(http.StatusUnauthorized, func() int { return n.call(http.MethodGet, orders+"/orders", p.Access, nil, nil) }))
	}
	slices.Sort(onNode)
	slices.Sort(inService)
	t.Logf("after the answer to the sign-out, the token was refused on another node after %s (median) and %s (worst), and then in a service after %s and %s more",
		onNode[10], onNode[19], inService[10], inService[19])
	if onNode[19] > 5*time.Second || inService[19] > 10*time.Second { // a node polls once a second; the service's bound is its MaxStale
		t.Errorf("a revocation took longer than the bound: %s, %s", onNode[19], inService[19])
	}
}

// A node that is cut off from the database vouches for nobody, and knows what happened meanwhile when it is back.
func TestANodeThatWasCutOffRejoins(t *testing.T) {
	t.Parallel()
	n := newNodes(t)
	network, behind := authtest.NewNetwork(t, n.database)
	one, two := n.start(n.database, "127.0.0.1:0"), n.start(behind, "127.0.0.1:0")
	gone, stays := n.signIn(two), n.signIn(two)
	network.GoDown()
	n.until(http.StatusServiceUnavailable, func() int { return n.call(http.MethodGet, two.Address+"/auth/users/me/", gone.Access, nil, nil) })
	if status := n.call(http.MethodPost, two.Address+"/auth/jwt/refresh/", "", map[string]string{"refresh": stays.Refresh}, nil); status != http.StatusServiceUnavailable {
		t.Errorf("a refresh while cut off: got %d", status)
	}
	if status := n.call(http.MethodGet, two.Address+"/readyz", "", nil, nil); status != http.StatusServiceUnavailable {
		t.Errorf("readyz while cut off: got %d", status)
	}
	n.signOut(one, gone.Refresh)
	network.ComeBack()
	n.until(http.StatusUnauthorized, func() int { return n.verify(two, gone.Access) })
	n.until(http.StatusOK, func() int { return n.call(http.MethodGet, two.Address+"/readyz", "", nil, nil) })
	if status := n.call(http.MethodPost, two.Address+"/auth/jwt/refresh/", "", map[string]string{"refresh": stays.Refresh}, nil); status != http.StatusOK {
		t.Errorf("a refresh after the cut: got %d", status)
	}
}

// honest keeps one session alive on whatever node answers, until it is told to stop.
func (n *nodes) honest(stop *atomic.Bool, held pair, addresses []string) (refreshes int) {
	for i := 0; !stop.Load(); i++ {
		var next pair
		switch status := n.call(http.MethodPost, addresses[i%len(addresses)]+"/auth/jwt/refresh/", "", map[string]string{"refresh": held.Refresh}, &next); status {
		case http.StatusOK:
			refreshes++
			held.Access = next.Access
			if next.Refresh != "" {
				held.Refresh = next.Refresh
			}
		case 0, http.StatusServiceUnavailable: // no answer came: the client keeps what it holds, and asks another node
		default:
			n.Errorf("an honest client was answered %d after %d refreshes", status, refreshes)
			return refreshes
		}
	}
	return refreshes
}

// Nodes are replaced one by one, politely and not, while people are signed in: nobody is signed out.
func TestARollingRestartUnderLoadLosesNobody(t *testing.T) {
	t.Parallel()
	n := newNodes(t)
	one, two := n.start(n.database, "127.0.0.1:0"), n.start(n.database, "127.0.0.1:0")
	addresses := []string{one.Address, two.Address}
	var stop atomic.Bool
	var clients sync.WaitGroup
	var refreshes atomic.Int64
	for range 8 {
		held := n.signIn(one)
		clients.Go(func() { refreshes.Add(int64(n.honest(&stop, held, addresses))) })
	}
	end := func(s *process.Server) error { return s.Stop(syscall.SIGTERM) }
	for round := range 4 {
		if round%2 == 1 {
			end = func(s *process.Server) error { _ = s.Kill(); return nil } // as the kernel would; its error says only that
		}
		for _, s := range []**process.Server{&one, &two} {
			address := (*s).Address
			if err := end(*s); err != nil {
				t.Errorf("stop: %v\n%s", err, (*s).Log())
			}
			*s = n.start(n.database, address)
		}
	}
	stop.Store(true)
	clients.Wait()
	if refreshes.Load() == 0 {
		t.Error("nobody refreshed: this test tests nothing")
	}
	t.Log(fmt.Sprint(refreshes.Load()), "refreshes over 8 restarts")
}
