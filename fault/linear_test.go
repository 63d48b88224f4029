package fault_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/anishathalye/porcupine"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/internal/process"
	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/sqlstore/postgres"
	"github.com/cartouche-auth/cartouche/sqlstore/sqlite"
	"github.com/cartouche-auth/cartouche/token"
)

// node is one server's domain on a store whose answers get lost.
type node struct {
	*auth.Service
	faults *authtest.Faults
}

// eachPair runs a test with two nodes on one database: on PostgreSQL each has connections of its own.
func eachPair(t *testing.T, test func(t *testing.T, nodes [2]node)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "auth.db")
		store, err := sqlite.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { store.Close() })
		test(t, twoNodes(t, store, store))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		address := authtest.PostgresURL(t)
		var stores [2]auth.Store
		for i := range stores {
			store, err := postgres.Open(t.Context(), address)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { store.Close() })
			stores[i] = store
		}
		test(t, twoNodes(t, stores[0], stores[1]))
	})
}

func twoNodes(t *testing.T, stores ...auth.Store) (nodes [2]node) {
	t.Helper()
	clock := authtest.NewClock()
	for i, store := range stores {
		faults := authtest.NewFaults(store)
		nodes[i] = node{authtest.NewService(t, faults, clock, func(c *auth.Config) {
			c.Policy = auth.DefaultPolicy()
			c.Policy.RefreshMinAge, c.Limits = 0, auth.LimitsOff
		}), faults}
	}
	_, err := nodes[0].CreateUser(t.Context(), auth.Client{}, auth.NewUser{Username: "ada", Password: secret.NewText(password)})
	if err != nil {
		t.Fatal(err)
	}
	return nodes
}

// recorder writes down who asked what when, and what the answer was. When is an order, and no time.
type recorder struct {
	reader  *token.RefreshKeys
	tick    atomic.Int64
	mu      sync.Mutex
	known   []secret.Text // every token that was handed out
	history []porcupine.Operation
}

func (r *recorder) read(t *testing.T, text secret.Text) token.Refresh {
	t.Helper()
	read, err := r.reader.Parse(text.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// some is one of the latest tokens, as several tabs and thieves have.
func (r *recorder) some() secret.Text {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.known[max(0, len(r.known)-1-rand.IntN(3))]
}

func (r *recorder) ask(t *testing.T, client int, n node, v verb) {
	t.Helper()
	text := r.some()
	read := r.read(t, text)
	call := r.tick.Add(1)
	out, next := n.ask(t, v, text, read)
	back := r.tick.Add(1)
	if out.Answer == served {
		out.Child = tokenID(r.read(t, next).Parent)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if out.Answer == served {
		r.known = append(r.known, next)
	}
	r.history = append(r.history, porcupine.Operation{ClientId: client, Input: presented(v, read), Call: call, Output: out, Return: back})
}

func (n node) ask(t *testing.T, v verb, text secret.Text, read token.Refresh) (out outcome, next secret.Text) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	var err error
	switch v {
	case refresh:
		var grant auth.Grant
		grant, err = n.Refresh(ctx, auth.Client{}, text)
		out.Answer, next = served, grant.Refresh
	case logout:
		out.Done, err = n.Logout(ctx, auth.Client{}, text)
		out.Answer = ended
	case revoke:
		err = n.RevokeSession(ctx, auth.Client{}, read.SessionID)
		out.Answer, out.Done = ended, err == nil
	}
	switch {
	case err == nil:
	case errors.Is(err, auth.ErrUnavailable):
		out = outcome{Answer: unavailable}
	case errors.Is(err, auth.ErrRefreshSuperseded):
		out.Answer = superseded
	case errors.Is(err, auth.ErrSessionCompromised):
		out.Answer = compromised
	case errors.Is(err, auth.ErrSessionEnded), v == revoke && errors.Is(err, auth.ErrNotFound):
		out.Answer = ended
	default:
		t.Errorf("%s: %v", v, err)
	}
	return out, next
}

// record lets several clients of both nodes do what they like with one session, while answers of the store get lost.
func record(t *testing.T, nodes [2]node) (tokenID, []porcupine.Operation) {
	t.Helper()
	grant, err := nodes[0].Login(t.Context(), auth.Client{}, auth.Login{Identifier: "ada", Password: secret.NewText(password)})
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{reader: token.NewRefreshKeys(authtest.Master().Children("refresh-token"), authtest.Issuer), known: []secret.Text{grant.Refresh}}
	first := tokenID(r.read(t, grant.Refresh).ID)
	var all sync.WaitGroup
	for client := range 4 {
		all.Go(func() {
			n := nodes[client%2]
			for range 8 {
				v := refresh
				switch rand.IntN(24) {
				case 0:
					v = logout
				case 1:
					v = revoke
				case 2, 3:
					n.faults.LoseNext("ConfirmSession")
				case 4:
					n.faults.LoseNext("EndSession")
				}
				r.ask(t, client, n, v)
			}
		})
	}
	all.Wait()
	return first, r.history
}

// wrongModels are two that must not explain what a server does that is right.
func wrongModels() map[string]func(sessionState, question) (sessionState, outcome) {
	return map[string]func(sessionState, question) (sessionState, outcome){"forgetful": sessionState.forgetful, "lenient": sessionState.lenient}
}

// Whatever two nodes answer to refreshes, sign-outs and revocations of one session at once, one machine that does one thing after the other could have answered: no token
// is served after a sign-out that was answered, and no second branch is confirmed.
func TestSessionsAreLinearizable(t *testing.T) {
	t.Parallel()
	eachPair(t, func(t *testing.T, nodes [2]node) {
		t.Helper()
		answers, refuted := map[answer]int{}, map[string]int{}
		for range 60 {
			first, history := record(t, nodes)
			if got := porcupine.CheckOperationsTimeout(sessionModel(first), history, process.Patience); got != porcupine.Ok {
				t.Fatalf("%s: no order of these explains the answers:\n%+v", got, history)
			}
			for name, step := range wrongModels() {
				if porcupine.CheckOperationsTimeout(modelOf(first, step), history, process.Patience) == porcupine.Illegal {
					refuted[name]++
				}
			}
			for _, o := range history {
				answers[o.Output.(outcome).Answer]++
			}
		}
		t.Logf("answers: %v; histories that wrong models do not explain: %v", answers, refuted)
		saysSomething(t, answers, refuted)
	})
}

// saysSomething asks that everything has happened that the test is about.
func saysSomething(t *testing.T, answers map[answer]int, refuted map[string]int) {
	t.Helper()
	for _, a := range []answer{served, superseded, compromised, ended, unavailable} {
		if answers[a] == 0 {
			t.Errorf("nobody was ever answered %q: this test says little", a)
		}
	}
	for name := range wrongModels() {
		if refuted[name] == 0 {
			t.Errorf("the %s model, which is wrong, explains everything: this test tests nothing", name)
		}
	}
}

// A server that is wrong is found out: these histories have no explanation.
func TestWrongHistoriesAreFound(t *testing.T) {
	t.Parallel()
	first, child, sibling, grandchild := tokenID{1}, tokenID{2}, tokenID{3}, tokenID{4}
	for name, calls := range map[string][]porcupine.Operation{
		"served after a sign-out": {
			{Input: question{logout, first, tokenID{}}, Output: outcome{ended, tokenID{}, true}},
			{Input: question{refresh, first, tokenID{}}, Output: outcome{served, first, false}},
		},
		"two branches are confirmed": {
			{Input: question{refresh, child, first}, Output: outcome{served, child, false}},
			{Input: question{refresh, sibling, first}, Output: outcome{served, sibling, false}},
		},
		"a session is ended twice": {
			{Input: question{logout, first, tokenID{}}, Output: outcome{ended, tokenID{}, true}},
			{Input: question{revoke, first, tokenID{}}, Output: outcome{ended, tokenID{}, true}},
		},
		"a confirmation is lost": {
			{Input: question{refresh, child, first}, Output: outcome{served, child, false}},
			{Input: question{refresh, grandchild, child}, Output: outcome{Answer: compromised}},
		},
		"an honest retry is refused": {
			{Input: question{refresh, child, first}, Output: outcome{Answer: unavailable}},
			{Input: question{refresh, child, first}, Output: outcome{Answer: superseded}},
		},
	} {
		for i := range calls {
			calls[i].Call, calls[i].Return = int64(2*i), int64(2*i+1)
		}
		if porcupine.CheckOperations(sessionModel(first), calls) {
			t.Errorf("%s: was taken for right", name)
		}
	}
}
