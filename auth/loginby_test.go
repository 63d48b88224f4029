package auth_test

import (
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

func TestLoginByUsernameAddressOrEither(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := w.register(t, "alice")
	for name, c := range map[string]struct {
		by         auth.LoginField
		identifier string
		ok         bool
	}{
		"the setting, a username":     {"", "alice", true},
		"the setting, an address":     {"", "alice@example.com", false},
		"by username, an address":     {auth.LoginByUsername, "alice@example.com", false},
		"by address, an address":      {auth.LoginByEmail, "Alice@Example.com", true},
		"by address, a username":      {auth.LoginByEmail, "alice", false},
		"by either, a username":       {auth.LoginByEither, "alice", true},
		"by either, an address":       {auth.LoginByEither, "ALICE@example.com", true},
		"by either, nobody":           {auth.LoginByEither, "nobody", false},
		"by either, no one's address": {auth.LoginByEither, "nobody@example.com", false},
	} {
		grant, err := w.Login(t.Context(), w.client, auth.Login{Identifier: c.identifier, Password: secret.NewText(goodPassword), By: c.by})
		if !c.ok {
			wantError(t, name, err, auth.ErrBadCredentials)
			continue
		}
		if err != nil || grant.User.ID != alice.ID {
			t.Errorf("%s: got user %q, %v, want alice", name, grant.User.ID, err)
		}
	}
}

// Whoever registers an address that is somebody's username, or an address that somebody has already, keeps nobody from signing in (squatting).
func TestSquattersKeepNobodyFromSigningIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const address = "owner@example.com"
	register := func(username, email, plain string) auth.User {
		user, err := w.Register(t.Context(), w.client, auth.NewUser{Username: username, Email: email, Password: secret.NewText(plain)})
		if err != nil {
			t.Fatalf("Register(%s): %v", username, err)
		}
		return user
	}
	owner := register(address, address, goodPassword)
	w.clock.Advance(time.Second)
	register("squatter", address, "another good password")
	for _, by := range []auth.LoginField{"", auth.LoginByEmail, auth.LoginByEither} {
		grant, err := w.Login(t.Context(), w.client, auth.Login{Identifier: address, Password: secret.NewText(goodPassword), By: by})
		if err != nil || grant.User.ID != owner.ID {
			t.Errorf("by %q: got user %q, %v, want the owner", by, grant.User.ID, err)
		}
		_, err = w.Login(t.Context(), w.client, auth.Login{Identifier: address, Password: secret.NewText("another good password"), By: by})
		wantError(t, "the squatter by the address", err, auth.ErrBadCredentials)
	}
	named := register("named@example.com", "other@example.com", goodPassword)
	register("second", "named@example.com", "another good password")
	grant, err := w.Login(t.Context(), w.client, auth.Login{Identifier: "named@example.com", Password: secret.NewText(goodPassword), By: auth.LoginByEither})
	if err != nil || grant.User.ID != named.ID {
		t.Errorf("a username that is another's address: got user %q, %v, want %q", grant.User.ID, err, named.ID)
	}
}
