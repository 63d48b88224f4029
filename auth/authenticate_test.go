package auth_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/secret"
)

// counted counts the reads that a check of a token could cause.
type counted struct {
	auth.Store
	keys, sessions *int
}

func (c counted) SigningKeys(ctx context.Context) ([]auth.SigningKey, error) {
	*c.keys++
	return c.Store.SigningKeys(ctx)
}

func (c counted) Session(ctx context.Context, id auth.SessionID) (auth.Session, bool, error) {
	*c.sessions++
	return c.Store.Session(ctx, id)
}

func (c counted) SessionUser(ctx context.Context, id auth.SessionID) (auth.Session, auth.User, error) {
	*c.sessions++
	return c.Store.SessionUser(ctx, id)
}

func (c counted) UserBySession(ctx context.Context, id auth.SessionID, now time.Time) (auth.User, bool, error) {
	*c.sessions++
	return c.Store.UserBySession(ctx, id, now)
}

func newCounted(store auth.Store) counted { return counted{store, new(int), new(int)} }

func TestAuthenticateAsksNoDatabase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(t, "alice")
	grant := w.login(t, "alice")
	store := newCounted(w.store)
	svc := authtest.NewService(t, store, w.clock)
	before := *store.keys
	for range 100 {
		if _, err := svc.Authenticate(t.Context(), grant.Access); err != nil {
			t.Fatal(err)
		}
	}
	if *store.keys != before || *store.sessions != 0 {
		t.Errorf("100 checks read keys %d times and sessions %d times, want 0", *store.keys-before, *store.sessions)
	}
}

// A flood of tokens with unknown key ids does not become a flood of reads.
func TestAuthenticateUnknownKeysDoNotFloodTheStore(t *testing.T) {
	t.Parallel()
	foreign := newWorld(t) // same issuer, other signing keys
	foreign.register(t, "alice")
	grant := foreign.login(t, "alice")
	store := newCounted(authtest.SQLite(t))
	clock := authtest.NewClock()
	svc := authtest.NewService(t, store, clock)
	clock.Advance(time.Minute)
	before := *store.keys
	for range 100 {
		_, err := svc.Authenticate(t.Context(), grant.Access)
		wantError(t, "Authenticate with a foreign key", err, auth.ErrTokenInvalid)
	}
	if reads := *store.keys - before; reads > 2 {
		t.Errorf("100 foreign tokens read the keys %d times, want 2 at most", reads)
	}
}

func TestAuthenticateExpires(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(t, "alice")
	grant := w.login(t, "alice")
	w.clock.Set(grant.AccessExpiresAt.Add(time.Minute))
	_, err := w.Authenticate(t.Context(), grant.Access)
	wantError(t, "Authenticate", err, auth.ErrTokenExpired)
}

// A refresh token is no access token, and the other way round (kind confusion, A23).
func TestTokensOfOneKindAreRefusedAsAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(t, "alice")
	grant := w.login(t, "alice")
	_, err := w.Authenticate(t.Context(), grant.Refresh)
	wantError(t, "a refresh token as bearer", err, auth.ErrTokenType)
	_, err = w.Refresh(t.Context(), w.client, grant.Access)
	wantError(t, "an access token to refresh with", err, auth.ErrTokenType)
}

func TestVerifyToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(t, "alice")
	grant := w.login(t, "alice")
	for name, text := range map[string]secret.Text{"access": grant.Access, "refresh": grant.Refresh} {
		if err := w.VerifyToken(t.Context(), text); err != nil {
			t.Errorf("VerifyToken(%s): %v", name, err)
		}
	}
	wantError(t, "garbage", w.VerifyToken(t.Context(), secret.NewText("garbage")), auth.ErrTokenInvalid)
	w.clock.Advance(w.Policy().SessionIdle)
	for name, text := range map[string]secret.Text{"access": grant.Access, "refresh": grant.Refresh} {
		wantError(t, "expired "+name, w.VerifyToken(t.Context(), text), auth.ErrTokenExpired)
	}
}

func TestExtraClaims(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *auth.Config) {
		c.ExtraClaims = func(u auth.User) map[string]any { return map[string]any{"name": u.Username} }
	})
	alice := w.register(t, "alice")
	grant := w.login(t, "alice")
	for name, text := range map[string]secret.Text{"login": grant.Access, "refresh": w.refresh(t, grant).Access} {
		principal := w.authenticate(t, text)
		if principal.Claims["name"] != "alice" || principal.UserID != alice.ID {
			t.Errorf("%s: got %v as %s, want the claim name for %s", name, principal.Claims, principal.UserID, alice.ID)
		}
	}
}

func (w world) refresh(t *testing.T, grant auth.Grant) auth.Grant {
	t.Helper()
	next, err := w.Refresh(t.Context(), w.client, grant.Refresh)
	if err != nil {
		t.Fatalf("Refresh: %v", err)
	}
	return next
}

// A page that holds only the refresh cookie may read who is signed in; nothing is confirmed by that.
func TestPrincipalOfWritesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := w.register(t, "alice")
	next := w.refresh(t, w.login(t, "alice"))
	w.clock.Advance(time.Minute)
	principal, err := w.PrincipalOf(t.Context(), next.Refresh)
	if err != nil || principal.UserID != alice.ID {
		t.Fatalf("PrincipalOf: got %v, %v", principal, err)
	}
	if session, _, err := w.store.Session(t.Context(), next.Session.ID); err != nil || session.Generation != 0 {
		t.Errorf("generation: got %d, %v; want 0", session.Generation, err)
	}
	if _, err := w.Logout(t.Context(), w.client, next.Refresh); err != nil {
		t.Fatal(err)
	}
	_, err = w.PrincipalOf(t.Context(), next.Refresh)
	wantError(t, "PrincipalOf after signing out", err, auth.ErrSessionEnded)
}

// A deleted session is a session that ended; a deleted user is gone.
func TestWhoamiOfWhatWasDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := w.register(t, "alice")
	_, err := w.Whoami(t.Context(), auth.Principal{UserID: alice.ID, SessionID: auth.NewSessionID()})
	wantError(t, "session deleted", err, auth.ErrSessionEnded)
	_, err = w.Whoami(t.Context(), auth.Principal{UserID: "nobody", SessionID: auth.NewSessionID()})
	wantError(t, "user deleted", err, auth.ErrUserGone)
	if errors.Is(err, auth.ErrNotFound) {
		t.Error("Whoami leaks ErrNotFound")
	}
}
