package rotation_test

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/httpapi"
	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/token"
)

// The numbers of the policy that is tested.
const (
	minAge     = 30 * time.Second
	superseded = 5 * time.Minute
)

const (
	issuer   = "http://127.0.0.1:8080"
	password = "a horse that is correct"
)

// cluster is the servers on one store, with one clock and one list of master keys.
type cluster struct {
	t       *testing.T
	store   auth.Store
	faults  *authtest.Faults // what the servers see of the store
	clock   *authtest.Clock
	change  func(*auth.Config)
	masters [][]byte // the first makes, all read
	reader  *token.RefreshKeys
	nodes   []*node
	people  atomic.Int64
}

// node is one server.
type node struct {
	svc     *auth.Service
	handler http.Handler
}

// eachStore runs a test with two servers on a fresh store of each kind, in parallel.
func eachStore(t *testing.T, test func(c *cluster), change ...func(*auth.Config)) {
	t.Helper()
	t.Parallel()
	authtest.EachStore(t, func(t *testing.T, store auth.Store) {
		t.Helper()
		test(newCluster(t, store, change...))
	})
}

// newCluster starts two servers on a store.
func newCluster(t *testing.T, store auth.Store, change ...func(*auth.Config)) *cluster {
	t.Helper()
	c := &cluster{t: t, store: store, faults: authtest.NewFaults(store), clock: authtest.NewClock(), masters: [][]byte{masterKey(0)}, nodes: make([]*node, 2)}
	c.change = func(config *auth.Config) {
		config.Limits = auth.LimitsOff
		for _, f := range change {
			f(config)
		}
	}
	c.readTokens()
	for i := range c.nodes {
		c.restart(i)
	}
	return c
}

// masterKey is one master key of a list.
func masterKey(n int) []byte {
	sum := sha256.Sum256(fmt.Appendf(nil, "master key %d of a test", n))
	return sum[:]
}

func (c *cluster) master() secret.Master {
	c.t.Helper()
	master, err := secret.NewMaster(c.masters...)
	if err != nil {
		c.t.Fatalf("NewMaster: %v", err)
	}
	return master
}

// readTokens readies the test's own eyes for refresh tokens.
func (c *cluster) readTokens() {
	c.t.Helper()
	c.reader = token.NewRefreshKeys(c.master().Children("refresh-token"), issuer)
}

// restart replaces a server by a new one on the same store. What it had in memory is gone.
func (c *cluster) restart(i int) {
	c.t.Helper()
	svc := authtest.NewService(c.t, c.faults, c.clock, func(config *auth.Config) { config.Master = c.master() }, c.change)
	handler, err := httpapi.New(svc, httpapi.Config{})
	if err != nil {
		c.t.Fatalf("httpapi.New: %v", err)
	}
	c.nodes[i] = &node{svc, handler}
}

// observe puts something between the servers and their store, and starts them again.
func (c *cluster) observe(wrap func(auth.Store) auth.Store) {
	c.t.Helper()
	c.faults = authtest.NewFaults(wrap(c.store))
	for i := range c.nodes {
		c.restart(i)
	}
}

// inParallel makes n calls at once, spread over the servers, and answers what they got in the order of their numbers.
func (c *cluster) inParallel(n int, call func(n *node, i int) reply) []reply {
	answers := make([]reply, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { answers[i] = call(c.nodes[i%len(c.nodes)], i) })
	}
	all.Wait()
	return answers
}

// rotateMaster puts another master key in front and starts every server with the list: a new one, or the oldest of three.
func (c *cluster) rotateMaster() {
	c.t.Helper()
	if len(c.masters) < 3 {
		c.masters = append(c.masters, masterKey(len(c.masters)))
	}
	last := len(c.masters) - 1
	c.masters = slices.Concat(c.masters[last:], c.masters[:last])
	c.readTokens()
	for i := range c.nodes {
		c.restart(i)
	}
}

// read is what a refresh token says.
func (c *cluster) read(text string) token.Refresh {
	c.t.Helper()
	refresh, err := c.reader.Parse(text)
	if err != nil {
		c.t.Fatalf("Parse refresh token %q: %v", text, err)
	}
	return refresh
}

// row is the session of a refresh token as the store has it.
func (c *cluster) row(text string) auth.Session {
	c.t.Helper()
	session, _, err := c.store.Session(c.t.Context(), c.read(text).SessionID)
	if err != nil {
		c.t.Fatalf("Session: %v", err)
	}
	return session
}

// register makes an account and answers its name.
func (c *cluster) register() string {
	c.t.Helper()
	name := fmt.Sprintf("person%d", c.people.Add(1))
	_, err := c.nodes[0].svc.CreateUser(c.t.Context(), auth.Client{}, auth.NewUser{Username: name, Email: name + "@example.com", Password: secret.NewText(password)})
	if err != nil {
		c.t.Fatalf("CreateUser: %v", err)
	}
	return name
}

// signIn signs a new person in, at the first server.
func (c *cluster) signIn() held {
	c.t.Helper()
	return c.signInAs(c.register())
}

// signInAs opens a further session of a person.
func (c *cluster) signInAs(name string) held {
	c.t.Helper()
	a := c.nodes[0].login(name)
	if a.status != http.StatusOK {
		c.t.Fatalf("login: got %v, want 200", a)
	}
	return a.held
}

// refresh exchanges a token at a server and expects to be served. A token that is too young is kept.
func (c *cluster) refresh(n *node, h held) held {
	c.t.Helper()
	a := n.refresh(byCookie, h)
	if a.held.refresh == "" && a.status == http.StatusOK {
		a.held.refresh = h.refresh
	}
	wantServed(c.t, "refresh", a)
	return a.held
}

// confirmed waits until a token may be confirmed, exchanges it, and expects the row to be at it.
func (c *cluster) confirmed(h held) held {
	c.t.Helper()
	c.clock.Advance(minAge)
	next := c.refresh(c.nodes[0], h)
	if got, want := c.row(h.refresh).Parent, auth.TokenID(c.read(h.refresh).ID); got != want {
		c.t.Fatalf("parent after a refresh: got %x, want %x", got, want)
	}
	return next
}

// events are the kinds of a session's events.
func (c *cluster) events(h held) []auth.EventKind {
	c.t.Helper()
	events, err := c.store.Events(c.t.Context(), auth.EventQuery{SessionID: c.read(h.refresh).SessionID})
	if err != nil {
		c.t.Fatalf("Events: %v", err)
	}
	var kinds []auth.EventKind
	for _, e := range events {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

// count is how many events of a kind a session has.
func (c *cluster) count(h held, kind auth.EventKind) int {
	c.t.Helper()
	return len(slices.DeleteFunc(c.events(h), func(k auth.EventKind) bool { return k != kind }))
}

func wantServed(t *testing.T, what string, a reply) {
	t.Helper()
	if a.status != http.StatusOK || a.held.refresh == "" || a.held.access == "" {
		t.Fatalf("%s: got %v, want 200 with tokens", what, a)
	}
}

func wantRefused(t *testing.T, what string, a reply, status int, code string) {
	t.Helper()
	if a.status != status || a.code != code || a.held.refresh != "" || a.held.access != "" {
		t.Fatalf("%s: got %v, want %d %s and no token", what, a, status, code)
	}
}
