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

func TestWaitingReadsShareARoundTrip(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"cache_statement", "cache_describe"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			j := newJamOf(t, postgres.MaxTrips, mode)
			first := j.queue(t.Context(), nil, selectXact)
			others := []*asked{j.queue(t.Context(), nil, selectXact), j.queue(t.Context(), nil, selectXact)}
			j.release()
			j.want(7, j.stuck...)
			<-first.back
			j.want(first.value, others...)
			j.want(3, j.start(t.Context(), nil, selectNumber, int64(3))) // nobody is waiting any more, so this one goes at once
		})
	}
}

// Whoever can make the database slow for one read must not be able to hold up everybody's.
func TestSlowReadsDoNotKeepOthersWaiting(t *testing.T) {
	t.Parallel()
	j := newJamOf(t, 1, "cache_statement")
	for range postgres.MaxTrips - 1 {
		j.want(3, j.start(t.Context(), nil, selectNumber, int64(3)), j.start(t.Context(), nil, selectNumber, int64(3)))
		j.stuck = append(j.stuck, j.start(t.Context(), nil, selectStuck, j.key))
		j.awaitVictims(len(j.stuck))
	}
	j.release()
	j.want(7, j.stuck...)
}

// Waiting until a trip is late is for slow ones: the others hand on to who waits at once.
func TestQuickReadsAreNeverLate(t *testing.T) {
	t.Parallel()
	j := newJamOf(t, 0, "cache_statement")
	postgres.SetLate(j.db, time.Hour)
	j.block(j.lock, 1)
	waiting := j.queue(t.Context(), nil, selectNumber, int64(3))
	j.release()
	j.want(7, j.stuck...)
	j.want(3, waiting)
	for range 3 {
		j.want(3, j.start(t.Context(), nil, selectNumber, int64(3)))
	}
}

func TestEnoughToFillARoundTripDoNotWait(t *testing.T) {
	t.Parallel()
	j := newJamOf(t, 0, "cache_statement")
	postgres.SetLate(j.db, time.Hour)
	j.block(j.lock, 1)
	first := j.queue(t.Context(), nil, selectXact)
	var others []*asked
	for range postgres.MaxShared - 2 {
		others = append(others, j.start(t.Context(), nil, selectXact))
	}
	await(t, func() bool { return postgres.Waiting(j.db) == postgres.MaxShared-1 })
	others = append(others, j.start(t.Context(), nil, selectXact))
	<-first.back
	j.want(first.value, append(others, first)...)
	j.release()
	j.want(7, j.stuck...)
}

// The newest trip is not the only one to wait for when it is stuck.
func TestWhoIsOverdueGoesWhenAnyTripEnds(t *testing.T) {
	t.Parallel()
	j := newJamOf(t, 1, "cache_statement")
	oldest, second := j.stuck[0], newLock(t, j.address)
	j.block(second, postgres.MaxTrips-1)
	waiting := j.queue(t.Context(), nil, selectNumber, int64(3))
	await(t, func() bool { return postgres.Overdue(j.db) })
	j.release()
	j.want(7, oldest)
	j.want(3, waiting)
	if n := len(second.victims()); n != postgres.MaxTrips-1 {
		t.Errorf("got %d reads stuck still, want %d", n, postgres.MaxTrips-1)
	}
	second.release()
	j.want(7, j.stuck...)
}

// Whoever asks after a sign-out was answered must see it, however long he waits and whomever he shares a trip with.
func TestSharedReadSeesWhatWasDoneBefore(t *testing.T) {
	t.Parallel()
	j := newJam(t)
	early := j.queue(t.Context(), nil, selectNumber, int64(1))
	if _, err := j.db.Write(t.Context(), nil, `UPDATE counters SET value = value + 1 WHERE name = 'ping'`); err != nil {
		t.Fatal(err)
	}
	late := j.queue(t.Context(), nil, `SELECT value FROM counters WHERE name = 'ping'`)
	j.release()
	j.want(1, early, late)
}

func TestHangingUpWhileWaitingForARoundTrip(t *testing.T) {
	t.Parallel()
	j := newJam(t)
	ctx, hangUp := context.WithCancel(t.Context())
	before := j.queue(t.Context(), nil, selectNumber, int64(3))
	impatient := j.queue(ctx, nil, selectNumber, int64(3))
	after := j.queue(t.Context(), nil, selectNumber, int64(3))
	hangUp()
	if <-impatient.back; !errors.Is(impatient.err, context.Canceled) || errors.Is(impatient.err, auth.ErrUnavailable) || impatient.value != 0 {
		t.Errorf("who hung up: got %d, %v; want context.Canceled", impatient.value, impatient.err)
	}
	if n := postgres.Waiting(j.db); n != 2 {
		t.Errorf("got %d reads waiting, want 2", n)
	}
	j.release()
	j.want(3, before, after)
}

// Whoever makes the trip hangs up in the middle of it: a stranger must not be able to fail the reads of others.
func TestHangingUpDoesNotEndTheTripOfOthers(t *testing.T) {
	t.Parallel()
	j := newJam(t)
	second := newLock(t, j.address)
	ctx, hangUp := context.WithCancel(t.Context())
	first := j.queue(ctx, nil, selectNumber, int64(7))
	others := []*asked{j.queue(t.Context(), nil, selectStuck, second.key), j.queue(t.Context(), nil, selectNumber, int64(7))}
	j.release()
	second.awaitVictims(1)
	pid := second.victims()[0]
	hangUp()
	others = append(others, j.start(t.Context(), nil, selectNumber, int64(7))) // by a trip beside it
	<-others[2].back
	if now := second.victims(); len(now) != 1 || now[0] != pid {
		t.Errorf("waiting for the lock: got %v, want %d still", now, pid)
	}
	second.release()
	j.want(7, append(others, first)...)
}

func TestOneBadReadAmongMany(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string]struct {
		sql  string
		args []any
	}{
		"fails in the database": {selectRatio, []any{int64(0)}}, "cannot be prepared": {selectNothing, nil},
		"cannot be encoded": {selectNumber, []any{"three"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := newJam(t)
			good := []*asked{j.queue(t.Context(), nil, selectNumber, int64(1))}
			failing := j.queue(t.Context(), nil, bad.sql, bad.args...)
			good = append(good, j.queue(t.Context(), nil, selectNumber, int64(1)), j.queue(t.Context(), nil, selectRatio, int64(1)))
			j.release()
			j.want(1, good...)
			if <-failing.back; failing.err == nil || errors.Is(failing.err, auth.ErrUnavailable) {
				t.Errorf("the bad one: got %v, want its own error", failing.err)
			}
		})
	}
}

func TestPanicAmongManyIsItsOwners(t *testing.T) {
	t.Parallel()
	j := newJam(t)
	first := j.queue(t.Context(), nil, selectNumber, int64(1))
	broken := j.queue(t.Context(), func(sqlstore.Row) { panic("broken") }, selectNumber, int64(1))
	last := j.queue(t.Context(), nil, selectNumber, int64(1))
	j.release()
	<-first.back // it made the trip, so it panics too
	if <-broken.back; broken.panicked == nil {
		t.Error("the broken one did not panic")
	}
	j.want(1, last)
	j.want(7, j.stuck...)
	j.want(3, j.start(t.Context(), nil, selectNumber, int64(3)))
}

func TestConnectionEndsUnderAWholeTrip(t *testing.T) {
	t.Parallel()
	j := newJam(t)
	second := newLock(t, j.address)
	reads := []*asked{
		j.queue(t.Context(), nil, selectNumber, int64(7)), j.queue(t.Context(), nil, selectStuck, second.key),
		j.queue(t.Context(), nil, selectNumber, int64(7)), j.queue(t.Context(), nil, selectNumber, int64(7)),
	}
	j.release()
	second.awaitVictims(1)
	pid := second.victims()[0]
	scan[bool](t, j.conn, `SELECT pg_terminate_backend($1::bigint::int)`, pid)
	await(t, func() bool { now := second.victims(); return len(now) == 1 && now[0] != pid }) // it has asked again
	second.release()
	j.want(7, reads...)
	j.want(7, j.stuck...)
}

func TestCloseWhileReadsWait(t *testing.T) {
	t.Parallel()
	j := newJam(t)
	reads := []*asked{j.queue(t.Context(), nil, selectNumber, int64(7)), j.queue(t.Context(), nil, selectNumber, int64(7))}
	closed := make(chan error)
	go func() { closed <- j.db.Close() }()
	await(t, func() bool {
		_, err := j.db.Write(t.Context(), func(sqlstore.Row) {}, selectNumber, int64(1))
		return errors.Is(err, auth.ErrUnavailable)
	})
	j.release()
	if err := <-closed; err != nil {
		t.Errorf("Close: %v", err)
	}
	j.want(7, j.stuck...) // what was under way
	for _, a := range reads {
		if <-a.back; !errors.Is(a.err, auth.ErrUnavailable) {
			t.Errorf("a read that waited: got %v, want ErrUnavailable", a.err)
		}
	}
}

// However many wait, each waits for its turn and for the database only so long: no queue before a database that hangs.
func TestWaitForARoundTripIsBounded(t *testing.T) {
	t.Parallel()
	const patience = time.Second
	db, err := postgres.OpenDatabase(t.Context(), authtest.PostgresURL(t)+"&pool_max_conns=1&statement_timeout=60000", patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	const readers = 640 // ten times what the trips of one patience would take
	late, cancel := context.WithTimeout(t.Context(), 6*patience)
	defer cancel()
	var failed sync.WaitGroup
	enough := errors.New("enough")
	err = db.InTx(t.Context(), func(context.Context, sqlstore.Tx) error { // holds the one connection
		for range readers {
			failed.Go(func() {
				if _, err := db.Read(t.Context(), func(sqlstore.Row) {}, selectNumber, int64(1)); !errors.Is(err, auth.ErrUnavailable) {
					t.Errorf("Read: got %v, want ErrUnavailable", err)
				}
			})
		}
		failed.Wait()
		return enough
	})
	if !errors.Is(err, enough) || late.Err() != nil {
		t.Errorf("InTx: %v; reads took too long: %v", err, late.Err())
	}
}
