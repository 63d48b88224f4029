package sqlite_test

import (
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cartouche-auth/cartouche/auth"
)

// A client that repeats itself, or presents its token too early, must cost the database nothing (I9).
func TestRetryWritesNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "auth.db")
	store := open(t, path)
	session := newSession(t, store, "ada")
	spent := refresh(session)
	if _, ok, err := store.ConfirmSession(t.Context(), spent); err != nil || !ok {
		t.Fatalf("ConfirmSession: got %v, %v", ok, err)
	}
	db := look(t, path)
	commits, version := walCommits(t, path), number(t, db, `PRAGMA data_version`)
	for range 10 {
		if _, ok, err := store.ConfirmSession(t.Context(), spent); err != nil || ok {
			t.Fatalf("ConfirmSession of a spent token: got %v, %v", ok, err)
		}
		if done, err := store.EndSession(t.Context(), auth.SessionEnd{ID: session.ID, At: noon, Parent: spent.Parent}, auth.Event{At: noon}); err != nil || done {
			t.Fatalf("EndSession at another parent: got %v, %v", done, err)
		}
	}
	if n := walCommits(t, path) - commits; n != 0 {
		t.Errorf("retries wrote %d commits", n)
	}
	if got := number(t, db, `PRAGMA data_version`); got != version {
		t.Error("retries changed the database")
	}
	mustConfirm(t, store, func() auth.Session { s, _, _ := store.Session(t.Context(), session.ID); return s }())
	if got := number(t, db, `PRAGMA data_version`); got == version {
		t.Error("a refresh left no trace: this test measures nothing")
	}
}

// However often sessions are refreshed, the database keeps its size (I9).
func TestRefreshingDoesNotGrowTheDatabase(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "auth.db")
	store := open(t, path)
	const sessions, rounds = 20, 150
	list := make([]auth.Session, sessions)
	for i := range list {
		list[i] = newSession(t, store, fmt.Sprint("user", i))
	}
	chain := func() {
		var all sync.WaitGroup
		for i := range list {
			all.Go(func() {
				for range rounds {
					next, ok, err := store.ConfirmSession(t.Context(), refresh(list[i]))
					if err != nil || !ok {
						t.Errorf("ConfirmSession: got %v, %v", ok, err)
						return
					}
					list[i] = next
				}
			})
		}
		all.Wait()
	}
	db := look(t, path)
	chain() // generations get their second byte
	pages := number(t, db, `PRAGMA page_count`)
	chain()
	if got := number(t, db, `PRAGMA page_count`); got != pages {
		t.Errorf("pages: got %d after %d more refreshes, want %d", got, sessions*rounds, pages)
	}
	if n := number(t, db, `SELECT count(*) FROM sessions`); n != sessions {
		t.Errorf("sessions: got %d rows, want %d", n, sessions)
	}
}

func TestTwoProcessesShareAFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "auth.db")
	stores := []auth.Store{open(t, path), open(t, path)} // each has its own connections, as a process would
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
