package authtest

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
)

var passwordPromises = []promise{
	{"UpgradePassword replaces the hash and nothing else", func(t *storeTest) {
		ada := t.user("ada")
		session := t.session(ada)
		done, err := t.store.UpgradePassword(t.Context(), ada.ID, ada.PasswordHash, "better")
		t.must(err)
		t.same("done", done, true)
		found, user, err := t.store.SessionUser(t.Context(), session.ID)
		t.must(err)
		ada.PasswordHash, ada.LastLogin = "better", t.now()
		t.same("the user", user, ada)
		t.same("the session", found, session)
		t.same("revocations", t.revocations(), []auth.Revocation(nil))
	}},
	{"UpgradePassword leaves a hash alone that has changed meanwhile", func(t *storeTest) {
		ada := t.user("ada")
		for id, old := range map[auth.UserID]string{ada.ID: "older", "nobody": ada.PasswordHash} {
			done, err := t.store.UpgradePassword(t.Context(), id, old, "better")
			t.must(err)
			t.same("done", done, false)
		}
		found, err := t.store.User(t.Context(), ada.ID)
		t.must(err)
		t.same("the user", found, ada)
	}},
	{"SetPassword ends every session but the one to keep, with a revocation for each", func(t *storeTest) {
		ada, bob := t.user("ada"), t.user("bob")
		keep, other, third, foreign := t.session(ada), t.session(ada), t.session(ada), t.session(bob)
		at := t.clock.Advance(time.Minute)
		done, err := t.store.SetPassword(t.Context(),
			auth.PasswordChange{UserID: ada.ID, OldHash: ada.PasswordHash, NewHash: "new", At: at, Keep: keep.ID},
			auth.Event{Kind: auth.EventPasswordChanged, At: at, UserID: ada.ID, SessionID: keep.ID})
		t.must(err)
		t.same("done", done, true)
		user, err := t.store.User(t.Context(), ada.ID)
		t.must(err)
		t.same("hash", user.PasswordHash, "new")
		t.same("the session to keep", t.find(keep.ID), keep)
		t.same("another's session", t.find(foreign.ID), foreign)
		for _, s := range []auth.Session{other, third} {
			s.EndedAt, s.EndReason = at, auth.EndedByPassword
			t.same("another session", t.find(s.ID), s)
		}
		t.revoked(at, string(auth.EndedByPassword), other.ID, third.ID)
		t.same("the last event", t.events(ada.ID)[0], auth.EventPasswordChanged)
	}},
	{"SetPassword that keeps none ends all, also those that have run out", func(t *storeTest) {
		ada := t.user("ada")
		old := t.session(ada)
		t.clock.Set(old.IdleExpiresAt)
		young := t.session(ada)
		done, err := t.store.SetPassword(t.Context(), auth.PasswordChange{UserID: ada.ID, OldHash: ada.PasswordHash, NewHash: "new", At: t.now()}, auth.Event{At: t.now()})
		t.must(err)
		t.same("done", done, true)
		for _, s := range []auth.Session{old, young} { // should the clock be set back, none may come to life again
			t.same("EndReason", t.find(s.ID).EndReason, auth.EndedByPassword)
		}
	}},
	{"SetPassword does nothing when the hash has changed meanwhile", func(t *storeTest) {
		ada := t.user("ada")
		session := t.session(ada)
		done, err := t.store.SetPassword(t.Context(),
			auth.PasswordChange{UserID: ada.ID, OldHash: "older", NewHash: "new", At: t.now()}, auth.Event{Kind: auth.EventPasswordChanged, At: t.now(), UserID: ada.ID})
		t.must(err)
		t.same("done", done, false)
		_, user, err := t.store.SessionUser(t.Context(), session.ID)
		t.must(err)
		t.same("hash", user.PasswordHash, ada.PasswordHash)
		t.same("the session", t.find(session.ID), session)
		t.same("revocations", t.revocations(), []auth.Revocation(nil))
		t.same("events", t.events(ada.ID), []auth.EventKind{auth.EventLogin, auth.EventUserCreated})
	}},
	{"SetPassword that activates proves the address of an account that waits for it, and of no other", func(t *storeTest) {
		ada, bob := t.waiting("ada"), t.user("bob")
		at := t.clock.Advance(time.Minute)
		for _, user := range []auth.User{ada, bob} {
			token := t.issue(user, auth.PurposeActivation)
			change := auth.PasswordChange{
				UserID: user.ID, OldHash: user.PasswordHash, NewHash: "new", At: at, Use: auth.TokenUse{Purpose: token.Purpose, Hash: token.Hash}, Activates: true,
			}
			_, err := t.store.SetPassword(t.Context(), change, auth.Event{Kind: auth.EventActivatedAnew, At: at, UserID: user.ID})
			found, findErr := t.store.User(t.Context(), user.ID)
			t.must(findErr)
			if user.AwaitsActivation {
				t.must(err)
				user.PasswordHash, user.IsActive, user.AwaitsActivation, user.VerifiedAt = "new", true, false, at
			} else {
				t.is("who does not wait", err, auth.ErrOneTimeToken)
			}
			t.same("the user", found, user)
		}
	}},
	{"one of many changes of the same hash wins", func(t *storeTest) {
		ada := t.user("ada")
		var won atomic.Int32
		atOnce(20, func(i int) {
			done, err := t.store.SetPassword(t.Context(),
				auth.PasswordChange{UserID: ada.ID, OldHash: ada.PasswordHash, NewHash: fmt.Sprint("new", i), At: t.now()}, auth.Event{At: t.now()})
			if err != nil {
				t.Error(err)
			}
			if done {
				won.Add(1)
			}
		})
		t.same("winners", won.Load(), int32(1))
	}},
}

var setActivePromises = []promise{
	{"disabling ends every session and revokes every access token", func(t *storeTest) {
		ada, bob := t.user("ada"), t.user("bob")
		first, second, foreign := t.session(ada), t.session(ada), t.session(bob)
		at := t.clock.Advance(time.Minute)
		t.must(t.store.SetActive(t.Context(), ada.ID, false, at, auth.Event{Kind: auth.EventUserDisabled, At: at, UserID: ada.ID}))
		for _, s := range []auth.Session{first, second} {
			found, active, err := t.store.Session(t.Context(), s.ID)
			t.must(err)
			s.EndedAt, s.EndReason = at, auth.EndedByDisable
			t.same("session", found, s)
			t.same("userActive", active, false)
		}
		found, active, err := t.store.Session(t.Context(), foreign.ID)
		t.must(err)
		t.same("another's session", found, foreign)
		t.same("another's userActive", active, true)
		t.same("revocations", t.revocations(), []auth.Revocation{{Kind: auth.RevokedUser, Subject: string(ada.ID), NotBefore: at, Reason: string(auth.EndedByDisable)}})
		t.same("the last event", t.events(ada.ID)[0], auth.EventUserDisabled)
	}},
	{"enabling brings no session back", func(t *storeTest) {
		ada := t.user("ada")
		session := t.session(ada)
		t.must(t.store.SetActive(t.Context(), ada.ID, false, t.now(), auth.Event{At: t.now()}))
		t.must(t.store.SetActive(t.Context(), ada.ID, true, t.now(), auth.Event{Kind: auth.EventUserEnabled, At: t.now(), UserID: ada.ID}))
		found, active, err := t.store.Session(t.Context(), session.ID)
		t.must(err)
		t.same("userActive", active, true)
		t.same("EndReason", found.EndReason, auth.EndedByDisable)
		t.same("the last event", t.events(ada.ID)[0], auth.EventUserEnabled)
	}},
	{"ErrNotFound when there is no such user", func(t *storeTest) {
		for _, active := range []bool{true, false} {
			t.is("SetActive", t.store.SetActive(t.Context(), "nobody", active, t.now(), auth.Event{At: t.now(), UserID: "nobody"}), auth.ErrNotFound)
		}
		t.same("events", t.events("nobody"), []auth.EventKind{})
		t.same("revocations", t.revocations(), []auth.Revocation(nil))
	}},
	{"no session of a disabled user is left alive, whoever came first", func(t *storeTest) {
		ada := t.user("ada")
		sessions := make([]auth.Session, 20)
		atOnce(len(sessions)+1, func(i int) {
			if i == len(sessions) {
				if err := t.store.SetActive(t.Context(), ada.ID, false, t.now(), auth.Event{At: t.now()}); err != nil {
					t.Error(err)
				}
				return
			}
			sessions[i] = t.newSession(ada)
			if _, err := t.store.CreateSession(t.Context(), t.opening(sessions[i], 0)); err != nil {
				t.is("CreateSession", err, auth.ErrUserInactive)
			}
		})
		for _, s := range sessions {
			found, _, err := t.store.Session(t.Context(), s.ID)
			if err == nil && found.Live(t.now()) {
				t.Error("a session lives on")
			}
			if err != nil && !errors.Is(err, auth.ErrNotFound) {
				t.Error(err)
			}
		}
	}},
}
