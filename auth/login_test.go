package auth_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/password"
	"github.com/cartouche-auth/cartouche/secret"
)

func attempt(identifier, plain string) auth.Login {
	return auth.Login{Identifier: identifier, Password: secret.NewText(plain)}
}

// newHasher is a hasher of the test's own, so that what it counts is what the test did.
func newHasher(t *testing.T) *password.Hasher {
	t.Helper()
	hasher, err := password.New(password.Config{InsecureCost: &password.Cost{Memory: 8, Passes: 1, Lanes: 1}})
	if err != nil {
		t.Fatal(err)
	}
	return hasher
}

func TestLogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := w.register(t, "alice")
	for name, test := range map[string]struct {
		remember bool
		idle     time.Duration
	}{
		"Remember": {true, w.Policy().SessionIdle},
		"Forget":   {false, w.Policy().SessionIdleShort},
	} {
		grant, err := w.Login(t.Context(), w.client, auth.Login{Identifier: "alice", Password: secret.NewText(" correct horse 9 "), Remember: test.remember})
		if err != nil {
			t.Fatalf("%s: Login with white space around the password: %v", name, err)
		}
		now := w.clock.Now()
		if got := grant.Session.IdleExpiresAt.Sub(now); got != test.idle {
			t.Errorf("%s: idle life: got %s, want %s", name, got, test.idle)
		}
		if got := grant.Session.AbsoluteExpiresAt.Sub(now); got != w.Policy().SessionAbsolute {
			t.Errorf("%s: absolute life: got %s, want %s", name, got, w.Policy().SessionAbsolute)
		}
		if got, least := grant.AccessExpiresIn(), w.Policy().AccessLifetime*9/10-time.Second; got > w.Policy().AccessLifetime || got < least {
			t.Errorf("%s: access life: got %s, want %s to %s", name, got, least, w.Policy().AccessLifetime)
		}
		if principal := w.authenticate(t, grant.Access); principal.UserID != alice.ID || principal.SessionID != grant.Session.ID {
			t.Errorf("%s: Authenticate: got %v, want user %s in session %s", name, principal, alice.ID, grant.Session.ID)
		}
	}
	if user, err := w.User(t.Context(), alice.ID); err != nil || !user.LastLogin.Equal(w.clock.Now()) {
		t.Errorf("last login: got %v, %v, want %v", user.LastLogin, err, w.clock.Now())
	}
}

// Unknown, wrong, disabled and password-less accounts are refused with one text (enumeration).
func TestLoginRefusalsDoNotTellWhoHasAnAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(t, "alice")
	disabled := w.register(t, "disabled")
	if err := w.Disable(t.Context(), w.client, disabled.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.CreateUser(t.Context(), w.client, auth.NewUser{Username: "social"}); err != nil {
		t.Fatal(err)
	}
	for name, login := range map[string]auth.Login{
		"unknown":               attempt("nobody", goodPassword),
		"wrong":                 attempt("alice", "wrong password"),
		"disabled":              attempt("disabled", "wrong password"),
		"without a password":    attempt("social", goodPassword),
		"without, and no guess": attempt("social", ""),
		"too long":              attempt("alice", strings.Repeat("x", 257)),
		"too long, unknown":     attempt("nobody", strings.Repeat("x", 257)),
		"not text":              attempt("alice", "\xff"),
	} {
		_, err := w.Login(t.Context(), w.client, login)
		wantError(t, name, err, auth.ErrBadCredentials)
		if err != nil && err.Error() != auth.ErrBadCredentials.Error() {
			t.Errorf("%s: got text %q, want %q", name, err, auth.ErrBadCredentials)
		}
	}
	_, err := w.Login(t.Context(), w.client, attempt("disabled", goodPassword))
	wantError(t, "disabled, right password", err, auth.ErrLoginInactive)
	wantError(t, "disabled, right password", err, auth.ErrBadCredentials)
}

// The same work for everybody: each refused sign-in costs one hash, also where there is nothing to compare with.
func TestLoginCostsOneHashForEverybody(t *testing.T) {
	t.Parallel()
	hasher := newHasher(t)
	w := newWorld(t, func(c *auth.Config) { c.Passwords = hasher })
	w.register(t, "alice")
	if _, err := w.CreateUser(t.Context(), w.client, auth.NewUser{Username: "social"}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"alice", "nobody", "social"} {
		before := hasher.Stats().Done
		_, err := w.Login(t.Context(), w.client, attempt(name, "wrong password"))
		wantError(t, name, err, auth.ErrBadCredentials)
		if got := hasher.Stats().Done - before; got != 1 {
			t.Errorf("%s: got %d hashes, want 1", name, got)
		}
	}
}

func TestLoginUpgradesDjangoHashes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const old = "pbkdf2_sha256$1000$abcdefghij012345678901$KfStkpOM5mpDKaEVTgf640Yd3Io75KaKeXx9m+1qip0="
	now := w.clock.Now()
	imported := auth.User{ID: "11", Username: "imported", PasswordHash: old, IsActive: true, DateJoined: now}
	if _, err := w.store.CreateUser(t.Context(), imported, auth.Event{Kind: auth.EventUserCreated, At: now}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Login(t.Context(), w.client, attempt("imported", "wrong password")); !errors.Is(err, auth.ErrBadCredentials) {
		t.Fatalf("Login with a wrong password: %v", err)
	}
	if user, _ := w.User(t.Context(), "11"); user.PasswordHash != old {
		t.Errorf("hash after a refused sign-in: got %q, want it unchanged", user.PasswordHash)
	}
	for range 2 { // once by the old hash, once by the new one
		w.login(t, "imported")
		if user, _ := w.User(t.Context(), "11"); !strings.HasPrefix(user.PasswordHash, "$argon2id$") {
			t.Errorf("hash after a sign-in: got %q, want argon2id", user.PasswordHash)
		}
	}
}

func TestLoginByEmail(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *auth.Config) { c.LoginField = auth.LoginByEmail })
	user, err := w.Register(t.Context(), w.client, auth.NewUser{Email: "Mike@EXAMPLE.com", Password: secret.NewText(goodPassword)})
	if err != nil {
		t.Fatal(err)
	}
	if user.Email != "Mike@example.com" {
		t.Errorf("address as stored: got %q, want the domain in lower case and nothing else", user.Email)
	}
	for _, same := range []string{"mike@example.com", "MIKE@EXAMPLE.COM"} {
		if _, err := w.Login(t.Context(), w.client, attempt(same, goodPassword)); err != nil {
			t.Errorf("Login(%q): %v", same, err)
		}
	}
	_, err = w.Register(t.Context(), w.client, auth.NewUser{Email: "mike@Example.com", Password: secret.NewText(goodPassword)})
	if input, ok := errors.AsType[*auth.InputError](err); !ok || input.Fields[0].Code != auth.FieldEmailTaken {
		t.Errorf("Register in another case: got %v, want the address taken", err)
	}
}

// U+212A and U+0131 fold to ASCII letters under Unicode's rules; here they name somebody else (CVE-2019-19844).
func TestLoginConfusableAddressesAreOtherPeople(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *auth.Config) { c.LoginField = auth.LoginByEmail })
	if _, err := w.Register(t.Context(), w.client, auth.NewUser{Email: "mike@example.com", Password: secret.NewText(goodPassword)}); err != nil {
		t.Fatal(err)
	}
	for _, other := range []string{"mi\u212Ae@example.com", "m\u0131ke@example.com", "mike@example\u3002com"} {
		_, err := w.Login(t.Context(), w.client, attempt(other, goodPassword))
		wantError(t, fmt.Sprintf("Login(%q)", other), err, auth.ErrBadCredentials)
	}
}

// One account, one source: after the limit nobody is let in, not even with the right password, and nothing is hashed (guessing).
func TestLoginGuessingIsLimited(t *testing.T) {
	t.Parallel()
	hasher := newHasher(t)
	w := newWorld(t, func(c *auth.Config) { c.Passwords = hasher })
	w.register(t, "alice")
	burst := w.Policy().Limits.FailedLoginsPerSource.Burst
	for i := range burst {
		_, err := w.Login(t.Context(), w.client, attempt("alice", "wrong password"))
		wantError(t, fmt.Sprintf("guess %d", i), err, auth.ErrBadCredentials)
	}
	hashed := hasher.Stats().Done
	_, err := w.Login(t.Context(), w.client, attempt("alice", goodPassword))
	limit, ok := errors.AsType[*auth.LimitError](err)
	if !ok || limit.RetryAfter <= 0 || limit.RetryAfter > w.Policy().Limits.FailedLoginsPerSource.Interval {
		t.Fatalf("Login beyond the limit: got %v, want a LimitError of at most %s", err, w.Policy().Limits.FailedLoginsPerSource.Interval)
	}
	if got := hasher.Stats().Done; got != hashed {
		t.Errorf("hashes while refused: got %d, want none", got-hashed)
	}
	w.clock.Advance(limit.RetryAfter)
	w.login(t, "alice") // Retry-After is honest
}

// Failures are counted before the hash, so a parallel burst cannot outrun the count (CVE-2024-4629).
func TestLoginParallelBurstIsLimited(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]auth.LimitMode{"InMemory": auth.LimitsOn, "Shared": auth.LimitsShared} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(c *auth.Config) { c.Limits = mode })
			w.register(t, "alice")
			results := make([]error, 100)
			var all sync.WaitGroup
			for i := range results {
				all.Go(func() { _, results[i] = w.Login(t.Context(), w.client, attempt("alice", "wrong password")) })
			}
			all.Wait()
			evaluated := 0
			for _, err := range results {
				if errors.Is(err, auth.ErrBadCredentials) {
					evaluated++
				}
			}
			if limit := w.Policy().Limits.FailedLoginsPerSource.Burst; evaluated > limit {
				t.Errorf("evaluated guesses: got %d, want at most %d", evaluated, limit)
			}
		})
	}
}

// Every spelling of one identifier is one bucket, for known and for unknown accounts alike.
func TestLoginIdentifierSpellingsShareOneBucket(t *testing.T) {
	t.Parallel()
	for _, spellings := range [][]string{
		{"alice", "ALICE", " alice ", "\uff41lice", "alice."},
		{"v@x.com", "V@X.COM", " v@x.com", "v@x.com.", "v\uff20x.com"},
	} {
		w := newWorld(t)
		for i := range w.Policy().Limits.FailedLoginsPerSource.Burst {
			_, err := w.Login(t.Context(), w.client, attempt(spellings[i%len(spellings)], "wrong password"))
			wantError(t, spellings[i%len(spellings)], err, auth.ErrBadCredentials)
		}
		for _, spelling := range spellings {
			_, err := w.Login(t.Context(), w.client, attempt(spelling, "wrong password"))
			if _, ok := errors.AsType[*auth.LimitError](err); !ok {
				t.Errorf("%q beyond the limit: got %v, want a LimitError", spelling, err)
			}
		}
	}
}

// One source that tries many accounts runs into the limit of its address, whatever the accounts (spraying).
func TestLoginSprayingIsLimited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	limited := false
	for i := range w.Policy().Limits.FailedLoginsPerAddress.Burst + 1 {
		_, err := w.Login(t.Context(), w.client, attempt(fmt.Sprintf("user%d", i), "wrong password"))
		_, limited = errors.AsType[*auth.LimitError](err)
	}
	if !limited {
		t.Error("spraying from one address: got no LimitError")
	}
	elsewhere := auth.Client{Address: "192.0.2.2"}
	_, err := w.Login(t.Context(), elsewhere, attempt("user0", "wrong password"))
	wantError(t, "another address", err, auth.ErrBadCredentials)
}

// Two nodes that share their counters allow no more than one.
func TestLoginSharedLimitsCountOverNodes(t *testing.T) {
	t.Parallel()
	shared := func(c *auth.Config) { c.Limits = auth.LimitsShared }
	w := newWorld(t, shared)
	other := authtest.NewService(t, w.store, w.clock, shared)
	evaluated := 0
	for i := range 2 * w.Policy().Limits.FailedLoginsPerSource.Burst {
		node := []*auth.Service{w.Service, other}[i%2]
		if _, err := node.Login(t.Context(), w.client, attempt("alice", "wrong password")); errors.Is(err, auth.ErrBadCredentials) {
			evaluated++
		}
	}
	if want := w.Policy().Limits.FailedLoginsPerSource.Burst; evaluated != want {
		t.Errorf("evaluated guesses: got %d, want %d", evaluated, want)
	}
}

// Signing in often is not failing often: the counters of failures are given back.
func TestLoginSuccessIsNotCountedAsFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(t, "alice")
	for range w.Policy().Limits.FailedLoginsPerSource.Burst + 5 {
		w.login(t, "alice")
	}
}
