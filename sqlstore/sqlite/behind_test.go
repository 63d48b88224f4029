package sqlite_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/cartouche-auth/cartouche/auth"
)

// Somebody disables or deletes a user with SQL of his own: the user's sessions, which nobody has ended, must not be refreshed any more.
func TestUserChangedBehindOurBack(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "auth.db")
	store, db := open(t, path), look(t, path)
	session := newSession(t, store, "ada")
	if _, err := db.Exec(`PRAGMA foreign_keys = 1; UPDATE users SET is_active = 0`); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := store.ConfirmSession(t.Context(), refresh(session)); err != nil || ok {
		t.Errorf("ConfirmSession of a disabled user: got %v, %v", ok, err)
	}
	if _, active, err := store.Session(t.Context(), session.ID); err != nil || active {
		t.Errorf("Session of a disabled user: got active %v, %v", active, err)
	}
	if _, err := db.Exec(`DELETE FROM users`); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := store.ConfirmSession(t.Context(), refresh(session)); err != nil || ok {
		t.Errorf("ConfirmSession of a deleted user: got %v, %v", ok, err)
	}
	if _, _, err := store.SessionUser(t.Context(), session.ID); !errors.Is(err, auth.ErrNotFound) {
		t.Errorf("SessionUser of a deleted user: got %v, want ErrNotFound", err)
	}
	if _, _, err := store.UserBySession(t.Context(), session.ID, noon); !errors.Is(err, auth.ErrNotFound) {
		t.Errorf("UserBySession of a deleted user: got %v, want ErrNotFound", err)
	}
	// The id of a user who is gone is never given again: events and tokens still name it.
	if next := newSession(t, store, "bob"); next.UserID == session.UserID {
		t.Errorf("the id %s was given twice", next.UserID)
	}
}
