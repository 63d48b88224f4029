package authtest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

// TestStore tests what auth.Store promises, a sub-test for each promise. Open answers a fresh, empty store each time, ready for parallel use, and sees to
// its end with t.Cleanup. A store that has a clock of its own to decide by takes the given one.
//
// That answered changes survive the end of the process is promised too, but cannot be tested from here.
func TestStore(t *testing.T, open func(t *testing.T, clock *Clock) auth.Store) {
	t.Helper()
	for method, promises := range map[string][]promise{
		"Store": storePromises, "CreateUser": createUserPromises, "FindUser": findUserPromises, "Password": passwordPromises, "SetActive": setActivePromises,
		"CreateSession": createSessionPromises, "BoundSessions": boundPromises, "ConfirmSession": confirmSessionPromises, "FindSession": findSessionPromises,
		"LabelSession": labelSessionPromises, "EndSession": endSessionPromises, "EndSessions": endSessionsPromises, "EndEverything": endEverythingPromises, "Prune": prunePromises,
		"SigningKeys": signingKeyPromises, "Revocations": revocationPromises, "Events": eventPromises, "SealEvents": sealPromises, "PruneEvents": pruneEventsPromises,
		"ChangeAccount": accountPromises, "OneTimeTokens": oneTimeTokenPromises, "Outbox": outboxPromises, "OpaqueTokens": opaquePromises, "Imports": importPromises,
		"ImportedSessions": importedSessionPromises,
	} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			for _, p := range promises {
				t.Run(p.says, func(t *testing.T) {
					t.Parallel()
					clock := NewClock()
					p.test(&storeTest{T: t, store: open(t, clock), clock: clock})
				})
			}
		})
	}
	t.Run("Limits", func(t *testing.T) {
		t.Parallel()
		TestLimits(t, func(t *testing.T, clock *Clock) auth.LimitStore {
			t.Helper()
			return open(t, clock)
		})
	})
}

// promise is one thing that a store promises.
type promise struct {
	says string
	test func(t *storeTest)
}

// storeTest is a test of one promise, with what all of them need.
type storeTest struct {
	*testing.T
	store auth.Store
	clock *Clock
}

func (t *storeTest) now() time.Time { return t.clock.Now() }

// must fails the test on an error.
func (t *storeTest) must(err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// same compares what a call answered with what it should have.
func (t *storeTest) same(what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// is compares an error.
func (t *storeTest) is(what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got error %v, want %v", what, err, want)
	}
}

// user makes a user.
func (t *storeTest) user(name string, change ...func(*auth.User)) auth.User {
	t.Helper()
	user := auth.User{
		ID: auth.UserID("01890a5d-ac96-774b-bcce-" + fmt.Sprintf("%012x", secret.Bytes(6))), Username: name, Email: name + "@example.com",
		PasswordHash: "hash of " + name, IsActive: true, DateJoined: t.now(),
	}
	for _, c := range change {
		c(&user)
	}
	created, err := t.store.CreateUser(t.Context(), user, auth.Event{Kind: auth.EventUserCreated, At: t.now(), UserID: user.ID})
	t.must(err)
	return created
}

// newSession is a session that is not stored yet.
func (t *storeTest) newSession(user auth.User) auth.Session {
	const idle, absolute = 10 * time.Hour, 100 * time.Hour
	return auth.Session{
		ID: auth.NewSessionID(), UserID: user.ID, Parent: newToken(), ConfirmedAt: t.now(), CreatedAt: t.now(), IdleLifetime: idle,
		IdleExpiresAt: t.now().Add(idle), AbsoluteExpiresAt: t.now().Add(absolute), Method: "password",
	}
}

// session makes a session.
func (t *storeTest) session(user auth.User, change ...func(*auth.Session)) auth.Session {
	t.Helper()
	session := t.newSession(user)
	for _, c := range change {
		c(&session)
	}
	_, err := t.store.CreateSession(t.Context(), t.opening(session, 0))
	t.must(err)
	return session
}

// opening is the order to open a session, with its event.
func (t *storeTest) opening(session auth.Session, bound int) auth.Opening {
	event := auth.Event{Kind: auth.EventLogin, At: session.CreatedAt, UserID: session.UserID, SessionID: session.ID}
	return auth.Opening{Session: session, Bound: bound, Event: event}
}

// find reads a session that must be there.
func (t *storeTest) find(id auth.SessionID) auth.Session {
	t.Helper()
	session, _, err := t.store.Session(t.Context(), id)
	t.must(err)
	return session
}

// end is the order to end a session, with its event.
func (t *storeTest) end(session auth.Session) (auth.SessionEnd, auth.Event) {
	return auth.SessionEnd{ID: session.ID, Reason: auth.EndedByLogout, At: t.now()},
		auth.Event{Kind: auth.EventSessionEnded, At: t.now(), UserID: session.UserID, SessionID: session.ID, Detail: "logout"}
}

// mustEnd ends a session that must be alive.
func (t *storeTest) mustEnd(session auth.Session) {
	t.Helper()
	end, event := t.end(session)
	done, err := t.store.EndSession(t.Context(), end, event)
	t.must(err)
	if !done {
		t.Fatal("EndSession: got false for a living session")
	}
}

// events lists the kinds of the events of a user, the newest first.
func (t *storeTest) events(user auth.UserID) []auth.EventKind {
	t.Helper()
	events, err := t.store.Events(t.Context(), auth.EventQuery{UserID: user})
	t.must(err)
	kinds := make([]auth.EventKind, len(events))
	for i, e := range events {
		kinds[i] = e.Kind
	}
	return kinds
}

// revocations lists everything that was revoked.
func (t *storeTest) revocations() []auth.Revocation {
	t.Helper()
	list, err := t.store.Revocations(t.Context(), time.Unix(0, 0))
	t.must(err)
	return list
}

// confirmation asks to confirm a child of the session's parent that was born when the parent was confirmed.
func (t *storeTest) confirmation(s auth.Session) auth.Confirmation {
	return auth.Confirmation{
		SessionID: s.ID, Own: newToken(), Parent: s.Parent, Generation: s.Generation + 1, BornAt: s.ConfirmedAt, Now: t.now(), MinAge: minAge,
	}
}

const minAge = 30 * time.Second

func newToken() auth.TokenID { return auth.TokenID(secret.Bytes(16)) }

// atOnce calls f many times at once and waits for all.
func atOnce(n int, f func(i int)) {
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			<-start
			f(i)
		})
	}
	close(start)
	all.Wait()
}

var storePromises = []promise{
	{"Ping answers", func(t *storeTest) { t.must(t.store.Ping(t.Context())) }},
	{"Now goes on", func(t *storeTest) {
		if before, after := t.store.Now(), t.store.Now(); before.IsZero() || after.Before(before) {
			t.Errorf("Now: got %v and then %v", before, after)
		}
	}},
	{"a context that has ended ends the call, and nothing was done", func(t *storeTest) {
		ada := t.user("ada")
		session := t.session(ada)
		t.clock.Advance(time.Minute)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		end, event := t.end(session)
		_, _, confirm := t.store.ConfirmSession(ctx, t.confirmation(session))
		_, _, find := t.store.Session(ctx, session.ID)
		_, ended := t.store.EndSession(ctx, end, event)
		_, user := t.store.User(ctx, ada.ID)
		_, create := t.store.CreateUser(ctx, auth.User{Username: "bob", DateJoined: t.now()}, auth.Event{At: t.now()})
		for name, err := range map[string]error{"ConfirmSession": confirm, "Session": find, "EndSession": ended, "User": user, "CreateUser": create} {
			t.is(name, err, context.Canceled)
		}
		t.same("the session", t.find(session.ID), session)
		_, err := t.store.UserByUsername(t.Context(), "bob")
		t.is("the user", err, auth.ErrNotFound)
	}},
	{"text that no database likes is kept out or made harmless", func(t *storeTest) {
		const junk = "a\x00b\xffc"
		ada := t.user("ada", func(u *auth.User) { u.FirstName = junk })
		session := t.session(ada, func(s *auth.Session) { s.UserAgent, s.Address = junk, junk })
		t.must(t.store.RecordEvent(t.Context(), auth.Event{
			Kind: auth.EventLoginFailed, At: t.now(), UserID: junk, Detail: junk, Client: auth.Client{Address: junk, UserAgent: junk, RequestID: junk},
		}))
		t.must(t.store.LabelSession(t.Context(), ada.ID, session.ID, junk, auth.Event{At: t.now()}))
		_, err := t.store.UserByUsername(t.Context(), junk)
		t.is("UserByUsername", err, auth.ErrNotFound)
		_, err = t.store.User(t.Context(), junk)
		t.is("User", err, auth.ErrNotFound)
		_, err = t.store.UsersByEmail(t.Context(), junk)
		t.must(err)
		t.same("the label", t.find(session.ID).Label, "a\uFFFDb\uFFFDc")
	}},
}
