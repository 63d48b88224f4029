package postgres_test

import (
	"errors"
	"testing"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/sqlstore/postgres"
)

// Somebody disables or deletes a user with SQL of his own: the user's sessions, which nobody has ended, must not be refreshed any more.
func TestUserChangedBehindOurBack(t *testing.T) {
	t.Parallel()
	address := authtest.PostgresURL(t)
	store, db := opened(t)(postgres.Open(t.Context(), address)), look(t, address)
	session := newSession(t, store, "ada")
	if _, err := db.Exec(t.Context(), `UPDATE users SET is_active = false`); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := store.ConfirmSession(t.Context(), refresh(session)); err != nil || ok {
		t.Errorf("ConfirmSession of a disabled user: got %v, %v", ok, err)
	}
	if _, active, err := store.Session(t.Context(), session.ID); err != nil || active {
		t.Errorf("Session of a disabled user: got active %v, %v", active, err)
	}
	if _, err := db.Exec(t.Context(), `DELETE FROM users`); err != nil {
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
