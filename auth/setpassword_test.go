package auth_test

import (
	"errors"
	"testing"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

const nextPassword = "another horse 10"

// Whoever stole a session is out as soon as the owner changes the password (B17).
func TestSetPasswordEndsEveryOtherSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(t, "alice")
	mine, theirs := w.login(t, "alice"), w.login(t, "alice")
	err := w.SetPassword(t.Context(), w.client, w.authenticate(t, mine.Access), secret.NewText(goodPassword), secret.NewText(nextPassword))
	if err != nil {
		t.Fatalf("SetPassword: %v", err)
	}
	_, err = w.Authenticate(t.Context(), theirs.Access)
	wantError(t, "the other session's access token", err, auth.ErrSessionEnded)
	_, err = w.Refresh(t.Context(), w.client, theirs.Refresh)
	wantError(t, "the other session's refresh token", err, auth.ErrSessionEnded)
	w.authenticate(t, mine.Access)
	if _, err := w.Refresh(t.Context(), w.client, mine.Refresh); err != nil {
		t.Errorf("my own refresh token: %v", err)
	}
	_, err = w.Login(t.Context(), w.client, attempt("alice", goodPassword))
	wantError(t, "Login with the old password", err, auth.ErrBadCredentials)
	if _, err := w.Login(t.Context(), w.client, attempt("alice", nextPassword)); err != nil {
		t.Errorf("Login with the new password: %v", err)
	}
}

func TestSetPasswordRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(t, "alice")
	principal := w.authenticate(t, w.login(t, "alice").Access)
	err := w.SetPassword(t.Context(), w.client, principal, secret.NewText("wrong password"), secret.NewText("x"))
	wantError(t, "wrong current password and a weak new one", err, auth.ErrWrongPassword)
	err = w.SetPassword(t.Context(), w.client, principal, secret.NewText(goodPassword), secret.NewText("short"))
	if input, ok := errors.AsType[*auth.InputError](err); !ok || input.Fields[0] != (auth.FieldError{Field: "new_password", Code: auth.FieldPasswordTooShort, Limit: 8}) {
		t.Errorf("weak new password: got %v, want new_password too short", err)
	}
	w.login(t, "alice") // nothing has changed
}

// The form for changing a password is no side door for guessing it: it shares the counter of sign-ins (CVE-2026-9798).
func TestSetPasswordSharesTheLimitOfLogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(t, "alice")
	principal := w.authenticate(t, w.login(t, "alice").Access)
	for range w.Policy().Limits.FailedLoginsPerSource.Burst {
		err := w.SetPassword(t.Context(), w.client, principal, secret.NewText("wrong password"), secret.NewText(nextPassword))
		wantError(t, "guess", err, auth.ErrWrongPassword)
	}
	err := w.SetPassword(t.Context(), w.client, principal, secret.NewText(goodPassword), secret.NewText(nextPassword))
	if _, ok := errors.AsType[*auth.LimitError](err); !ok {
		t.Errorf("SetPassword beyond the limit: got %v, want a LimitError", err)
	}
	_, err = w.Login(t.Context(), w.client, attempt("alice", goodPassword))
	if _, ok := errors.AsType[*auth.LimitError](err); !ok {
		t.Errorf("Login beyond the limit: got %v, want a LimitError", err)
	}
}

func TestResetPasswordEndsEverySession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := w.register(t, "alice")
	grant := w.login(t, "alice")
	if err := w.ResetPassword(t.Context(), w.client, alice.ID, secret.NewText(nextPassword)); err != nil {
		t.Fatalf("ResetPassword: %v", err)
	}
	_, err := w.Authenticate(t.Context(), grant.Access)
	wantError(t, "access token", err, auth.ErrSessionEnded)
	_, err = w.Refresh(t.Context(), w.client, grant.Refresh)
	wantError(t, "refresh token", err, auth.ErrSessionEnded)
	wantError(t, "unknown user", w.ResetPassword(t.Context(), w.client, "nobody", secret.NewText(nextPassword)), auth.ErrNotFound)
}
