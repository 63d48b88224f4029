package authtest

import (
	"time"

	"github.com/cartouche-auth/cartouche/auth"
)

// prune prunes with one horizon for everything.
func (t *storeTest) prune(before time.Time) int {
	t.Helper()
	n, err := t.store.Prune(t.Context(), auth.Horizon{Now: t.now(), Sessions: before})
	t.must(err)
	return n
}

// gone reports whether a session has been deleted.
func (t *storeTest) gone(s auth.Session) bool {
	t.Helper()
	_, _, err := t.store.Session(t.Context(), s.ID)
	if err != nil {
		t.is("Session", err, auth.ErrNotFound)
	}
	return err != nil
}

var prunePromises = []promise{
	{"sessions that were over before the horizon go, all others stay", func(t *storeTest) {
		ada := t.user("ada")
		start := t.now()
		horizon := start.Add(20 * time.Hour)
		endedLate, idle, living := t.session(ada), t.session(ada), t.session(ada)
		ended := t.session(ada, func(s *auth.Session) { s.IdleExpiresAt = start.Add(90 * time.Hour) })
		over := t.session(ada, func(s *auth.Session) {
			s.IdleExpiresAt, s.AbsoluteExpiresAt = start.Add(90*time.Hour), start.Add(19*time.Hour)
		})
		t.clock.Advance(time.Hour)
		t.mustEnd(ended)
		for range 2 {
			t.clock.Advance(8 * time.Hour)
			for _, s := range []*auth.Session{&living, &endedLate} {
				var ok bool
				var err error
				*s, ok, err = t.store.ConfirmSession(t.Context(), t.confirmation(*s))
				t.must(err)
				t.same("ok", ok, true)
			}
		}
		t.clock.Set(horizon.Add(time.Minute))
		t.mustEnd(endedLate)
		t.prune(horizon)
		for name, s := range map[string]struct {
			session auth.Session
			want    bool
		}{"ended": {ended, true}, "idle": {idle, true}, "over": {over, true}, "ended after it": {endedLate, false}, "living": {living, false}} {
			t.same(name, t.gone(s.session), s.want)
		}
	}},
	{"revocations go when every access token is younger, and not before", func(t *storeTest) {
		t.must(t.store.Revoke(t.Context(), auth.Revocation{Kind: auth.RevokedUser, Subject: "7", NotBefore: t.now()}, auth.Event{At: t.now().Add(48 * time.Hour)}))
		t.must(t.store.Revoke(t.Context(), auth.Revocation{Kind: auth.RevokedUser, Subject: "8", NotBefore: t.now()}, auth.Event{At: t.now()}))
		t.clock.Advance(15 * time.Minute) // no access token lives longer
		t.prune(t.now().Add(-time.Hour))
		t.same("after the longest life of an access token", len(t.revocations()), 2)
		t.clock.Advance(24 * time.Hour)
		t.prune(t.now().Add(-30 * time.Hour))
		t.same("after a day", len(t.revocations()), 1)
	}},
	{"counters that would refuse nothing go, others stay", func(t *storeTest) {
		busy := &limitTest{t.T, t.store, t.clock}
		for range 4 {
			busy.take("busy")
		}
		busy.take("idle")
		t.clock.Advance(15 * time.Second)
		t.same("deleted", t.prune(t.now()), 1)
		busy.take("busy")
		busy.wants("the busy one is remembered", busy.take("busy"), 5*time.Second)
	}},
	{"more than one batch", func(t *storeTest) {
		ada := t.user("ada")
		const dead = 1203
		living := t.session(ada, func(s *auth.Session) { s.IdleExpiresAt = s.AbsoluteExpiresAt })
		atOnce(50, func(worker int) {
			for i := worker; i < dead; i += 50 {
				s := t.newSession(ada)
				s.CreatedAt = s.CreatedAt.Add(time.Duration(i%7) * time.Millisecond)
				if _, err := t.store.CreateSession(t.Context(), auth.Opening{Session: s, Event: auth.Event{Kind: auth.EventLogin, At: t.now()}}); err != nil {
					t.Error(err)
				}
			}
		})
		t.clock.Advance(11 * time.Hour)
		t.same("deleted", t.prune(t.now()), dead)
		t.same("a living session is gone", t.gone(living), false)
		t.same("deleted again", t.prune(t.now()), 0)
	}},
}
