package auth_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/token"
)

// keyStates counts the keys in each state.
func keyStates(t *testing.T, svc *auth.Service) map[auth.KeyState]int {
	t.Helper()
	keys, err := svc.SigningKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	states := map[auth.KeyState]int{}
	for _, k := range keys {
		states[k.State]++
		if (k.State == auth.KeyGone) != (len(k.Sealed) == 0) {
			t.Errorf("key %s is %s with %d sealed bytes", k.ID, k.State, len(k.Sealed))
		}
	}
	return states
}

func publishedKeys(t *testing.T, svc *auth.Service) int {
	t.Helper()
	text, err := svc.JWKS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var set struct {
		Keys []map[string]any `json:"keys"`
	}
	if err := json.Unmarshal(text, &set); err != nil {
		t.Fatal(err)
	}
	return len(set.Keys)
}

// The life of a signing key: pending, active, retiring, gone, by the clock alone.
func TestSigningKeysLive(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(t, "alice")
	policy := w.Policy()
	steps := []struct {
		name      string
		wait      time.Duration
		states    map[auth.KeyState]int
		published int
	}{
		{"first run", 0, map[auth.KeyState]int{auth.KeyActive: 1, auth.KeyPending: 1}, 2},
		{"a day later", policy.KeyPending, map[auth.KeyState]int{auth.KeyActive: 1, auth.KeyPending: 1}, 2},
		{"active time over", policy.KeyActive - policy.KeyPending, map[auth.KeyState]int{auth.KeyRetiring: 1, auth.KeyActive: 1, auth.KeyPending: 1}, 3},
		{"retired", policy.AccessLifetime + policy.KeyRetiring, map[auth.KeyState]int{auth.KeyGone: 1, auth.KeyActive: 1, auth.KeyPending: 1}, 2},
	}
	var grant auth.Grant
	for _, step := range steps {
		w.clock.Advance(step.wait - time.Second)
		grant = w.login(t, "alice")
		w.clock.Advance(time.Second)
		tend(t, w)
		if diff := cmp.Diff(step.states, keyStates(t, w.Service)); diff != "" {
			t.Errorf("%s: states (-want +got):\n%s", step.name, diff)
		}
		if got := publishedKeys(t, w.Service); got != step.published {
			t.Errorf("%s: got %d keys in the JWKS, want %d", step.name, got, step.published)
		}
		w.authenticate(t, grant.Access) // signed just before: every step leaves living tokens alive
	}
}

// tend makes a service do now what Run does every half a minute.
func tend(t *testing.T, w world) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	if err := w.TendKeys(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestRotateKeysRefusesUnpublishedKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(t, "alice")
	grant := w.login(t, "alice")
	wantError(t, "RotateKeys at once", w.RotateKeys(t.Context(), false), auth.ErrKeyTooYoung)
	if err := w.RotateKeys(t.Context(), true); err != nil {
		t.Errorf("RotateKeys, insecure: %v", err)
	}
	w.clock.Advance(10 * time.Minute)
	if err := w.RotateKeys(t.Context(), false); err != nil {
		t.Errorf("RotateKeys after ten minutes: %v", err)
	}
	if _, err := w.Refresh(t.Context(), w.client, grant.Refresh); err != nil {
		t.Errorf("Refresh after two rotations: %v", err)
	}
}

// A stolen signing key is taken out of use at once, with all it signed; nobody has to sign in again.
func TestRevokeKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(t, "alice")
	grant := w.login(t, "alice")
	active := activeKey(t, w)
	if err := w.RevokeKey(t.Context(), active); err != nil {
		t.Fatalf("RevokeKey: %v", err)
	}
	_, err := w.Authenticate(t.Context(), grant.Access)
	if !errors.Is(err, auth.ErrTokenInvalid) && !errors.Is(err, auth.ErrSessionEnded) {
		t.Errorf("a token of the revoked key: got %v, want it refused", err)
	}
	w.authenticate(t, w.refresh(t, grant).Access)
	wantError(t, "RevokeKey again", w.RevokeKey(t.Context(), active), auth.ErrNotFound)
	wantError(t, "RevokeKey of none", w.RevokeKey(t.Context(), "none"), auth.ErrNotFound)
	events, err := w.store.Events(t.Context(), auth.EventQuery{Kind: auth.EventKeyRevoked})
	if err != nil || len(events) != 1 || events[0].Detail != active {
		t.Errorf("events of the revocation: got %v, %v, want one about %s", events, err, active)
	}
}

// A key that a broken store left half revoked can be revoked again, and its tokens are dead meanwhile.
func TestRevokeKeyAgainAfterTrouble(t *testing.T) {
	t.Parallel()
	faults, clock := authtest.NewFaults(authtest.SQLite(t)), authtest.NewClock()
	w := world{authtest.NewService(t, faults, clock), faults, clock, auth.Client{Address: "192.0.2.1"}}
	w.register(t, "alice")
	grant := w.login(t, "alice")
	active := activeKey(t, w)
	for _, verb := range []string{"Revoke", "ChangeSigningKeys"} {
		faults.FailNext(verb)
		wantError(t, "RevokeKey while "+verb+" fails", w.RevokeKey(t.Context(), active), auth.ErrUnavailable)
	}
	if _, err := w.Authenticate(t.Context(), grant.Access); err == nil {
		t.Error("a token of a key that is half revoked is good")
	}
	if err := w.RevokeKey(t.Context(), active); err != nil {
		t.Errorf("RevokeKey again: %v", err)
	}
	if next := activeKey(t, w); next == active {
		t.Error("the revoked key still signs")
	}
}

// Two nodes on one store make one set of keys, and each verifies what the other signs.
func TestSigningKeysAreSharedByNodes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := authtest.NewService(t, w.store, w.clock)
	w.register(t, "alice")
	if _, err := other.Authenticate(t.Context(), w.login(t, "alice").Access); err != nil {
		t.Errorf("Authenticate on the other node: %v", err)
	}
	if diff := cmp.Diff(map[auth.KeyState]int{auth.KeyActive: 1, auth.KeyPending: 1}, keyStates(t, other)); diff != "" {
		t.Errorf("keys in the store (-want +got):\n%s", diff)
	}
	if err := w.RotateKeys(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Minute)
	if _, err := other.Authenticate(t.Context(), w.login(t, "alice").Access); err != nil {
		t.Errorf("Authenticate on the other node after a rotation that it has not seen: %v", err)
	}
}

// A copy of the database is worth nothing without the master key.
func TestSigningKeysStaySealedUnderAnotherMaster(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stranger, err := secret.NewMaster(secret.Bytes(32))
	if err != nil {
		t.Fatal(err)
	}
	svc, err := auth.New(auth.Config{Issuer: w.Issuer(), Store: w.store, Master: stranger, Now: w.clock.Now, Passwords: authtest.Passwords()})
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, "Start", svc.Start(t.Context()), auth.ErrKeysSealed)
}

func TestAlgorithms(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []token.Algorithm{token.ES256, token.EdDSA, token.HS256} {
		t.Run(string(algorithm), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(c *auth.Config) {
				c.Algorithm = algorithm
				if algorithm == token.HS256 {
					c.SigningSecret = secret.NewText(secret.Alphanumeric(48))
				}
			})
			w.register(t, "alice")
			w.authenticate(t, w.login(t, "alice").Access)
			want := 2
			if algorithm == token.HS256 {
				want = 0 // a shared secret is published to nobody
			}
			if got := publishedKeys(t, w.Service); got != want {
				t.Errorf("keys in the JWKS: got %d, want %d", got, want)
			}
		})
	}
}

// Changing the algorithm in the configuration signs with the new one at once and lets the old tokens live out.
func TestChangingTheAlgorithmKeepsLivingTokensAlive(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(t, "alice")
	grant := w.login(t, "alice")
	next := authtest.NewService(t, w.store, w.clock, func(c *auth.Config) { c.Algorithm = token.EdDSA })
	if _, err := next.Authenticate(t.Context(), grant.Access); err != nil {
		t.Errorf("Authenticate of an ES256 token: %v", err)
	}
	if _, err := next.Refresh(t.Context(), w.client, grant.Refresh); err != nil {
		t.Errorf("Refresh: %v", err)
	}
}

func activeKey(t *testing.T, w world) string {
	t.Helper()
	keys, err := w.SigningKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		if k.State == auth.KeyActive {
			return k.ID
		}
	}
	t.Fatal("no key is active")
	return ""
}
