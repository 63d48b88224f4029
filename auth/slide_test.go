package auth_test

import (
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

func TestSlide(t *testing.T) {
	t.Parallel()
	for name, sliding := range map[string]auth.Sliding{
		"simplejwt": {Lifetime: 5 * time.Minute, Window: time.Hour},
		"drf-jwt":   {Lifetime: 5 * time.Minute, Window: time.Hour, Original: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.register(t, "alice")
			grant, err := w.LoginSliding(t.Context(), w.client, attempt("alice", goodPassword), sliding)
			if err != nil {
				t.Fatal(err)
			}
			if !grant.Refresh.Empty() {
				t.Error("LoginSliding: got a refresh token, want none")
			}
			for elapsed := time.Duration(0); elapsed < sliding.Window-4*time.Minute; elapsed += 4 * time.Minute {
				w.clock.Advance(4 * time.Minute)
				if grant, err = w.Slide(t.Context(), grant.Access, sliding); err != nil {
					t.Fatalf("Slide after %s: %v", elapsed, err)
				}
				w.authenticate(t, grant.Access)
			}
			w.clock.Advance(4 * time.Minute) // the window is over
			_, err = w.Slide(t.Context(), grant.Access, sliding)
			wantError(t, "Slide at the end of the window", err, auth.ErrTokenExpired)
		})
	}
}

// A configuration with a shorter window takes effect for tokens that are out already.
func TestSlideWindowIsTheConfiguredOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(t, "alice")
	sliding := auth.Sliding{Lifetime: 5 * time.Minute, Window: time.Hour, Original: true}
	grant, err := w.LoginSliding(t.Context(), w.client, attempt("alice", goodPassword), sliding)
	if err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(2 * time.Minute)
	sliding.Window = time.Minute
	_, err = w.Slide(t.Context(), grant.Access, sliding)
	wantError(t, "Slide after the shorter window", err, auth.ErrWindowOver)
}

func TestSlideRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(t, "alice")
	sliding := auth.Sliding{Lifetime: 5 * time.Minute, Window: time.Hour}
	_, err := w.Slide(t.Context(), w.login(t, "alice").Access, sliding)
	wantError(t, "an access token", err, auth.ErrTokenType)
	_, err = w.Slide(t.Context(), secret.NewText("garbage"), sliding)
	wantError(t, "garbage", err, auth.ErrTokenInvalid)
	grant, err := w.LoginSliding(t.Context(), w.client, attempt("alice", goodPassword), sliding)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Logout(t.Context(), w.client, grant.Access); err != nil {
		t.Fatal(err)
	}
	_, err = w.Slide(t.Context(), grant.Access, sliding)
	wantError(t, "Slide after signing out", err, auth.ErrSessionEnded)
}

func TestBridge(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := w.register(t, "alice")
	first := w.login(t, "alice")
	second, err := w.Bridge(t.Context(), w.client, w.authenticate(t, first.Access), false)
	if err != nil || second.Session.ID == first.Session.ID || second.Session.UserID != alice.ID {
		t.Fatalf("Bridge: got %+v, %v; want a session of its own", second.Session, err)
	}
	principal := w.authenticate(t, first.Access)
	if _, err := w.Logout(t.Context(), w.client, first.Refresh); err != nil {
		t.Fatal(err)
	}
	_, err = w.Bridge(t.Context(), w.client, principal, false)
	wantError(t, "Bridge from a session that has ended", err, auth.ErrSessionEnded)
}
