package fault_test

import (
	"context"
	"net/http"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/internal/process"
)

// PostgreSQL crashes and comes back, again and again, below two servers that stay. Whoever asks meanwhile hears 503 and keeps the cookies.
func TestPostgresCrashesBelow(t *testing.T) {
	t.Parallel()
	database := authtest.NewOwnPostgres(t)
	h := newHouse(t, database.URL())
	one, two := h.serve(h.database), h.serve(h.database)
	people := h.crowd(4, takeTurns(one, two))
	for range 3 {
		people.goOn(h, 30)
		database.Crash()
		database.Start()
	}
	people.goOn(h, 30)
	people.settle(h, two.Address)
	stopAll(h, one, two)
	h.auditIsWhole()
}

// takeTurns answers another server each time.
func takeTurns(servers ...*process.Server) func() string {
	turn := make(chan int, 1)
	turn <- 0
	return func() string {
		i := <-turn
		turn <- i + 1
		return servers[i%len(servers)].Address
	}
}

func stopAll(h *house, servers ...*process.Server) {
	h.Helper()
	for _, s := range servers {
		if err := s.Stop(syscall.SIGTERM); err != nil {
			h.Errorf("stop: %v\n%s", err, s.Log())
		}
	}
}

// The standby that takes over has not heard of the last commits. A session that it knows as it is goes on. Whose refreshes it has not heard of holds tokens that it
// has never given, as a thief would: that session ends, and no other one. Whose sign-in it has not heard of signs in again. Sign-outs of afterwards hold.
func TestFailOverThatLosesTheLastCommits(t *testing.T) {
	t.Parallel()
	database := authtest.NewOwnPostgres(t)
	h := newHouse(t, database.URL())
	server := h.serve(h.database)
	idle, one, active, late := h.browser(), h.browser(), h.browser(), h.browser()
	for _, b := range []*browser{idle, one, active} {
		b.signIn(server.Address)
		b.refresh(server.Address)
	}
	database.Copy()
	h.until("the server has its database again", func() bool { return one.refresh(server.Address) == http.StatusOK })
	for range 3 {
		active.refresh(server.Address)
	}
	late.signIn(server.Address)
	database.FailOver()
	h.until("the server has the standby", func() bool { return idle.me(server.Address) == http.StatusOK })
	if status := idle.refresh(server.Address); status != http.StatusOK {
		t.Errorf("nothing was lost: got %d", status)
	}
	for name, b := range map[string]*browser{"one refresh was lost": one, "several refreshes were lost": active, "the sign-in was lost": late} {
		b.uncertain = true // it may be refused
		if status := b.refresh(server.Address); status != http.StatusUnauthorized {
			t.Errorf("%s: got %d, want 401", name, status)
		}
		if status := b.signIn(server.Address); status != http.StatusOK {
			t.Errorf("%s: signing in again: got %d", name, status)
		}
	}
	signedOut := h.browser()
	signedOut.signIn(server.Address)
	signedOut.signOut(server.Address)
	if status := signedOut.refreshWith(server.Address, signedOut.thrownAway[0]); status != http.StatusUnauthorized {
		t.Errorf("a sign-out after it all: its token got %d", status)
	}
	stopAll(h, server)
	h.auditIsWhole()
}

// A database that is read-only, as a standby or a full one is: reading goes on, writing is 503, and nobody loses a cookie.
func TestPostgresTurnsReadOnly(t *testing.T) {
	t.Parallel()
	database := authtest.NewOwnPostgres(t)
	h := newHouse(t, database.URL())
	server := h.serve(h.database)
	b, other := h.browser(), h.browser()
	b.signIn(server.Address)
	b.refresh(server.Address)
	readOnly := func(word string) {
		conn, err := pgx.Connect(t.Context(), database.URL())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.WithoutCancel(t.Context()))
		for _, statement := range []string{
			"SET default_transaction_read_only = off", "ALTER SYSTEM SET default_transaction_read_only = " + word, "SELECT pg_reload_conf()",
			"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'",
		} {
			if _, err := conn.Exec(t.Context(), statement); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
		}
	}
	readOnly("on")
	h.until("a sign-in hears of it", func() bool { return other.signIn(server.Address) == http.StatusServiceUnavailable })
	h.until("reading goes on", func() bool { return b.me(server.Address) == http.StatusOK })
	if status := b.refresh(server.Address); status != http.StatusServiceUnavailable {
		t.Errorf("a refresh that must write: got %d", status)
	}
	if status := b.signOut(server.Address); status != http.StatusServiceUnavailable {
		t.Errorf("a sign-out that cannot be stored: got %d, which somebody would believe", status)
	}
	b.uncertain = false // 503 says that nothing was stored
	readOnly("off")
	h.until("refreshing goes on", func() bool { return b.refresh(server.Address) == http.StatusOK })
	h.until("signing in goes on", func() bool { return other.signIn(server.Address) == http.StatusOK })
	if n := other.sessions(server.Address); n != 2 {
		t.Errorf("ada has %d sessions, want 2: one of those that were refused was opened", n)
	}
	stopAll(h, server)
	h.auditIsWhole()
}

// The network to the database hangs, and breaks: whoever asks hears 503, and nothing has happened twice when it is back.
func TestPostgresHangs(t *testing.T) {
	t.Parallel()
	h := newHouse(t, authtest.PostgresURL(t))
	network, behind := authtest.NewNetwork(t, h.database)
	server := h.serve(behind)
	people := h.crowd(3, func() string { return server.Address })
	people.goOn(h, 20)
	network.Hang()
	b := h.browser()
	h.until("a sign-in is given up", func() bool { return inTrouble(b.signIn(server.Address)) })
	network.Resume()
	people.goOn(h, 20)
	network.GoDown()
	h.until("a sign-in hears that there is no database", func() bool { return b.signIn(server.Address) == http.StatusServiceUnavailable })
	network.ComeBack()
	people.goOn(h, 20)
	people.settle(h, server.Address)
	stopAll(h, server)
	h.auditIsWhole()
}
