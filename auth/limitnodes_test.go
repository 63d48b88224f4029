package auth_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
)

func TestMain(m *testing.M) { authtest.Main(m) }

// 200 guesses at once over two nodes on one PostgreSQL: no more are evaluated than one node would, from one source or from 200 (CVE-2024-4629).
func TestParallelBurstOverNodesOnPostgreSQL(t *testing.T) {
	t.Parallel()
	store, clock := authtest.Postgres(t), authtest.NewClock()
	shared := func(c *auth.Config) { c.Limits = auth.LimitsShared }
	nodes := [2]*auth.Service{authtest.NewService(t, store, clock, shared), authtest.NewService(t, store, clock, shared)}
	world{nodes[0], store, clock, auth.Client{}}.register(t, "alice")
	limits := nodes[0].Policy().Limits
	for _, burst := range []struct {
		name string
		most int
		from func(n int) auth.Client
	}{
		{"one source", limits.FailedLoginsPerSource.Burst, func(int) auth.Client { return auth.Client{Address: "192.0.2.1"} }},
		{"a botnet", limits.FailedLoginsPerAccount.Burst - limits.FailedLoginsPerSource.Burst, from},
	} {
		results := make([]error, 200)
		var all sync.WaitGroup
		for n := range results {
			all.Go(func() {
				_, results[n] = nodes[n%2].Login(t.Context(), burst.from(n), attempt("alice", "wrong password"))
			})
		}
		all.Wait()
		evaluated := 0
		for n, err := range results {
			switch {
			case errors.Is(err, auth.ErrBadCredentials):
				evaluated++
			case !isLimited(err):
				t.Errorf("%s: guess %d: %v", burst.name, n, err)
			}
		}
		if evaluated != burst.most {
			t.Errorf("%s: evaluated: got %d guesses, want %d", burst.name, evaluated, burst.most)
		}
	}
	for n, node := range nodes {
		if _, err := node.Login(t.Context(), from(300+n), attempt("alice", goodPassword)); !isLimited(err) {
			t.Errorf("%s: got %v, want a LimitError", fmt.Sprint("node ", n), err)
		}
	}
}

// A limiter that is down is not no limit: while the counters cannot be kept nobody signs in, and who is signed in goes on (failing open).
func TestNobodySignsInWhileTheCountersAreDown(t *testing.T) {
	t.Parallel()
	faults, clock := authtest.NewFaults(authtest.SQLite(t)), authtest.NewClock()
	svc := authtest.NewService(t, faults, clock, func(c *auth.Config) { c.Limits = auth.LimitsShared })
	w := world{svc, faults, clock, auth.Client{Address: "192.0.2.1"}}
	w.register(t, "alice")
	grant := w.login(t, "alice")
	for _, plain := range []string{goodPassword, "wrong password"} {
		faults.FailNext("TakeLimits")
		_, err := w.Login(t.Context(), w.client, attempt("alice", plain))
		wantError(t, plain, err, auth.ErrUnavailable)
	}
	faults.FailNext("TakeLimits")
	w.refresh(t, grant)
}
