package auth_test

import (
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
)

// A disabled user is out at once, everywhere (B19; CVE-2024-22513).
func TestDisableShutsTheUserOutAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := w.register(t, "alice")
	w.register(t, "bob")
	grant, bob := w.login(t, "alice"), w.login(t, "bob")
	principal := w.authenticate(t, grant.Access)
	if err := w.Disable(t.Context(), w.client, alice.ID); err != nil {
		t.Fatal(err)
	}
	_, err := w.Authenticate(t.Context(), grant.Access)
	wantError(t, "Authenticate", err, auth.ErrUserInactive)
	_, err = w.Whoami(t.Context(), principal)
	wantError(t, "Whoami of a principal who was let in before", err, auth.ErrUserInactive)
	_, err = w.Refresh(t.Context(), w.client, grant.Refresh)
	wantError(t, "Refresh", err, auth.ErrUserInactive)
	_, err = w.Login(t.Context(), w.client, attempt("alice", goodPassword))
	wantError(t, "Login", err, auth.ErrBadCredentials)
	w.authenticate(t, bob.Access)

	w.clock.Advance(time.Second)
	if err := w.Enable(t.Context(), w.client, alice.ID); err != nil {
		t.Fatal(err)
	}
	_, err = w.Refresh(t.Context(), w.client, grant.Refresh)
	wantError(t, "Refresh of the session that had ended", err, auth.ErrUserInactive)
	w.authenticate(t, w.login(t, "alice").Access)
}

func TestDisableUnknownUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	wantError(t, "Disable", w.Disable(t.Context(), w.client, "nobody"), auth.ErrNotFound)
	wantError(t, "Enable", w.Enable(t.Context(), w.client, "nobody"), auth.ErrNotFound)
}
