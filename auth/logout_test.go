package auth_test

import (
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

// Signing out works with any genuine token of the session, and a second time changes nothing.
func TestLogout(t *testing.T) {
	t.Parallel()
	for name, present := range map[string]func(w world, g auth.Grant) []secret.Text{
		"Refresh": func(_ world, g auth.Grant) []secret.Text { return []secret.Text{g.Refresh} },
		"Access":  func(_ world, g auth.Grant) []secret.Text { return []secret.Text{g.Access} },
		"Both":    func(_ world, g auth.Grant) []secret.Text { return []secret.Text{g.Refresh, g.Access} },
		"ExpiredAccess": func(w world, g auth.Grant) []secret.Text {
			w.clock.Advance(w.Policy().AccessLifetime + time.Minute)
			return []secret.Text{g.Access}
		},
		"BesideGarbage": func(_ world, g auth.Grant) []secret.Text {
			return []secret.Text{{}, secret.NewText("garbage"), g.Refresh}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.register(t, "alice")
			grant, other := w.login(t, "alice"), w.login(t, "alice")
			presented := present(w, grant)
			for _, want := range []bool{true, false} {
				if done, err := w.Logout(t.Context(), w.client, presented...); err != nil || done != want {
					t.Errorf("Logout: got %v, %v; want %v", done, err, want)
				}
			}
			_, err := w.Refresh(t.Context(), w.client, grant.Refresh)
			wantError(t, "Refresh after signing out", err, auth.ErrSessionEnded)
			if _, err := w.Refresh(t.Context(), w.client, other.Refresh); err != nil {
				t.Errorf("the other device: %v", err)
			}
		})
	}
}

// The access token of a session dies with it, not minutes later (B12).
func TestLogoutKillsTheAccessTokenAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(t, "alice")
	grant := w.login(t, "alice")
	w.authenticate(t, grant.Access)
	if _, err := w.Logout(t.Context(), w.client, grant.Refresh); err != nil {
		t.Fatal(err)
	}
	_, err := w.Authenticate(t.Context(), grant.Access)
	wantError(t, "Authenticate", err, auth.ErrSessionEnded)
	wantError(t, "VerifyToken of the refresh token", w.VerifyToken(t.Context(), grant.Refresh), auth.ErrSessionEnded)
}

func TestLogoutOfStrangersDoesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if done, err := w.Logout(t.Context(), w.client, secret.Text{}, secret.NewText("garbage"), secret.NewText("a.b.c")); done || err != nil {
		t.Errorf("Logout: got %v, %v; want false and no error", done, err)
	}
}

func TestBlacklist(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(t, "alice")
	grant := w.login(t, "alice")
	wantError(t, "an access token", w.Blacklist(t.Context(), w.client, grant.Access), auth.ErrTokenType)
	wantError(t, "garbage", w.Blacklist(t.Context(), w.client, secret.NewText("garbage")), auth.ErrTokenInvalid)
	if err := w.Blacklist(t.Context(), w.client, grant.Refresh); err != nil {
		t.Errorf("Blacklist: %v", err)
	}
	wantError(t, "again", w.Blacklist(t.Context(), w.client, grant.Refresh), auth.ErrSessionEnded)
	expired := w.login(t, "alice")
	w.clock.Advance(w.Policy().SessionIdle)
	wantError(t, "expired", w.Blacklist(t.Context(), w.client, expired.Refresh), auth.ErrTokenExpired)
}
