package postgres_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/sqlstore/postgres"
)

// A client that repeats itself, or presents its token too early, must cost the database nothing (I9).
func TestRetryWritesNothing(t *testing.T) {
	t.Parallel()
	url := authtest.PostgresURL(t)
	store, conn := opened(t)(postgres.Open(t.Context(), url)), look(t, url)
	session := newSession(t, store, "ada")
	// A row that is written gets another place or another transaction.
	version := func() string { return scan[string](t, conn, `SELECT ctid::text || ' ' || xmin::text FROM sessions`) }
	spent := refresh(session)
	next, ok, err := store.ConfirmSession(t.Context(), spent)
	if err != nil || !ok {
		t.Fatalf("ConfirmSession: got %v, %v", ok, err)
	}
	before := version()
	for range 10 {
		if _, ok, err := store.ConfirmSession(t.Context(), spent); err != nil || ok {
			t.Fatalf("ConfirmSession of a spent token: got %v, %v", ok, err)
		}
	}
	if after := version(); after != before {
		t.Errorf("retries wrote the row: %s, then %s", before, after)
	}
	mustConfirm(t, store, next)
	if after := version(); after == before {
		t.Error("a refresh left no trace: this test measures nothing")
	}
}

// A refresh writes one row and no index: updates are heap-only ones, and the table keeps its size (I9).
//
// Not parallel: versions of rows that another test's transaction may still look at could not be cleared away.
func TestRefreshWritesOneRowAndNoIndex(t *testing.T) {
	url := authtest.PostgresURL(t)
	store, err := postgres.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	const sessions, rounds = 20, 50
	list := make([]auth.Session, sessions)
	for i := range list {
		list[i] = newSession(t, store, fmt.Sprint("user", i))
	}
	conn := look(t, url)
	pages := func() int { return scan[int](t, conn, `SELECT pg_relation_size('sessions') / 8192`) }
	refreshAll(t, store, list, rounds)
	before := pages()
	refreshAll(t, store, list, rounds)
	if grown := pages() - before; grown > 2 { // 40 or so, if what is spent were not cleared away
		t.Errorf("the table grew by %d pages for %d rows and %d refreshes", grown, sessions, sessions*rounds)
	}
	if err := store.Close(); err != nil { // a server process that ends hands in its counts
		t.Fatal(err)
	}
	count := func(column string) int {
		return scan[int](t, conn, `SELECT `+column+` FROM pg_stat_user_tables WHERE schemaname = current_schema() AND relname = 'sessions'`)
	}
	const updates = 2 * sessions * rounds
	await(t, func() bool { return count("n_tup_upd") >= updates })
	if n, hot := count("n_tup_upd"), count("n_tup_hot_upd"); n != updates || hot < updates*95/100 {
		t.Errorf("got %d updates for %d refreshes, %d of them heap-only", n, updates, hot)
	}
}

// refreshAll refreshes every session a number of times. One at a time: rows of a page that others are reading wait to be cleared away.
func refreshAll(t *testing.T, store auth.Store, list []auth.Session, rounds int) {
	t.Helper()
	for range rounds {
		for i, session := range list {
			list[i] = mustConfirm(t, store, session)
		}
	}
}

// await asks until it is told yes.
func await(t *testing.T, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !done() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatal("waited for a minute")
		}
	}
}

func TestTwoNodesShareADatabase(t *testing.T) {
	t.Parallel()
	url := authtest.PostgresURL(t)
	stores := []auth.Store{opened(t)(postgres.Open(t.Context(), url)), opened(t)(postgres.Open(t.Context(), url))}
	session := newSession(t, stores[0], "ada")
	var confirmed, keys atomic.Int32
	c := refresh(session)
	var all sync.WaitGroup
	for i := range 40 {
		store := stores[i%2]
		all.Go(func() {
			_, ok, err := store.ConfirmSession(t.Context(), c)
			if err != nil {
				t.Errorf("ConfirmSession: %v", err)
			}
			if ok {
				confirmed.Add(1)
			}
		})
		if i >= 8 { // each holds a connection while it waits for its turn
			continue
		}
		all.Go(func() {
			err := store.ChangeSigningKeys(t.Context(), func(known []auth.SigningKey) ([]auth.SigningKey, []auth.Event, error) {
				if len(known) > 0 {
					return nil, nil, nil
				}
				keys.Add(1)
				return []auth.SigningKey{{ID: fmt.Sprint("key", i), CreatedAt: noon, StateAt: noon}}, nil, nil
			})
			if err != nil {
				t.Errorf("ChangeSigningKeys: %v", err)
			}
		})
	}
	all.Wait()
	if confirmed.Load() != 1 || keys.Load() != 1 {
		t.Errorf("got %d confirmations and %d first keys, want one of each", confirmed.Load(), keys.Load())
	}
}
