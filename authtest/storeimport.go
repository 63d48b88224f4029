package authtest

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

// immigrant is a user of another system.
func (t *storeTest) immigrant(id auth.UserID, name string, tokens ...auth.ImportedToken) auth.ImportedUser {
	return auth.ImportedUser{
		User:        auth.User{ID: id, Username: name, Email: name + "@example.com", PasswordHash: "hash of " + name, IsActive: true, DateJoined: t.now()},
		Fingerprint: [32]byte{1}, Tokens: tokens,
	}
}

// foreign is a token of another system that lives for an hour.
func (t *storeTest) foreign(kind auth.ImportedKind, user auth.UserID) auth.ImportedToken {
	return auth.ImportedToken{Kind: kind, Hash: [32]byte(secret.Bytes(32)), UserID: user, ExpiresAt: t.now().Add(time.Hour)}
}

// bring imports users and compares what became of them.
func (t *storeTest) bring(want []auth.ImportOutcome, users ...auth.ImportedUser) []auth.ImportResult {
	t.Helper()
	results, err := t.store.ImportUsers(t.Context(), users, auth.Event{Kind: auth.EventImported, At: t.now()})
	t.must(err)
	var got []auth.ImportOutcome
	for _, r := range results {
		got = append(got, r.Outcome)
	}
	t.same("the outcomes", got, want)
	return results
}

// fresh is a session that an imported token would open.
func (t *storeTest) fresh(user auth.UserID) auth.Session {
	return auth.Session{
		ID: auth.NewSessionID(), UserID: user, Parent: auth.TokenID(secret.Bytes(16)), ConfirmedAt: t.now(), CreatedAt: t.now(), IdleLifetime: time.Hour,
		IdleExpiresAt: t.now().Add(time.Hour), AbsoluteExpiresAt: t.now().Add(time.Hour), Method: "imported",
	}
}

func (t *storeTest) openImported(token auth.ImportedToken) bool {
	t.Helper()
	_, done, err := t.store.OpenImported(t.Context(), token, t.opening(t.fresh(token.UserID), 0))
	t.must(err)
	return done
}

var newOne = []auth.ImportOutcome{auth.ImportNew}

var importPromises = []promise{
	{"users come as they are, once, and leave one event a batch", func(t *storeTest) {
		ada, bob := t.immigrant("7", "ada"), t.immigrant("9", "bob")
		t.bring([]auth.ImportOutcome{auth.ImportNew, auth.ImportNew}, ada, bob)
		found, err := t.store.User(t.Context(), "7")
		t.must(err)
		t.same("ada", found, ada.User)
		bob.Fingerprint = [32]byte{2}
		t.bring([]auth.ImportOutcome{auth.ImportUnchanged, auth.ImportChanged}, ada, bob)
		events, err := t.store.Events(t.Context(), auth.EventQuery{})
		t.must(err)
		if len(events) != 1 || events[0].Detail != "2" {
			t.Errorf("events: %v", events)
		}
	}},
	{"a batch may have any size", func(t *storeTest) {
		for _, n := range []int{1, 7, 8, 63, 64, 65, 251} {
			var users []auth.ImportedUser
			var want []auth.ImportOutcome
			for range n {
				name := secret.Alphanumeric(20)
				users = append(users, t.immigrant(auth.UserID("u-"+name), name, t.foreign(auth.ImportedRefresh, auth.UserID("u-"+name))))
				want = append(want, auth.ImportNew)
			}
			for _, r := range t.bring(want, users...) {
				t.same("tokens", r.Tokens, []auth.ImportedKind{auth.ImportedRefresh})
			}
			known, err := t.store.ImportFingerprints(t.Context(), []auth.UserID{users[0].User.ID, users[n-1].User.ID, "nobody"})
			t.must(err)
			if known[users[n-1].User.ID] != [32]byte{1} || len(known) != min(n, 2) {
				t.Errorf("fingerprints: %v", known)
			}
		}
	}},
	{"who has an id or a name already keeps it", func(t *storeTest) {
		local := t.user("ada")
		t.bring([]auth.ImportOutcome{auth.ImportTaken, auth.ImportTaken, auth.ImportNew, auth.ImportTaken},
			t.immigrant(local.ID, "somebody"), t.immigrant("7", "ada"), t.immigrant("8", "bob"), t.immigrant("9", "bob"))
		found, err := t.store.User(t.Context(), local.ID)
		t.must(err)
		t.same("the local user", found, local)
	}},
	{"new integer ids come after imported ones", func(t *storeTest) {
		t.bring(newOne, t.immigrant("41", "ada"))
		user, err := t.store.CreateUser(t.Context(), auth.User{Username: "bob", DateJoined: t.now()}, auth.Event{At: t.now()})
		t.must(err)
		t.same("the id", user.ID, auth.UserID("42"))
	}},
	{"who was deleted since does not come back", func(t *storeTest) {
		ada := t.immigrant("7", "ada", t.foreign(auth.ImportedRefresh, "7"))
		t.bring(newOne, ada)
		t.must(t.store.DeleteUser(t.Context(), "7", t.now(), auth.Event{At: t.now()}))
		t.bring([]auth.ImportOutcome{auth.ImportDeleted}, ada)
		_, err := t.store.User(t.Context(), "7")
		t.is("User", err, auth.ErrNotFound)
		_, err = t.store.ImportedToken(t.Context(), auth.ImportedRefresh, ada.Tokens[0].Hash)
		t.is("ImportedToken", err, auth.ErrNotFound)
	}},
	{"an imported token opens one session, of many that try at once", func(t *storeTest) {
		token := t.foreign(auth.ImportedRefresh, "7")
		t.bring(newOne, t.immigrant("7", "ada", token))
		var opened atomic.Int64
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				session := t.fresh("7")
				_, done, err := t.store.OpenImported(t.Context(), token, t.opening(session, 0))
				if err != nil {
					t.Errorf("OpenImported: %v", err)
				}
				if done {
					opened.Add(1)
				}
			})
		}
		all.Wait()
		live, err := t.store.Sessions(t.Context(), "7", t.now())
		t.must(err)
		if opened.Load() != 1 || len(live) != 1 {
			t.Fatalf("opened %d times, %d sessions", opened.Load(), len(live))
		}
		kept, err := t.store.ImportedToken(t.Context(), token.Kind, token.Hash)
		t.must(err)
		t.same("its session", kept.SessionID, live[0].ID)
		user, err := t.store.User(t.Context(), "7")
		t.must(err)
		if !user.LastLogin.IsZero() {
			t.Errorf("last sign-in: %v", user.LastLogin)
		}
	}},
	{"an imported token opens nothing when it has expired, is another's, or its user is disabled", func(t *storeTest) {
		token, late := t.foreign(auth.ImportedRefresh, "7"), t.foreign(auth.ImportedRefresh, "7")
		late.ExpiresAt = t.now()
		t.bring(newOne, t.immigrant("7", "ada", token, late))
		t.bring(newOne, t.immigrant("8", "bob"))
		stolen := token
		stolen.UserID = "8"
		if t.openImported(late) || t.openImported(stolen) {
			t.Error("a session was opened")
		}
		t.must(t.store.SetActive(t.Context(), "7", false, t.now(), auth.Event{At: t.now()}))
		if t.openImported(token) {
			t.Error("a disabled user got a session")
		}
		t.must(t.store.SetActive(t.Context(), "7", true, t.now(), auth.Event{At: t.now()}))
		if t.openImported(token) {
			t.Error("a token from before the disabling got a session")
		}
	}},
	{"a change of password or the end of all sessions closes what was imported, also for later imports", func(t *storeTest) {
		for id, end := range map[auth.UserID]func(auth.UserID) error{
			"7": func(id auth.UserID) error {
				_, err := t.store.SetPassword(t.Context(), auth.PasswordChange{UserID: id, OldHash: "hash of u7", NewHash: "new", At: t.now()}, auth.Event{At: t.now()})
				return err
			},
			"8": func(id auth.UserID) error {
				_, err := t.store.EndSessions(t.Context(), id, auth.SessionID{}, auth.SessionEnd{Reason: auth.EndedByUser, At: t.now()}, auth.Event{At: t.now()})
				return err
			},
		} {
			token := t.foreign(auth.ImportedRefresh, id)
			t.bring(newOne, t.immigrant(id, "u"+string(id), token))
			open, err := t.store.ImportOpen(t.Context(), id)
			t.must(err)
			t.same("open before", open, true)
			t.must(end(id))
			open, err = t.store.ImportOpen(t.Context(), id)
			t.must(err)
			t.same("open after", open, false)
			kept, err := t.store.ImportedToken(t.Context(), token.Kind, token.Hash)
			t.must(err)
			if !kept.Closed || t.openImported(token) {
				t.Errorf("%s: the token is good", id)
			}
			later := t.bring([]auth.ImportOutcome{auth.ImportUnchanged}, t.immigrant(id, "u"+string(id), t.foreign(auth.ImportedRefresh, id)))
			t.same("later tokens", len(later[0].Tokens), 0)
		}
	}},
	{"a token that was signed out opens nothing, and stays so", func(t *storeTest) {
		token := t.foreign(auth.ImportedRefresh, "7")
		t.bring(newOne, t.immigrant("7", "ada", token))
		for _, want := range []bool{true, false} {
			done, err := t.store.SpendImported(t.Context(), token.Kind, token.Hash, auth.Event{At: t.now(), UserID: "7"})
			t.must(err)
			t.same("SpendImported", done, want)
		}
		t.bring([]auth.ImportOutcome{auth.ImportUnchanged}, t.immigrant("7", "ada", token))
		if t.openImported(token) {
			t.Error("a session was opened")
		}
	}},
	{"an opaque token comes with its session", func(t *storeTest) {
		token, session := t.foreign(auth.ImportedOpaque, "7"), t.fresh("7")
		session.Opaque, token.Session = token.Hash, &session
		t.bring(newOne, t.immigrant("7", "ada", token))
		found, user, err := t.store.OpaqueSession(t.Context(), token.Hash)
		t.must(err)
		if found.ID != session.ID || user.ID != "7" {
			t.Errorf("session %v of %v", found.ID, user.ID)
		}
		again := t.bring([]auth.ImportOutcome{auth.ImportUnchanged}, t.immigrant("7", "ada", token))
		t.same("tokens", len(again[0].Tokens), 0)
	}},
	{"a link of another system is used once, by users who came from it", func(t *storeTest) {
		t.bring(newOne, t.immigrant("7", "ada"))
		local := t.user("local")
		name := "Ada"
		change := func(id auth.UserID) error {
			use := auth.TokenUse{Purpose: auth.PurposeIdentifierReset, Hash: [32]byte{9}, ForeignUntil: t.now().Add(time.Hour)}
			_, err := t.store.ChangeAccount(t.Context(), auth.AccountChange{UserID: id, At: t.now(), Use: use, FirstName: &name}, auth.Event{At: t.now()})
			return err
		}
		t.is("who was never there", change(local.ID), auth.ErrOneTimeToken)
		t.must(change("7"))
		t.is("the second time", change("7"), auth.ErrOneTimeToken)
	}},
	{"tokens whose time is over are pruned, opaque ones stay known", func(t *storeTest) {
		refresh, opaque, session := t.foreign(auth.ImportedRefresh, "7"), t.foreign(auth.ImportedOpaque, "7"), t.fresh("7")
		session.Opaque, opaque.Session = opaque.Hash, &session
		t.bring(newOne, t.immigrant("7", "ada", refresh, opaque))
		t.clock.Advance(2 * time.Hour)
		t.prune(t.now())
		_, err := t.store.ImportedToken(t.Context(), refresh.Kind, refresh.Hash)
		t.is("the refresh token", err, auth.ErrNotFound)
		_, err = t.store.ImportedToken(t.Context(), opaque.Kind, opaque.Hash)
		t.must(err)
	}},
}
