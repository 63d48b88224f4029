package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/sqlstore"
	"github.com/cartouche-auth/cartouche/sqlstore/sqlite"
)

var noon = time.Date(2026, time.January, 1, 12, 0, 0, 0, time.UTC)

// open opens a store that is closed when the test ends.
func open(t *testing.T, path string, pragmas ...string) *sqlstore.Store {
	t.Helper()
	store, err := sqlite.OpenWith(t.Context(), path, pragmas...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

// look opens a file beside the store, as another program would.
func look(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return db
}

func number(t *testing.T, db *sql.DB, query string) (n int64) {
	t.Helper()
	if err := db.QueryRow(query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// newSession makes a user with a session.
func newSession(t *testing.T, store auth.Store, name string) auth.Session {
	t.Helper()
	user, err := store.CreateUser(t.Context(), auth.User{Username: name, IsActive: true, DateJoined: noon}, auth.Event{Kind: auth.EventUserCreated, At: noon})
	if err != nil {
		t.Fatal(err)
	}
	session := auth.Session{
		ID: auth.NewSessionID(), UserID: user.ID, Parent: auth.TokenID(secret.Bytes(16)), ConfirmedAt: noon, CreatedAt: noon,
		IdleLifetime: time.Hour, IdleExpiresAt: noon.Add(time.Hour), AbsoluteExpiresAt: noon.Add(48 * time.Hour), Method: "password",
	}
	if _, err := store.CreateSession(t.Context(), auth.Opening{Session: session, Event: auth.Event{Kind: auth.EventLogin, At: noon}}); err != nil {
		t.Fatal(err)
	}
	return session
}

// refresh asks to confirm a child of the session's parent.
func refresh(s auth.Session) auth.Confirmation {
	return auth.Confirmation{SessionID: s.ID, Own: auth.TokenID(secret.Bytes(16)), Parent: s.Parent, Generation: s.Generation + 1, BornAt: noon, Now: noon}
}

func mustConfirm(t *testing.T, store auth.Store, s auth.Session) auth.Session {
	t.Helper()
	next, ok, err := store.ConfirmSession(t.Context(), refresh(s))
	if err != nil || !ok {
		t.Fatalf("ConfirmSession: got %v, %v", ok, err)
	}
	return next
}

// Whoever else has an account on the machine must not read password hashes and addresses (K12, store theft).
func TestStoreTheftByAnotherAccount(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "new", "folder")
	path := filepath.Join(folder, "auth.db")
	store := open(t, path)
	newSession(t, store, "ada")
	for name, want := range map[string]fs.FileMode{folder: 0o700 | fs.ModeDir, path: 0o600, path + "-wal": 0o600, path + "-shm": 0o600} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != want {
			t.Errorf("mode of %s: got %v, want %v", name, info.Mode(), want)
		}
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	open(t, path)
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("mode of a file that others could read: got %v, %v; want 0600", info.Mode(), err)
	}
}

func TestOpenOddPaths(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for _, name := range []string{"plain.db", "what? #1 100%.db", "ä b&c=d;e.db", "file:x.db"} {
		path := filepath.Join(folder, name)
		newSession(t, open(t, path), "ada")
		if _, err := os.Stat(path); err != nil {
			t.Errorf("Open(%q): %v", name, err)
		}
	}
	for _, path := range []string{"", ":memory:", folder} {
		if store, err := sqlite.Open(t.Context(), path); err == nil {
			store.Close()
			t.Errorf("Open(%q): got no error", path)
		}
	}
	if err := os.WriteFile(filepath.Join(folder, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := sqlite.Open(t.Context(), filepath.Join(folder, "file", "auth.db"))
	if !errors.Is(err, auth.ErrUnavailable) {
		t.Errorf("Open below a file: got %v, want ErrUnavailable", err)
	}
}

func TestWhatWasAnsweredIsThereAfterReopening(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "auth.db")
	store := open(t, path)
	session := mustConfirm(t, store, newSession(t, store, "ada"))
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	got, _, err := open(t, path).Session(t.Context(), session.ID)
	if diff := cmp.Diff(session, got); err != nil || diff != "" {
		t.Errorf("Session: %v (-want +got):\n%s", err, diff)
	}
}

// A copy of the files while the store is open is what a crash of the process leaves behind.
func TestWhatWasAnsweredIsThereAfterACrash(t *testing.T) {
	t.Parallel()
	path, copied := filepath.Join(t.TempDir(), "auth.db"), filepath.Join(t.TempDir(), "copy.db")
	store := open(t, path)
	session := mustConfirm(t, store, newSession(t, store, "ada"))
	for _, suffix := range []string{"", "-wal"} {
		content, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(copied+suffix, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, _, err := open(t, copied).Session(t.Context(), session.ID)
	if diff := cmp.Diff(session, got); err != nil || diff != "" {
		t.Errorf("Session: %v (-want +got):\n%s", err, diff)
	}
}

func TestEveryCommitReachesTheDisk(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "auth.db")
	db, err := sqlite.OpenDatabase(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for pragma, want := range map[string]string{"synchronous": "2", "journal_mode": "wal", "foreign_keys": "1"} {
		var got string
		_, err := db.Write(t.Context(), func(r sqlstore.Row) { got = r.Text(0) }, `SELECT CAST(`+pragma+` AS TEXT) FROM pragma_`+pragma)
		if err != nil || got != want {
			t.Errorf("%s: got %q, %v; want %q", pragma, got, err, want)
		}
	}
	var readOnly int64
	if _, err := db.Read(t.Context(), func(r sqlstore.Row) { readOnly = r.Int(0) }, `SELECT query_only FROM pragma_query_only`); err != nil || readOnly != 1 {
		t.Errorf("query_only of a reading connection: got %d, %v", readOnly, err)
	}
}

func TestClosedStoreIsUnavailable(t *testing.T) {
	t.Parallel()
	store := open(t, filepath.Join(t.TempDir(), "auth.db"))
	for range 2 {
		if err := store.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	_, err := store.User(t.Context(), "1")
	for name, err := range map[string]error{"read": err, "write": store.Ping(t.Context())} {
		if !errors.Is(err, auth.ErrUnavailable) {
			t.Errorf("%s after Close: got %v, want ErrUnavailable", name, err)
		}
	}
}

// Not parallel, so that no goroutine of another test is about.
func TestCloseLeavesNoGoroutine(t *testing.T) {
	before := goleak.IgnoreCurrent()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "auth.db"))
	if err != nil {
		t.Fatal(err)
	}
	newSession(t, store, "ada")
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	goleak.VerifyNone(t, before)
}

func TestOpenGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "auth.db")); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "auth.db") {
		t.Errorf("Open: got %v, want context.Canceled that names the file", err)
	}
}
