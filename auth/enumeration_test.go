package auth_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/password"
	"github.com/cartouche-auth/cartouche/secret"
)

// work is what a request cost: hashes, and calls of the store.
type work struct {
	Hashes uint64
	Calls  []string
}

// street is a world in which somebody of every kind lives, at a name and at an address of his own.
type street struct {
	world
	faults *authtest.Faults
	hasher *password.Hasher
}

func newStreet(t *testing.T) street {
	t.Helper()
	clock, hasher := authtest.NewClock(), newHasher(t)
	faults := authtest.NewFaults(authtest.SQLite(t))
	svc := authtest.NewService(t, faults, clock, func(c *auth.Config) {
		c.Passwords, c.Mailer, c.LoginField, c.Limits = hasher, &mailbox{}, auth.LoginByEmail, auth.LimitsOff
		c.Accounts.SendActivation = true
	})
	s := street{world{svc, faults, clock, auth.Client{Address: "192.0.2.1"}}, faults, hasher}
	hash, err := hasher.Hash(t.Context(), secret.NewText(goodPassword))
	if err != nil {
		t.Fatal(err)
	}
	for name, user := range map[string]auth.User{
		"active": {IsActive: true, PasswordHash: hash}, "disabled": {PasswordHash: hash}, "waiting": {AwaitsActivation: true, PasswordHash: hash},
		"social": {IsActive: true, PasswordHash: password.Unusable()},
		"legacy": {IsActive: true, PasswordHash: "pbkdf2_sha256$1000$abcdefghij012345678901$KfStkpOM5mpDKaEVTgf640Yd3Io75KaKeXx9m+1qip0="},
	} {
		user.ID, user.Username, user.Email, user.DateJoined = auth.UserID(name), name+"@example.com", name+"@example.com", clock.Now()
		if _, err := faults.CreateUser(t.Context(), user, auth.Event{Kind: auth.EventUserCreated, At: user.DateJoined}); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func residents() []string { return []string{"active", "disabled", "waiting", "social", "legacy"} }

// cost is the work of a request.
func (s street) cost(request func(address string) error, name string, want error) (work, error) {
	s.faults.Calls()
	before := s.hasher.Stats().Done
	err := request(name + "@example.com")
	if !errors.Is(err, want) {
		return work{}, err
	}
	return work{s.hasher.Stats().Done - before, s.faults.Calls()}, nil
}

// Whether somebody has an account costs nothing: the same hashes are made and the same is asked of the store, so that no time tells who has one
// (enumeration). That the time does not tell is measured, and not tested here: see make timing.
func TestTheWorkDoesNotTellWhoHasAnAccount(t *testing.T) {
	t.Parallel()
	requests := map[string]struct {
		want error
		do   func(s street, ctx context.Context, address string) error
	}{
		"sign-in": {auth.ErrBadCredentials, func(s street, ctx context.Context, address string) error {
			_, err := s.Login(ctx, s.client, attempt(address, "wrong password"))
			return err
		}},
		"password reset": {nil, func(s street, ctx context.Context, address string) error {
			return s.RequestPasswordReset(ctx, s.client, address)
		}},
		"activation resend": {nil, func(s street, ctx context.Context, address string) error {
			return s.ResendActivation(ctx, s.client, address)
		}},
		"identifier reset": {nil, func(s street, ctx context.Context, address string) error {
			return s.RequestIdentifierReset(ctx, s.client, address)
		}},
		"registration": {nil, func(s street, ctx context.Context, address string) error {
			_, err := s.Register(ctx, s.client, auth.NewUser{Email: address, Password: secret.NewText(goodPassword)})
			return err
		}},
	}
	for name, request := range requests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStreet(t)
			ask := func(address string) error { return request.do(s, t.Context(), address) }
			nobodys, err := s.cost(ask, "nobody", request.want)
			if err != nil || len(nobodys.Calls) == 0 {
				t.Fatalf("nobody: got %v, %v", nobodys, err)
			}
			for _, resident := range residents() {
				got, err := s.cost(ask, resident, request.want)
				if err != nil {
					t.Fatalf("%s: %v", resident, err)
				}
				if diff := cmp.Diff(plain(nobodys), plain(got)); diff != "" {
					t.Errorf("%s: work (-nobody's +%s's):\n%s", resident, resident, diff)
				}
			}
		})
	}
}

// plain takes the two transactions of a registration, which makes an account or writes to the owner of the one that there is, for the same work.
func plain(w work) work {
	for i, call := range w.Calls {
		if call == "CreateUser" || call == "QueueMail" {
			w.Calls[i] = "a mail queued"
		}
	}
	return w
}
