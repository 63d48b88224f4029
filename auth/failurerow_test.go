package auth_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

// siege is a botnet that goes on for days: it tries one password after the other from ever other addresses, the right one at last.
func (w world) siege(t *testing.T, identifier string, days int) (answers []string) {
	t.Helper()
	for hour := range 24 * days {
		for n := range 4 {
			_, err := w.Login(t.Context(), from(hour*4+n), attempt(identifier, "wrong password"))
			if err == nil {
				t.Fatal("a wrong password was right")
			}
			answers = append(answers, err.Error())
		}
		w.clock.Advance(time.Hour)
	}
	return answers
}

// After a hundred failures in a row nobody's guess is worth anything, be it right, however long a botnet waits (patient guessing): NIST SP 800-63B-4, 3.2.2.
func TestPatientGuessingEndsAfterAHundredFailures(t *testing.T) {
	t.Parallel()
	for _, mode := range []auth.LimitMode{auth.LimitsOn, auth.LimitsShared} {
		hasher := newHasher(t)
		w := newWorld(t, func(c *auth.Config) { c.Limits, c.Passwords = mode, hasher })
		w.register(t, "alice")
		w.siege(t, "alice", 2)
		for year := range 3 {
			w.clock.Advance(100 * 24 * time.Hour)
			before := hasher.Stats().Done
			_, err := w.Login(t.Context(), from(year), attempt("alice", goodPassword))
			wantError(t, fmt.Sprintf("%s: the right password at last, time %d", mode, year), err, auth.ErrBadCredentials)
			if done := hasher.Stats().Done - before; done != 1 {
				t.Errorf("%s: got %d hashes, want the work of a wrong password", mode, done)
			}
		}
	}
}

// All standings together have a hundred failures in a row: who stole the cookie of a device or sits at its address guesses within them.
func TestAllStandingsShareAHundredFailures(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *auth.Config) {
		c.Policy = auth.DefaultPolicy()
		c.Policy.SessionAbsolute, c.Policy.SessionIdle = 360*24*time.Hour, 360*24*time.Hour
	})
	w.register(t, "alice")
	grant := w.login(t, "alice")
	principal := w.authenticate(t, grant.Access)
	device := auth.Client{Address: "203.0.113.9", Device: grant.Device}
	evaluated := 0
	hour := func() {
		for n, client := range []auth.Client{from(1), from(2), w.client, device} {
			_, err := w.Login(t.Context(), client, attempt("alice", fmt.Sprint("wrong password ", n)))
			if errors.Is(err, auth.ErrBadCredentials) {
				evaluated++
			}
		}
		w.clock.Advance(time.Hour)
	}
	for range 60 {
		hour()
	}
	if evaluated < 100 {
		t.Fatalf("got %d answers to guesses, want a hundred at least", evaluated)
	}
	for name, client := range map[string]auth.Client{"a stranger": from(900), "a known address": w.client, "a known device": device} {
		_, err := w.Login(t.Context(), client, attempt("alice", goodPassword))
		wantError(t, name+" with the right password", err, auth.ErrBadCredentials)
	}
	// A session that is stolen is no side door.
	wantError(t, "a live session", w.SetPassword(t.Context(), w.client, principal, secret.NewText(goodPassword), secret.NewText(nextPassword)), auth.ErrWrongPassword)
}

// The owner is not locked out by a siege that lasts: he gets in where he was before, and that ends the row; or by a new password, from anywhere (lock-out).
func TestALongSiegeDoesNotLockTheOwnerOut(t *testing.T) {
	t.Parallel()
	elsewhere := auth.Client{Address: "203.0.113.9"}
	for name, way := range map[string]func(t *testing.T, w world, user auth.User, grant auth.Grant) (auth.Client, string){
		"a known device": func(_ *testing.T, _ world, _ auth.User, grant auth.Grant) (auth.Client, string) {
			return auth.Client{Address: "203.0.113.10", Device: grant.Device}, goodPassword
		},
		"a known address": func(_ *testing.T, w world, _ auth.User, _ auth.Grant) (auth.Client, string) {
			return w.client, goodPassword
		},
		"a new password": func(t *testing.T, w world, user auth.User, _ auth.Grant) (auth.Client, string) {
			t.Helper()
			if err := w.ResetPassword(t.Context(), auth.Client{}, user.ID, secret.NewText(nextPassword)); err != nil {
				t.Fatal(err)
			}
			return elsewhere, nextPassword
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			user := w.register(t, "alice")
			grant := w.login(t, "alice")
			w.siege(t, "alice", 2)
			w.clock.Advance(2 * 24 * time.Hour)
			_, err := w.Login(t.Context(), elsewhere, attempt("alice", goodPassword))
			wantError(t, "from elsewhere", err, auth.ErrBadCredentials)
			client, plain := way(t, w, user, grant)
			if _, err := w.Login(t.Context(), client, attempt("alice", plain)); err != nil {
				t.Errorf("the owner: %v", err)
			}
			if _, err := w.Login(t.Context(), elsewhere, attempt("alice", plain)); err != nil {
				t.Errorf("from elsewhere after that: %v, want a new row", err)
			}
		})
	}
}

// An account whose row is full answers like a name that is nobody's, through days of guesses, whatever is presented (enumeration).
func TestAFullRowDoesNotTellWhoHasAnAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(t, "alice")
	nobody := w.siege(t, "nobody", 4)
	if diff := cmp.Diff(nobody, w.siege(t, "alice", 4)); diff != "" {
		t.Errorf("what a stranger sees (-nobody +alice):\n%s", diff)
	}
}

// A guess that counts for nothing leaves no better hash behind, or the account would seem to have a new password and its row would begin anew.
func TestAClosedGuessUpgradesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old := "pbkdf2_sha256$1000$abcdefghij012345678901$KfStkpOM5mpDKaEVTgf640Yd3Io75KaKeXx9m+1qip0="
	user := auth.User{ID: "old", Username: "alice", IsActive: true, PasswordHash: old, DateJoined: w.clock.Now()}
	if _, err := w.store.CreateUser(t.Context(), user, auth.Event{Kind: auth.EventUserCreated, At: user.DateJoined}); err != nil {
		t.Fatal(err)
	}
	w.siege(t, "alice", 4)
	for range 2 {
		_, err := w.Login(t.Context(), from(1), attempt("alice", goodPassword))
		wantError(t, "the right password", err, auth.ErrBadCredentials)
	}
	got, err := w.store.User(t.Context(), user.ID)
	if err != nil || got.PasswordHash != old {
		t.Errorf("hash: got %q, %v, want the old one", got.PasswordHash, err)
	}
}
