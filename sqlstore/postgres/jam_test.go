package postgres_test

import (
	"context"
	"encoding/binary"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/sqlstore"
	"github.com/cartouche-auth/cartouche/sqlstore/postgres"
)

const (
	selectNumber  = `SELECT $1::bigint`
	selectStuck   = `SELECT 7::bigint FROM pg_advisory_xact_lock($1)` // until the lock is free
	selectRatio   = `SELECT 1 / $1::bigint`
	selectXact    = `SELECT txid_current()`
	selectNothing = `SELECT nonsense`
)

// lock is one that readers of selectStuck wait for.
type lock struct {
	t    *testing.T
	conn *pgx.Conn
	key  int64
}

func newLock(t *testing.T, address string) *lock {
	t.Helper()
	l := &lock{t, look(t, address), int64(binary.BigEndian.Uint32(secret.Bytes(4)) >> 1)}
	scan[bool](t, l.conn, `SELECT true FROM pg_advisory_lock($1)`, l.key)
	return l
}

// victims are the server processes that wait for the lock.
func (l *lock) victims() (pids []int64) {
	l.t.Helper()
	return scan[[]int64](l.t, l.conn, `SELECT coalesce(array_agg(pid::bigint), '{}') FROM pg_locks
		WHERE locktype = 'advisory' AND NOT granted AND classid = 0 AND objid = $1::bigint::oid`, l.key)
}

func (l *lock) awaitVictims(n int) {
	l.t.Helper()
	await(l.t, func() bool { return len(l.victims()) == n })
}

func (l *lock) release() {
	l.t.Helper()
	scan[bool](l.t, l.conn, `SELECT pg_advisory_unlock($1)`, l.key)
}

// jam is a database whose round trips are stuck, mostly as many as reads may make, so that further reads wait.
type jam struct {
	*testing.T
	db      sqlstore.Database
	address string
	*lock
	stuck []*asked
}

func newJam(t *testing.T) *jam {
	t.Helper()
	return newJamOf(t, postgres.MaxTrips, "cache_statement")
}

// newJamOf jams so many round trips, in one of pgx's modes.
func newJamOf(t *testing.T, trips int, mode string) *jam {
	t.Helper()
	address := authtest.PostgresURL(t) + "&statement_timeout=60000&default_query_exec_mode=" + mode
	db, err := postgres.OpenDatabase(t.Context(), address, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	j := &jam{T: t, db: db, address: address, lock: newLock(t, address)}
	j.block(j.lock, trips)
	return j
}

// block makes reads wait for a lock, one after the other: those that came together would share a round trip.
func (j *jam) block(on *lock, trips int) {
	j.Helper()
	for i := range trips {
		j.stuck = append(j.stuck, j.start(j.Context(), nil, selectStuck, on.key))
		on.awaitVictims(i + 1)
	}
}

// asked is a read that somebody waits for.
type asked struct {
	back     chan struct{}
	value    int64
	err      error
	panicked any
}

func (j *jam) start(ctx context.Context, each sqlstore.Each, sql string, args ...any) *asked {
	a := &asked{back: make(chan struct{})}
	if each == nil {
		each = func(r sqlstore.Row) { a.value += r.Int(0) } // a row that is handed out twice shows
	}
	go func() {
		defer close(a.back)
		defer func() { a.panicked = recover() }()
		_, a.err = j.db.Read(ctx, each, sql, args...)
	}()
	return a
}

// queue starts a read and returns when it waits, behind all that were queued before.
func (j *jam) queue(ctx context.Context, each sqlstore.Each, sql string, args ...any) *asked {
	j.Helper()
	before := postgres.Waiting(j.db)
	a := j.start(ctx, each, sql, args...)
	await(j.T, func() bool { return postgres.Waiting(j.db) == before+1 })
	return a
}

func (j *jam) want(value int64, reads ...*asked) {
	j.Helper()
	for i, a := range reads {
		if <-a.back; a.err != nil || a.value != value || a.panicked != nil {
			j.Errorf("read %d: got %d, %v, panic %v; want %d", i, a.value, a.err, a.panicked, value)
		}
	}
}
