package sqlite_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/sqlstore"
	"github.com/cartouche-auth/cartouche/sqlstore/sqlite"
)

// occupy keeps the writer busy until release is called.
func occupy(t *testing.T, store auth.Store) (release func()) {
	t.Helper()
	begun, hold := make(chan struct{}), make(chan struct{})
	done := make(chan error, 1)
	go func() {
		done <- store.ChangeSigningKeys(context.WithoutCancel(t.Context()), func([]auth.SigningKey) ([]auth.SigningKey, []auth.Event, error) {
			close(begun)
			<-hold
			return nil, nil, nil
		})
	}()
	<-begun
	return sync.OnceFunc(func() {
		close(hold)
		if err := <-done; err != nil {
			t.Errorf("ChangeSigningKeys: %v", err)
		}
	})
}

func TestCancelledWorkThatHasNotBegunIsDropped(t *testing.T) {
	t.Parallel()
	db, err := sqlite.OpenDatabase(t.Context(), filepath.Join(t.TempDir(), "auth.db"))
	if err != nil {
		t.Fatal(err)
	}
	store := sqlstore.New(db)
	defer store.Close()
	session := newSession(t, store, "ada")
	release := occupy(t, store)
	defer release()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, _, err := store.ConfirmSession(ctx, refresh(session))
		done <- err
	}()
	for sqlite.Waiting(db) == 0 {
		runtime.Gosched()
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) { // while the writer is still busy
		t.Errorf("ConfirmSession: got %v, want context.Canceled", err)
	}
	release()
	if err := store.Ping(t.Context()); err != nil { // the batch after is through
		t.Fatal(err)
	}
	if got, _, err := store.Session(t.Context(), session.ID); err != nil || got.Generation != 0 {
		t.Errorf("a cancelled refresh was carried out: generation %d, %v", got.Generation, err)
	}
}

// Whoever goes away while his work is being done is told how it ended, like everybody.
func TestWorkThatHasBegunIsFinished(t *testing.T) {
	t.Parallel()
	store := open(t, filepath.Join(t.TempDir(), "auth.db"))
	ctx, cancel := context.WithCancel(t.Context())
	err := store.ChangeSigningKeys(ctx, func([]auth.SigningKey) ([]auth.SigningKey, []auth.Event, error) {
		cancel()
		runtime.Gosched()
		return []auth.SigningKey{{ID: "key", CreatedAt: noon, StateAt: noon}}, nil, nil
	})
	if err != nil {
		t.Errorf("ChangeSigningKeys: %v", err)
	}
	if keys, err := store.SigningKeys(t.Context()); err != nil || len(keys) != 1 {
		t.Errorf("SigningKeys: got %d, %v; want the one that was stored", len(keys), err)
	}
}

// Jobs pile up behind a slow one and share a transaction; those that fail must not take the others with them.
func TestOneBadJobDoesNotSpoilItsBatch(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "auth.db")
	store := open(t, path)
	const each = 10
	var sessions [each]auth.Session
	for i := range sessions {
		sessions[i] = newSession(t, store, fmt.Sprint("user", i))
	}
	release := occupy(t, store)
	var all sync.WaitGroup
	var confirmed, taken, refused atomic.Int32
	for i := range each {
		all.Go(func() {
			if _, ok, err := store.ConfirmSession(t.Context(), refresh(sessions[i])); err == nil && ok {
				confirmed.Add(1)
			}
		})
		all.Go(func() {
			_, err := store.CreateUser(t.Context(), auth.User{Username: "user0", DateJoined: noon}, auth.Event{At: noon})
			if errors.Is(err, auth.ErrUsernameTaken) {
				taken.Add(1)
			}
		})
		all.Go(func() { // the id exists: a mistake that SQLite itself refuses, in the middle of a transaction
			_, err := store.CreateSession(t.Context(), auth.Opening{Session: sessions[i], Event: auth.Event{Kind: auth.EventLoginFailed, At: noon}})
			if err != nil && !errors.Is(err, auth.ErrUnavailable) {
				refused.Add(1)
			}
		})
	}
	release()
	all.Wait()
	if confirmed.Load() != each || taken.Load() != each || refused.Load() != each {
		t.Errorf("got %d confirmed, %d taken, %d refused; want %d of each", confirmed.Load(), taken.Load(), refused.Load(), each)
	}
	if n := number(t, look(t, path), `SELECT count(*) FROM events WHERE kind = 'login.failed'`); n != 0 {
		t.Errorf("%d events of work that failed were stored", n)
	}
	user, err := store.CreateUser(t.Context(), auth.User{Username: "next", DateJoined: noon}, auth.Event{At: noon})
	if err != nil || user.ID != auth.UserID(fmt.Sprint(each+1)) {
		t.Errorf("the next id: got %s, %v; failed work must give its id back", user.ID, err)
	}
}

func TestManyJobsShareACommit(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "auth.db")
	store := open(t, path)
	const jobs = 50
	var sessions [jobs]auth.Session
	for i := range sessions {
		sessions[i] = newSession(t, store, fmt.Sprint("user", i))
	}
	before := walCommits(t, path)
	release := occupy(t, store)
	var all sync.WaitGroup
	for i := range jobs {
		all.Go(func() {
			if _, ok, err := store.ConfirmSession(t.Context(), refresh(sessions[i])); err != nil || !ok {
				t.Errorf("ConfirmSession: got %v, %v", ok, err)
			}
		})
	}
	release()
	all.Wait()
	if n := walCommits(t, path) - before; n >= jobs/2 {
		t.Errorf("%d jobs took %d commits", jobs, n)
	}
}

// walCommits counts the commits in the write-ahead log (https://www.sqlite.org/fileformat2.html#walformat).
func walCommits(t *testing.T, path string) (n int) {
	t.Helper()
	const header, frameHeader = 32, 24
	log, err := os.ReadFile(path + "-wal")
	if err != nil || len(log) < header {
		t.Fatalf("read the log: %d bytes, %v", len(log), err)
	}
	frame := frameHeader + int(binary.BigEndian.Uint32(log[8:]))
	salts := log[16:24]
	for rest := log[header:]; len(rest) >= frame && bytes.Equal(rest[8:16], salts); rest = rest[frame:] {
		if binary.BigEndian.Uint32(rest[4:]) != 0 { // the last frame of a commit
			n++
		}
	}
	return n
}

func TestPanicOfTheWorkReachesItsCaller(t *testing.T) {
	t.Parallel()
	store := open(t, filepath.Join(t.TempDir(), "auth.db"))
	defer func() {
		if recover() != "boom" {
			t.Error("the panic did not reach the caller")
		}
		if err := store.Ping(t.Context()); err != nil {
			t.Errorf("Ping after a panic: %v", err)
		}
	}()
	_ = store.ChangeSigningKeys(t.Context(), func([]auth.SigningKey) ([]auth.SigningKey, []auth.Event, error) { panic("boom") })
}

// fails calls everything that writes and expects it to be unavailable, and then everything that reads and expects it to work.
func fails(t *testing.T, store *sqlstore.Store, session auth.Session) {
	t.Helper()
	end := auth.SessionEnd{ID: session.ID, Reason: auth.EndedByLogout, At: noon}
	_, _, confirm := store.ConfirmSession(t.Context(), refresh(session))
	_, ended := store.EndSession(t.Context(), end, auth.Event{At: noon})
	for name, err := range map[string]error{"ConfirmSession": confirm, "EndSession": ended, "Ping": store.Ping(t.Context())} {
		if !errors.Is(err, auth.ErrUnavailable) {
			t.Errorf("%s: got %v, want ErrUnavailable", name, err)
		}
	}
	got, _, err := store.SessionUser(t.Context(), session.ID)
	if err != nil || got != session {
		t.Errorf("SessionUser: got %+v, %v; want the session unchanged", got, err)
	}
}

func TestReadOnlyFileIsUnavailableForWriting(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "auth.db")
	session := newSession(t, open(t, path), "ada")
	fails(t, open(t, path, "query_only(1)"), session)
}

func TestLockedFileIsUnavailableForWriting(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "auth.db")
	store := open(t, path, "busy_timeout(20)")
	session := newSession(t, store, "ada")
	db := look(t, path)
	if _, err := db.Exec(`BEGIN IMMEDIATE`); err != nil {
		t.Fatal(err)
	}
	fails(t, store, session)
	if _, err := db.Exec(`COMMIT`); err != nil {
		t.Fatal(err)
	}
	mustConfirm(t, store, session)
}

func TestFullDiskIsUnavailableForWriting(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "auth.db")
	session := newSession(t, open(t, path), "ada")
	store := open(t, path, "max_page_count(60)")
	var err error
	for i := 0; err == nil && i < 1000; i++ {
		err = store.RecordEvent(t.Context(), auth.Event{Kind: auth.EventLogin, At: noon, Detail: strings.Repeat("x", 1000)})
		if err == nil {
			_, err = store.SealEvents(t.Context(), 1, func(head auth.Mark, _ int64, _ []auth.SealedEvent) ([]auth.Link, auth.Mark) {
				head.Position++
				return []auth.Link{head.Link}, head
			})
		}
	}
	if !errors.Is(err, auth.ErrUnavailable) {
		t.Fatalf("RecordEvent on a full disk: got %v, want ErrUnavailable", err)
	}
	if got, _, err := store.SessionUser(t.Context(), session.ID); err != nil || got != session {
		t.Errorf("SessionUser: got %+v, %v; want the session unchanged", got, err)
	}
	if _, err := store.PruneEvents(t.Context(), noon.Add(1), func(l auth.Link) auth.Mark { return auth.Mark{Link: l} }); err != nil {
		t.Fatalf("PruneEvents on a full disk: %v", err) // deleting makes room
	}
	mustConfirm(t, store, session)
}
