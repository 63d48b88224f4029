package authtest

import (
	"sync/atomic"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
)

// revoked checks that exactly these sessions have been revoked.
func (t *storeTest) revoked(at time.Time, reason string, ids ...auth.SessionID) {
	t.Helper()
	missing := make(map[auth.Revocation]bool)
	for _, id := range ids {
		missing[auth.Revocation{Kind: auth.RevokedSession, Subject: id.String(), NotBefore: at, Reason: reason}] = true
	}
	for _, r := range t.revocations() {
		if !missing[r] {
			t.Errorf("revocations: unexpected or double: %+v", r)
		}
		delete(missing, r)
	}
	for r := range missing {
		t.Errorf("revocations: missing: %+v", r)
	}
}

var endSessionPromises = []promise{
	{"it ends the session with its reason, its revocation and its event", func(t *storeTest) {
		ada := t.user("ada")
		session, other := t.session(ada), t.session(ada)
		at := t.clock.Advance(time.Minute)
		t.mustEnd(session)
		session.EndedAt, session.EndReason = at, auth.EndedByLogout
		t.same("the session", t.find(session.ID), session)
		t.same("another session", t.find(other.ID), other)
		t.revoked(at, "logout", session.ID)
		t.same("the last event", t.events(ada.ID)[0], auth.EventSessionEnded)
	}},
	{"false when it is unknown or had ended already, and nothing was written", func(t *storeTest) {
		session := t.session(t.user("ada"))
		t.mustEnd(session)
		before := t.find(session.ID)
		t.clock.Advance(time.Minute)
		for _, id := range []auth.SessionID{session.ID, auth.NewSessionID()} {
			done, err := t.store.EndSession(t.Context(), auth.SessionEnd{ID: id, Reason: auth.EndedByUser, At: t.now()},
				auth.Event{Kind: auth.EventSessionEnded, At: t.now(), UserID: session.UserID})
			t.must(err)
			t.same("done", done, false)
		}
		t.same("the session", t.find(session.ID), before)
		t.same("revocations", len(t.revocations()), 1)
		t.same("events", t.events(session.UserID), []auth.EventKind{auth.EventSessionEnded, auth.EventLogin, auth.EventUserCreated})
	}},
	{"with a parent, only while the session is still there", func(t *storeTest) {
		session := t.session(t.user("ada"))
		t.clock.Advance(time.Minute)
		moved, _, err := t.store.ConfirmSession(t.Context(), t.confirmation(session))
		t.must(err)
		for _, step := range []struct {
			parent auth.TokenID
			want   bool
		}{{session.Parent, false}, {moved.Parent, true}} {
			end, event := t.end(session)
			end.Parent = step.parent
			done, err := t.store.EndSession(t.Context(), end, event)
			t.must(err)
			t.same("done", done, step.want)
		}
	}},
	{"a session that ran out by itself is ended for good", func(t *storeTest) {
		session := t.session(t.user("ada"))
		t.clock.Set(session.AbsoluteExpiresAt)
		t.mustEnd(session)
		t.same("EndReason", t.find(session.ID).EndReason, auth.EndedByLogout)
	}},
	{"twenty ends at once: one ends it (I15)", func(t *storeTest) {
		session := t.session(t.user("ada"))
		var done atomic.Int32
		atOnce(20, func(int) {
			end, event := t.end(session)
			ok, err := t.store.EndSession(t.Context(), end, event)
			if err != nil {
				t.Error(err)
			}
			if ok {
				done.Add(1)
			}
		})
		t.same("ends", done.Load(), int32(1))
		t.same("revocations", len(t.revocations()), 1)
	}},
	{"once it is ended no refresh succeeds any more (I8)", func(t *storeTest) {
		session := t.session(t.user("ada"))
		t.clock.Advance(time.Minute)
		var ended atomic.Bool
		few := make(chan struct{})
		atOnce(2, func(i int) {
			if i == 1 {
				<-few
				t.mustEnd(session)
				ended.Store(true)
				return
			}
			t.refreshUntilRefused(session, few, &ended)
		})
		t.same("EndReason", t.find(session.ID).EndReason, auth.EndedByLogout)
	}},
}

// refreshUntilRefused confirms one token after the other. It closes few after some, and complains about one that is confirmed although the
// session had been ended before it was presented.
func (t *storeTest) refreshUntilRefused(s auth.Session, few chan struct{}, ended *atomic.Bool) {
	const some = 5
	defer func() {
		if s.Generation < some {
			close(few)
		}
	}()
	for {
		before := ended.Load()
		next, ok, err := t.store.ConfirmSession(t.Context(), auth.Confirmation{
			SessionID: s.ID, Own: newToken(), Parent: s.Parent, Generation: s.Generation + 1, BornAt: s.CreatedAt, Now: t.now(),
		})
		if err != nil || ok && before {
			t.Errorf("ConfirmSession: got %v, %v; ended before: %v", ok, err, before)
			return
		}
		if !ok {
			return
		}
		if s = next; s.Generation == some {
			close(few)
		}
	}
}

var endEverythingPromises = []promise{
	{"it ends everybody's sessions once, and revokes everything", func(t *storeTest) {
		ada, bob := t.user("ada"), t.user("bob")
		sessions := []auth.Session{t.session(ada), t.session(ada), t.session(bob)}
		at := t.clock.Advance(time.Minute)
		for _, want := range []int{3, 0} {
			n, err := t.store.EndEverything(t.Context(), auth.SessionEnd{Reason: auth.EndedByOperator, At: at}, auth.Event{Kind: auth.EventEverythingEnded, At: at})
			t.must(err)
			t.same("ended", n, want)
		}
		for _, s := range sessions {
			s.EndedAt, s.EndReason = at, auth.EndedByOperator
			t.same("a session", t.find(s.ID), s)
		}
		t.same("a revocation", t.revocations()[0], auth.Revocation{Kind: auth.RevokedEverything, NotBefore: at, Reason: string(auth.EndedByOperator)})
		t.same("the last event", t.events("")[0], auth.EventEverythingEnded)
	}},
}

var endSessionsPromises = []promise{
	{"it ends the user's living sessions but the one to keep, and counts them", func(t *storeTest) {
		ada, bob := t.user("ada"), t.user("bob")
		over := t.session(ada, func(s *auth.Session) { s.IdleExpiresAt = s.CreatedAt.Add(time.Second) })
		keep, first, second, foreign := t.session(ada), t.session(ada), t.session(ada), t.session(bob)
		at := t.clock.Advance(time.Minute)
		n, err := t.store.EndSessions(t.Context(), ada.ID, keep.ID, auth.SessionEnd{Reason: auth.EndedByUser, At: at},
			auth.Event{Kind: auth.EventSessionsEnded, At: at, UserID: ada.ID})
		t.must(err)
		t.same("ended", n, 2)
		for _, s := range []auth.Session{keep, foreign, over} {
			t.same("a session that is none of these", t.find(s.ID), s)
		}
		for _, s := range []auth.Session{first, second} {
			s.EndedAt, s.EndReason = at, auth.EndedByUser
			t.same("a session", t.find(s.ID), s)
		}
		t.revoked(at, string(auth.EndedByUser), first.ID, second.ID)
		t.same("the last event", t.events(ada.ID)[0], auth.EventSessionsEnded)
	}},
	{"the zero id keeps none", func(t *storeTest) {
		ada := t.user("ada")
		t.session(ada)
		t.session(ada)
		for _, want := range []int{2, 0} {
			n, err := t.store.EndSessions(t.Context(), ada.ID, auth.SessionID{}, auth.SessionEnd{Reason: auth.EndedByUser, At: t.now()}, auth.Event{At: t.now()})
			t.must(err)
			t.same("ended", n, want)
		}
	}},
	{"each session is ended once, also at the same time", func(t *storeTest) {
		ada := t.user("ada")
		const sessions = 20
		for range sessions {
			t.session(ada)
		}
		var ended atomic.Int32
		atOnce(5, func(int) {
			n, err := t.store.EndSessions(t.Context(), ada.ID, auth.SessionID{}, auth.SessionEnd{Reason: auth.EndedByUser, At: t.now()}, auth.Event{At: t.now()})
			if err != nil {
				t.Error(err)
			}
			ended.Add(int32(n))
		})
		t.same("ended", ended.Load(), int32(sessions))
		t.same("revocations", len(t.revocations()), sessions)
	}},
}
