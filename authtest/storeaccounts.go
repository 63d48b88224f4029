package authtest

import (
	"sync/atomic"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

// token makes a one-time token of a user that lives for an hour.
func (t *storeTest) token(user auth.User, purpose auth.Purpose) auth.OneTimeToken {
	return auth.OneTimeToken{UserID: user.ID, Purpose: purpose, Hash: [32]byte(secret.Bytes(32)), CreatedAt: t.now(), ExpiresAt: t.now().Add(time.Hour)}
}

// issue stores a one-time token with its mail.
func (t *storeTest) issue(user auth.User, purpose auth.Purpose) auth.OneTimeToken {
	t.Helper()
	token := t.token(user, purpose)
	t.must(t.store.QueueMail(t.Context(), auth.OutboxMail{UserID: user.ID, Sealed: []byte("sealed"), QueuedAt: t.now(), Token: &token}, t.event(user)))
	return token
}

func (t *storeTest) event(user auth.User) auth.Event {
	return auth.Event{Kind: auth.EventUserUpdated, At: t.now(), UserID: user.ID}
}

// activation is the change that an activation carries out.
func (t *storeTest) activation(user auth.User, token auth.OneTimeToken) auth.AccountChange {
	yes, no := true, false
	return auth.AccountChange{
		UserID: user.ID, At: t.now(), Use: auth.TokenUse{Purpose: auth.PurposeActivation, Hash: token.Hash},
		IsActive: &yes, AwaitsActivation: &no, VerifiedAt: t.now(),
	}
}

func (t *storeTest) waiting(name string) auth.User {
	return t.user(name, func(u *auth.User) { u.IsActive, u.AwaitsActivation = false, true })
}

var accountPromises = []promise{
	{"what is not named stays as it is", func(t *storeTest) {
		ada := t.user("ada")
		name := "Ada"
		changed, err := t.store.ChangeAccount(t.Context(), auth.AccountChange{UserID: ada.ID, At: t.now(), FirstName: &name}, t.event(ada))
		t.must(err)
		ada.FirstName = name
		t.same("the answer", changed, ada)
		found, err := t.store.User(t.Context(), ada.ID)
		t.must(err)
		t.same("the user", found, ada)
	}},
	{"an address is found by its key after a change", func(t *storeTest) {
		ada := t.user("ada")
		address := "Lovelace@example.org"
		_, err := t.store.ChangeAccount(t.Context(), auth.AccountChange{UserID: ada.ID, At: t.now(), Email: &address}, t.event(ada))
		t.must(err)
		users, err := t.store.UsersByEmail(t.Context(), "lovelace@example.org")
		t.must(err)
		if len(users) != 1 || users[0].Email != address {
			t.Errorf("UsersByEmail: got %v", users)
		}
	}},
	{"a taken username changes nothing", func(t *storeTest) {
		ada, bob := t.user("ada"), t.user("bob")
		name, first := "ada", "Bobby"
		_, err := t.store.ChangeAccount(t.Context(), auth.AccountChange{UserID: bob.ID, At: t.now(), Username: &name, FirstName: &first}, t.event(bob))
		t.is("ChangeAccount", err, auth.ErrUsernameTaken)
		found, err := t.store.User(t.Context(), bob.ID)
		t.must(err)
		t.same("bob", found, bob)
		_, err = t.store.ChangeAccount(t.Context(), auth.AccountChange{UserID: ada.ID, At: t.now(), Username: &name}, t.event(ada))
		t.must(err) // one's own name
	}},
	{"an unknown user is not found", func(t *storeTest) {
		_, err := t.store.ChangeAccount(t.Context(), auth.AccountChange{UserID: "nobody", At: t.now()}, auth.Event{At: t.now()})
		t.is("ChangeAccount", err, auth.ErrNotFound)
		t.is("DeleteUser", t.store.DeleteUser(t.Context(), "nobody", t.now(), auth.Event{At: t.now()}), auth.ErrNotFound)
	}},
	{"sessions end with the change that says so, but for the one that is kept", func(t *storeTest) {
		ada := t.user("ada")
		kept, ended := t.session(ada), t.session(ada)
		change := auth.AccountChange{UserID: ada.ID, At: t.now(), EndSessions: auth.EndedByPassword, Keep: kept.ID}
		_, err := t.store.ChangeAccount(t.Context(), change, t.event(ada))
		t.must(err)
		t.same("the kept one", t.find(kept.ID).EndedAt.IsZero(), true)
		t.same("the other", t.find(ended.ID).EndReason, auth.EndedByPassword)
		if list := t.revocations(); len(list) != 1 || list[0].Subject != ended.ID.String() {
			t.Errorf("Revocations: got %v", list)
		}
	}},
	{"a deleted user is gone, with his sessions, and his access tokens are dead", func(t *storeTest) {
		ada := t.user("ada")
		session := t.session(ada)
		token := t.issue(ada, auth.PurposePasswordReset)
		t.must(t.store.DeleteUser(t.Context(), ada.ID, t.now(), auth.Event{Kind: auth.EventUserDeleted, At: t.now(), UserID: ada.ID}))
		_, err := t.store.User(t.Context(), ada.ID)
		t.is("User", err, auth.ErrNotFound)
		_, _, err = t.store.Session(t.Context(), session.ID)
		t.is("Session", err, auth.ErrNotFound)
		_, err = t.store.OneTimeToken(t.Context(), ada.ID, token.Purpose)
		t.is("OneTimeToken", err, auth.ErrNotFound)
		if list := t.revocations(); len(list) != 1 || list[0].Kind != auth.RevokedUser {
			t.Errorf("Revocations: got %v", list)
		}
		t.same("events", t.events(ada.ID)[0], auth.EventUserDeleted)
	}},
}

var oneTimeTokenPromises = []promise{
	{"only the newest of a purpose is kept", func(t *storeTest) {
		ada := t.user("ada")
		other := t.issue(ada, auth.PurposeIdentifierReset)
		t.issue(ada, auth.PurposePasswordReset)
		newest := t.issue(ada, auth.PurposePasswordReset)
		for _, want := range []auth.OneTimeToken{other, newest} {
			found, err := t.store.OneTimeToken(t.Context(), ada.ID, want.Purpose)
			t.must(err)
			t.same("OneTimeToken", found, want)
		}
	}},
	{"of many that use one at once, one succeeds", func(t *storeTest) {
		ada := t.waiting("ada")
		token := t.issue(ada, auth.PurposeActivation)
		var done atomic.Int32
		atOnce(20, func(int) {
			_, err := t.store.ChangeAccount(t.Context(), t.activation(ada, token), t.event(ada))
			if err == nil {
				done.Add(1)
			} else {
				t.is("ChangeAccount", err, auth.ErrOneTimeToken)
			}
		})
		t.same("uses", done.Load(), int32(1))
		found, err := t.store.User(t.Context(), ada.ID)
		t.must(err)
		if !found.IsActive || found.AwaitsActivation || found.VerifiedAt.IsZero() {
			t.Errorf("User: got %+v", found)
		}
	}},
	{"a wrong, foreign, expired or used one changes nothing", func(t *storeTest) {
		ada, bob := t.waiting("ada"), t.waiting("bob")
		wrong := t.token(ada, auth.PurposeActivation)
		token := t.issue(ada, auth.PurposeActivation)
		reset := t.issue(ada, auth.PurposePasswordReset)
		try := func(name string, change auth.AccountChange) {
			t.Helper()
			_, err := t.store.ChangeAccount(t.Context(), change, t.event(ada))
			t.is(name, err, auth.ErrOneTimeToken)
		}
		try("wrong", t.activation(ada, wrong))
		try("foreign", t.activation(bob, token))
		try("of another purpose", t.activation(ada, reset))
		expired := t.activation(ada, token)
		expired.At = token.ExpiresAt
		try("expired", expired)
		found, err := t.store.User(t.Context(), ada.ID)
		t.must(err)
		t.same("the user", found, ada)
		_, err = t.store.ChangeAccount(t.Context(), t.activation(ada, token), t.event(ada))
		t.must(err)
		try("used", t.activation(ada, token))
	}},
	{"a change of password, address or state kills them all", func(t *storeTest) {
		address, yes := "new@example.com", true
		for name, change := range map[string]func(auth.User) error{
			"password": func(u auth.User) error {
				_, err := t.store.SetPassword(t.Context(), auth.PasswordChange{UserID: u.ID, OldHash: u.PasswordHash, NewHash: "new", At: t.now()}, t.event(u))
				return err
			},
			"address": func(u auth.User) error {
				_, err := t.store.ChangeAccount(t.Context(), auth.AccountChange{UserID: u.ID, At: t.now(), Email: &address}, t.event(u))
				return err
			},
			"state": func(u auth.User) error {
				_, err := t.store.ChangeAccount(t.Context(), auth.AccountChange{UserID: u.ID, At: t.now(), IsActive: &yes}, t.event(u))
				return err
			},
			"disabled": func(u auth.User) error { return t.store.SetActive(t.Context(), u.ID, false, t.now(), t.event(u)) },
		} {
			user := t.user(name)
			t.issue(user, auth.PurposePasswordReset)
			t.must(change(user))
			_, err := t.store.OneTimeToken(t.Context(), user.ID, auth.PurposePasswordReset)
			t.is(name, err, auth.ErrNotFound)
		}
	}},
	{"a password is set with a token once, and not with a wrong one", func(t *storeTest) {
		ada := t.user("ada")
		token := t.issue(ada, auth.PurposePasswordReset)
		change := auth.PasswordChange{UserID: ada.ID, OldHash: ada.PasswordHash, NewHash: "new", At: t.now(), Use: auth.TokenUse{Purpose: token.Purpose}}
		_, err := t.store.SetPassword(t.Context(), change, t.event(ada))
		t.is("a wrong one", err, auth.ErrOneTimeToken)
		found, err := t.store.User(t.Context(), ada.ID)
		t.must(err)
		t.same("the hash", found.PasswordHash, ada.PasswordHash)
		change.Use.Hash = token.Hash
		done, err := t.store.SetPassword(t.Context(), change, t.event(ada))
		t.must(err)
		t.same("SetPassword", done, true)
	}},
	{"a new user's token and mail bear the id that the store gave", func(t *storeTest) {
		token := t.token(auth.User{}, auth.PurposeActivation)
		mail := auth.OutboxMail{Sealed: []byte("sealed"), QueuedAt: t.now(), Token: &token}
		ada, err := t.store.CreateUser(t.Context(), auth.User{Username: "ada", DateJoined: t.now()}, auth.Event{Kind: auth.EventUserCreated, At: t.now()}, mail)
		t.must(err)
		found, err := t.store.OneTimeToken(t.Context(), ada.ID, auth.PurposeActivation)
		t.must(err)
		t.same("the hash", found.Hash, token.Hash)
		mails, err := t.store.ClaimMails(t.Context(), t.now(), t.now().Add(time.Minute), 10)
		t.must(err)
		if len(mails) != 1 || mails[0].UserID != ada.ID {
			t.Errorf("ClaimMails: got %v", mails)
		}
	}},
	{"one that has expired is pruned", func(t *storeTest) {
		ada := t.user("ada")
		t.issue(ada, auth.PurposePasswordReset)
		later := t.now().Add(2 * time.Hour)
		_, err := t.store.Prune(t.Context(), auth.Horizon{Now: later})
		t.must(err)
		_, err = t.store.OneTimeToken(t.Context(), ada.ID, auth.PurposePasswordReset)
		t.is("OneTimeToken", err, auth.ErrNotFound)
	}},
}
