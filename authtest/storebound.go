package authtest

import (
	"time"

	"github.com/cartouche-auth/cartouche/auth"
)

// boundPromises are about the number of sessions that a user may have.
var boundPromises = []promise{
	{"a session beyond the bound ends the least recently active one", func(t *storeTest) {
		ada := t.user("ada")
		idle := t.session(ada)
		t.clock.Advance(time.Minute)
		busy := t.session(ada)
		bobs := t.session(t.user("bob"))
		t.clock.Advance(time.Minute)
		_, ok, err := t.store.ConfirmSession(t.Context(), t.confirmation(idle)) // opened first, but used last
		t.must(err)
		t.same("ok", ok, true)
		t.clock.Advance(time.Minute)
		t.same("evicted", t.openBounded(t.newSession(ada), 2), []auth.SessionID{busy.ID})
		t.same("EndReason", t.find(busy.ID).EndReason, auth.EndedAsEvicted)
		t.same("EndedAt", t.find(busy.ID).EndedAt, t.now())
		t.same("the one in use lives", t.find(idle.ID).Live(t.now()), true)
		t.same("another user's lives", t.find(bobs.ID).Live(t.now()), true)
		t.same("revocations", t.revocations(), []auth.Revocation{
			{Kind: auth.RevokedSession, Subject: busy.ID.String(), NotBefore: t.now(), Reason: string(auth.EndedAsEvicted)},
		})
		t.same("events", t.events(ada.ID)[:2], []auth.EventKind{auth.EventSessionEnded, auth.EventLogin})
	}},
	{"sessions that are over do not count", func(t *storeTest) {
		ada := t.user("ada")
		t.session(ada, func(s *auth.Session) { s.IdleExpiresAt = t.now().Add(time.Second) })
		t.session(ada, func(s *auth.Session) { s.AbsoluteExpiresAt = t.now().Add(time.Second) })
		ended := t.session(ada)
		end, event := t.end(ended)
		_, err := t.store.EndSession(t.Context(), end, event)
		t.must(err)
		living := t.session(ada)
		t.clock.Advance(time.Minute)
		t.same("evicted", t.openBounded(t.newSession(ada), 2), []auth.SessionID(nil))
		t.same("evicted with one less", t.openBounded(t.newSession(ada), 2), []auth.SessionID{living.ID})
		t.same("EndReason of what had ended", t.find(ended.ID).EndReason, auth.EndedByLogout)
	}},
	{"a bound that has become smaller ends all that are too many, and zero is none", func(t *storeTest) {
		ada := t.user("ada")
		for range 5 {
			t.openBounded(t.newSession(ada), 0)
		}
		t.same("evicted", len(t.openBounded(t.newSession(ada), 2)), 4)
		t.same("live", t.live(ada), 2)
		t.same("evicted", len(t.openBounded(t.newSession(ada), 1)), 2)
		t.same("live", t.live(ada), 1)
	}},
	{"a hundred sign-ins at once never leave more than the bound", func(t *storeTest) {
		ada := t.user("ada")
		const bound = 5
		atOnce(100, func(int) {
			if _, err := t.store.CreateSession(t.Context(), t.opening(t.newSession(ada), bound)); err != nil {
				t.Errorf("CreateSession: %v", err)
			}
			if n := t.live(ada); n > bound {
				t.Errorf("%d sessions live, more than the bound", n)
			}
		})
		t.same("live", t.live(ada), bound)
		t.same("revocations", len(t.revocations()), 100-bound)
	}},
	{"who is refused evicts nobody", func(t *storeTest) {
		ada := t.user("ada")
		t.session(ada)
		t.must(t.store.SetActive(t.Context(), ada.ID, false, t.now(), auth.Event{At: t.now()}))
		before := t.revocations()
		_, err := t.store.CreateSession(t.Context(), t.opening(t.newSession(ada), 1))
		t.is("CreateSession", err, auth.ErrUserInactive)
		t.same("revocations", t.revocations(), before)
	}},
	{"an imported token's session counts too", func(t *storeTest) {
		token := t.foreign(auth.ImportedRefresh, "7")
		t.bring(newOne, t.immigrant("7", "ada", token))
		old := t.session(auth.User{ID: "7"})
		t.clock.Advance(time.Second)
		evicted, done, err := t.store.OpenImported(t.Context(), token, t.opening(t.fresh("7"), 1))
		t.must(err)
		t.same("done", done, true)
		t.same("evicted", evicted, []auth.SessionID{old.ID})
	}},
	{"the mails of a session are queued with it", func(t *storeTest) {
		ada := t.user("ada")
		opening := t.opening(t.newSession(ada), 1)
		opening.Mails = []auth.OutboxMail{{UserID: ada.ID, Sealed: []byte("new device"), QueuedAt: t.now()}}
		_, err := t.store.CreateSession(t.Context(), opening)
		t.must(err)
		mails, err := t.store.ClaimMails(t.Context(), t.now(), t.now().Add(time.Minute), 10)
		t.must(err)
		if len(mails) != 1 || string(mails[0].Sealed) != "new device" {
			t.Errorf("ClaimMails: got %+v, want the mail of the session", mails)
		}
	}},
}

// openBounded opens a session under a bound and answers which ones ended for it.
func (t *storeTest) openBounded(session auth.Session, bound int) []auth.SessionID {
	t.Helper()
	evicted, err := t.store.CreateSession(t.Context(), t.opening(session, bound))
	t.must(err)
	return evicted
}

// live counts the live sessions of a user.
func (t *storeTest) live(user auth.User) int {
	list, err := t.store.Sessions(t.Context(), user.ID, t.now())
	if err != nil {
		t.Errorf("Sessions: %v", err)
	}
	return len(list)
}
