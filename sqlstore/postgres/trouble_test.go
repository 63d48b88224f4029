package postgres_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/sqlstore"
	"github.com/cartouche-auth/cartouche/sqlstore/postgres"
)

func wantUnavailable(t *testing.T, store auth.Store, session auth.Session) {
	t.Helper()
	_, _, read := store.SessionUser(t.Context(), session.ID)
	_, _, write := store.ConfirmSession(t.Context(), refresh(session))
	_, work := store.EndSession(t.Context(), auth.SessionEnd{ID: session.ID, Reason: auth.EndedByLogout, At: noon}, auth.Event{At: noon})
	for name, err := range map[string]error{"SessionUser": read, "ConfirmSession": write, "EndSession": work, "Ping": store.Ping(t.Context())} {
		if !errors.Is(err, auth.ErrUnavailable) || errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v, want ErrUnavailable", name, err)
		}
	}
}

func TestDatabaseGoesAndComesBack(t *testing.T) {
	t.Parallel()
	network, address := authtest.NewNetwork(t, authtest.PostgresURL(t))
	store := opened(t)(postgres.Open(t.Context(), address))
	session := newSession(t, store, "ada")
	network.GoDown()
	wantUnavailable(t, store, session)
	network.ComeBack()
	mustConfirm(t, store, session)
	if err := store.Ping(t.Context()); err != nil {
		t.Errorf("Ping: %v", err)
	}
}

// The server was restarted, and ended every connection that lay in the pool.
func TestConnectionsThatTheServerEnded(t *testing.T) {
	t.Parallel()
	address := authtest.PostgresURL(t)
	store, conn := opened(t)(postgres.Open(t.Context(), address+"&application_name=to-be-ended")), look(t, address)
	session := newSession(t, store, "ada")
	many := make(chan error)
	const connections = 8
	for range connections {
		go func() { many <- store.Ping(t.Context()) }()
	}
	for range connections {
		if err := <-many; err != nil {
			t.Error(err)
		}
	}
	if n := scan[int](t, conn, `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'to-be-ended'`); n == 0 {
		t.Fatal("no connection was ended: this test tests nothing")
	}
	await(t, func() bool {
		return scan[int](t, conn, `SELECT count(*) FROM pg_stat_activity WHERE application_name = 'to-be-ended'`) == 0
	})
	mustConfirm(t, store, session)
}

func TestHungDatabaseIsUnavailableInTime(t *testing.T) {
	t.Parallel()
	network, address := authtest.NewNetwork(t, authtest.PostgresURL(t))
	const patience = 300 * time.Millisecond
	store := opened(t)(postgres.OpenImpatient(t.Context(), address, patience))
	session := newSession(t, store, "ada")
	network.Hang()
	late, cancel := context.WithTimeout(t.Context(), 60*patience)
	defer cancel()
	wantUnavailable(t, store, session)
	if late.Err() != nil {
		t.Error("four calls took far too long")
	}
	network.Resume()
	mustConfirm(t, store, session)
}

// Somebody holds the lock of the row and does not let go.
func TestLockedRowIsUnavailableInTime(t *testing.T) {
	t.Parallel()
	address := authtest.PostgresURL(t)
	store := opened(t)(postgres.OpenImpatient(t.Context(), address, time.Second))
	session := newSession(t, store, "ada")
	other, err := look(t, address).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Exec(t.Context(), `UPDATE sessions SET label = 'held'`); err != nil {
		t.Fatal(err)
	}
	if _, _, err := store.ConfirmSession(t.Context(), refresh(session)); !errors.Is(err, auth.ErrUnavailable) {
		t.Errorf("ConfirmSession: got %v, want ErrUnavailable", err)
	}
	if err := other.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	mustConfirm(t, store, session)
}

// A standby, or a server that is short of disk, takes no writes.
func TestReadOnlyDatabaseIsUnavailableForWriting(t *testing.T) {
	t.Parallel()
	address := authtest.PostgresURL(t)
	session := newSession(t, opened(t)(postgres.Open(t.Context(), address)), "ada")
	store := opened(t)(postgres.Open(t.Context(), address+"&default_transaction_read_only=on"))
	_, _, confirm := store.ConfirmSession(t.Context(), refresh(session))
	for name, err := range map[string]error{"ConfirmSession": confirm, "Ping": store.Ping(t.Context())} {
		if !errors.Is(err, auth.ErrUnavailable) {
			t.Errorf("%s: got %v, want ErrUnavailable", name, err)
		}
	}
	if got, _, err := store.SessionUser(t.Context(), session.ID); err != nil || got != session {
		t.Errorf("SessionUser: got %+v, %v; want the session unchanged", got, err)
	}
}

func TestWaitForAConnectionEndsWithTheContext(t *testing.T) {
	t.Parallel()
	store := opened(t)(postgres.Open(t.Context(), authtest.PostgresURL(t)+"&pool_max_conns=1"))
	begun, hold, done := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		done <- store.ChangeSigningKeys(t.Context(), func([]auth.SigningKey) ([]auth.SigningKey, []auth.Event, error) {
			close(begun)
			<-hold
			return nil, nil, nil
		})
	}()
	<-begun
	ctx, cancel := context.WithCancel(t.Context())
	waited := make(chan error)
	go func() { waited <- store.Ping(ctx) }()
	cancel()
	if err := <-waited; !errors.Is(err, context.Canceled) || errors.Is(err, auth.ErrUnavailable) {
		t.Errorf("Ping: got %v, want context.Canceled", err)
	}
	close(hold)
	if err := <-done; err != nil {
		t.Errorf("ChangeSigningKeys: %v", err)
	}
}

// A stranger who hangs up while the database works must not cost us the connection (reconnecting is what makes a flood of them expensive).
func TestHangingUpDoesNotCostAConnection(t *testing.T) {
	t.Parallel()
	db, err := postgres.OpenDatabase(t.Context(), authtest.PostgresURL(t)+"&pool_max_conns=1", postgres.Patience)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	backend := func() (pid int64) {
		t.Helper()
		if _, err := db.Read(t.Context(), func(r sqlstore.Row) { pid = r.Int(0) }, `SELECT pg_backend_pid()`); err != nil {
			t.Fatal(err)
		}
		return pid
	}
	before := backend()
	ctx, cancel := context.WithCancel(t.Context())
	err = db.InTx(ctx, func(ctx context.Context, tx sqlstore.Tx) error {
		cancel()
		_, err := tx.Run(ctx, nil, `UPDATE counters SET value = value + 1 WHERE name = 'ping'`)
		return err
	})
	if err != nil {
		t.Errorf("work that had begun: %v", err)
	}
	if after := backend(); after != before {
		t.Errorf("the connection was given up: backend %d, then %d", before, after)
	}
}

// Two transactions that wait for each other: PostgreSQL ends one, which then runs again.
func TestDeadlockIsTriedAgain(t *testing.T) {
	t.Parallel()
	db, err := postgres.OpenDatabase(t.Context(), authtest.PostgresURL(t), postgres.Patience)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	const bump = `UPDATE counters SET value = value + 1 WHERE name = $1`
	var both, all sync.WaitGroup
	both.Add(2)
	for _, order := range [][]string{{"ping", "user_id"}, {"user_id", "ping"}} {
		all.Go(func() {
			first := true
			err := db.InTx(t.Context(), func(ctx context.Context, tx sqlstore.Tx) error {
				if _, err := tx.Run(ctx, nil, bump, order[0]); err != nil {
					return err
				}
				if first {
					first = false
					both.Done()
					both.Wait()
				}
				_, err := tx.Run(ctx, nil, bump, order[1])
				return err
			})
			if err != nil {
				t.Errorf("InTx: %v", err)
			}
		})
	}
	all.Wait()
	var sum int64
	if _, err := db.Read(t.Context(), func(r sqlstore.Row) { sum += r.Int(0) }, `SELECT value FROM counters`); err != nil || sum != 4 {
		t.Errorf("counters: got %d, %v; want 4: each transaction once", sum, err)
	}
}
