package auth_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/secret"
)

// tryAs guesses at an account by one of its names, in whatever way it is spelled.
func (w world) tryAs(t *testing.T, client auth.Client, identifier, plain string) error {
	t.Helper()
	_, err := w.Login(t.Context(), client, auth.Login{Identifier: identifier, Password: secret.NewText(plain), By: auth.LoginByEither})
	return err
}

// Who names an account now by its username and now by its address, in many spellings, gets no more guesses than who does not (the identifier-mixing attack).
func TestAllNamesOfAnAccountAreOneBucket(t *testing.T) {
	t.Parallel()
	names := []string{"alice", "alice@example.com", "Alice@Example.com", "\uff41lice", "ALICE@EXAMPLE.COM"}
	authtest.EachStore(t, func(t *testing.T, store auth.Store) {
		t.Helper()
		clock := authtest.NewClock()
		svc := authtest.NewService(t, store, clock, func(c *auth.Config) { c.Limits = auth.LimitsShared })
		w := world{svc, store, clock, auth.Client{Address: "192.0.2.1"}}
		alice := w.register(t, "alice")
		limits := w.Policy().Limits
		evaluated := func(tries int, client func(n int) auth.Client) (evaluated int) {
			for n := range tries {
				if err := w.tryAs(t, client(n), names[n%len(names)], "wrong password"); errors.Is(err, auth.ErrBadCredentials) {
					evaluated++
				}
			}
			return evaluated
		}
		got := [2]int{
			evaluated(3*limits.FailedLoginsPerSource.Burst, func(int) auth.Client { return w.client }),
			evaluated(3*limits.FailedLoginsPerAccount.Burst, from),
		}
		want := [2]int{limits.FailedLoginsPerSource.Burst, limits.FailedLoginsPerAccount.Burst - limits.FailedLoginsPerSource.Burst}
		if got != want {
			t.Errorf("evaluated guesses from one source, and then from everywhere: got %v, want %v", got, want)
		}
		for _, name := range names {
			if err := w.tryAs(t, from(700), name, goodPassword); !isLimited(err) {
				t.Errorf("the right password as %q: got %v, want a LimitError", name, err)
			}
		}
		w.renew(t, alice, names[:3])
	})
}

// renew gives somebody a new password, with which he gets in under all his names.
func (w world) renew(t *testing.T, user auth.User, names []string) {
	t.Helper()
	if err := w.ResetPassword(t.Context(), auth.Client{}, user.ID, secret.NewText(nextPassword)); err != nil {
		t.Fatal(err)
	}
	for n, name := range names {
		if err := w.tryAs(t, from(800+n), name, nextPassword); err != nil {
			t.Errorf("a new password as %q: %v", name, err)
		}
	}
}

// Whoever has an account whose name is spelled like the victim's, and signs in to it between guesses, does not reset the count of the victim's (the look-alike).
func TestALookAlikeDoesNotResetTheFailures(t *testing.T) {
	t.Parallel()
	for _, client := range []func(n int) auth.Client{from, func(int) auth.Client { return auth.Client{Address: "192.0.2.77"} }} {
		w := newWorld(t)
		w.register(t, "alice")
		w.register(t, "Alice")
		limits := w.Policy().Limits
		evaluated := 0
		for n := range 4 * limits.FailedLoginsPerAccount.Burst {
			if _, err := w.Login(t.Context(), client(n), attempt("alice", "wrong password")); errors.Is(err, auth.ErrBadCredentials) {
				evaluated++
			}
			if n%5 == 0 {
				_, _ = w.Login(t.Context(), client(n), attempt("Alice", goodPassword))
			}
		}
		if evaluated > limits.FailedLoginsPerAccount.Burst {
			t.Errorf("evaluated: got %d guesses, want at most %d", evaluated, limits.FailedLoginsPerAccount.Burst)
		}
		if client(0) == client(1) && evaluated > limits.FailedLoginsPerSource.Burst {
			t.Errorf("evaluated from one source: got %d guesses, want at most %d", evaluated, limits.FailedLoginsPerSource.Burst)
		}
	}
}

// A spelling that is nobody's, beside one that may be somebody's, is refused alike whether there is an account or not (enumeration by spelling).
func TestSpellingsDoNotTellWhoHasAnAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(t, "alice")
	w.register(t, "Carol")
	seen := func(client int, spellings ...string) (answers []string) {
		for n := range 30 {
			_, err := w.Login(t.Context(), from(client), attempt(spellings[n/10%len(spellings)], "wrong password"))
			answers = append(answers, err.Error())
		}
		return answers
	}
	nobody := seen(1, "nobody", "NOBODY", "nobody ")
	for n, spellings := range [][]string{{"alice", "ALICE", "alice "}, {"ALICE", "alice", "Alice"}, {"Carol", "carol", "CAROL"}, {"carol", "Carol", " carol"}} {
		if diff := cmp.Diff(nobody, seen(2+n, spellings...)); diff != "" {
			t.Errorf("%s (-nobody +somebody):\n%s", fmt.Sprint(spellings), diff)
		}
	}
}
