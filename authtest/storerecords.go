package authtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cartouche-auth/cartouche/auth"
)

var revocationPromises = []promise{
	{"those stored after the given time, and no others", func(t *storeTest) {
		start := t.now()
		t.must(t.store.Revoke(t.Context(), auth.Revocation{Kind: auth.RevokedKey, Subject: "old", NotBefore: start}, auth.Event{At: start}))
		at := t.clock.Advance(time.Minute)
		want := []auth.Revocation{{Kind: auth.RevokedEverything, NotBefore: at.Add(-time.Hour), Reason: "restored from a backup"}}
		t.must(t.store.Revoke(t.Context(), want[0], auth.Event{At: at}))
		for after, n := range map[time.Duration]int{-time.Millisecond: 2, 0: 1, time.Minute - time.Millisecond: 1, time.Minute: 0} {
			list, err := t.store.Revocations(t.Context(), start.Add(after))
			t.must(err)
			t.same(fmt.Sprint("revocations after ", after), len(list), n)
			if n == 1 {
				t.same("revocations", list, want)
			}
		}
	}},
	{"AwaitRevocation ends with its context", func(t *storeTest) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := t.store.AwaitRevocation(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}},
	{"Revoke stores its event", func(t *storeTest) {
		t.must(t.store.Revoke(t.Context(), auth.Revocation{Kind: auth.RevokedUser, Subject: "7", NotBefore: t.now()}, auth.Event{Kind: auth.EventSessionsEnded, At: t.now(), UserID: "7"}))
		t.same("events", t.events("7"), []auth.EventKind{auth.EventSessionsEnded})
	}},
}

var eventPromises = []promise{
	{"every field comes back", func(t *storeTest) {
		want := auth.Event{
			Kind: auth.EventLoginFailed, Actor: auth.ActorStaff("8"), At: t.now().Add(time.Millisecond), UserID: "7", SessionID: auth.NewSessionID(), Detail: "current password",
			Client: auth.Client{Address: "192.0.2.1", UserAgent: "curl/8", RequestID: "r1"},
		}
		t.must(t.store.RecordEvent(t.Context(), want))
		t.must(t.store.RecordEvent(t.Context(), auth.Event{Kind: auth.EventKeyRotated, At: t.now()}))
		events, err := t.store.Events(t.Context(), auth.EventQuery{})
		t.must(err)
		t.same("Events", events, []auth.Event{{Kind: auth.EventKeyRotated, Actor: auth.ActorSystem, At: t.now()}, want})
	}},
	{"of a kind, and since a time", func(t *storeTest) {
		t.recorded(1)
		since := t.clock.Advance(time.Minute)
		t.recorded(2)
		t.must(t.store.RecordEvent(t.Context(), auth.Event{Kind: auth.EventKeyRotated, At: t.now()}))
		for _, q := range []struct {
			query auth.EventQuery
			n     int
		}{
			{auth.EventQuery{Kind: auth.EventLogin}, 2},
			{auth.EventQuery{Kind: auth.EventLogin, Since: since}, 1},
			{auth.EventQuery{Since: since}, 2},
			{auth.EventQuery{Since: since.Add(time.Millisecond)}, 0},
			{auth.EventQuery{Kind: "none"}, 0},
			{auth.EventQuery{Kind: auth.EventLogin, UserID: "7"}, 0},
		} {
			events, err := t.store.Events(t.Context(), q.query)
			t.must(err)
			t.same(fmt.Sprintf("events of %+v", q.query), len(events), q.n)
		}
	}},
	{"the newest of a user, of a session, of both, of anybody", func(t *storeTest) {
		session, other := auth.NewSessionID(), auth.NewSessionID()
		for i := range 130 {
			e := auth.Event{Kind: "test", At: t.now(), UserID: "7", SessionID: session, Detail: fmt.Sprint(i)}
			if i%2 == 1 {
				e.UserID = "8"
			}
			if i%3 == 0 {
				e.SessionID = other
			}
			t.must(t.store.RecordEvent(t.Context(), e))
		}
		for _, q := range []struct {
			query auth.EventQuery
			n     int
			first string
		}{
			{auth.EventQuery{}, 100, "129"},
			{auth.EventQuery{Limit: 1000}, 130, "129"},
			{auth.EventQuery{UserID: "7"}, 65, "128"},
			{auth.EventQuery{UserID: "8", Limit: 3}, 3, "129"},
			{auth.EventQuery{SessionID: other}, 44, "129"},
			{auth.EventQuery{SessionID: session, UserID: "7"}, 43, "128"},
			{auth.EventQuery{SessionID: auth.NewSessionID()}, 0, ""},
		} {
			events, err := t.store.Events(t.Context(), q.query)
			t.must(err)
			t.same(fmt.Sprintf("events of %+v", q.query), len(events), q.n)
			if len(events) > 0 {
				t.same("the newest", events[0].Detail, q.first)
			}
		}
	}},
	{"at most 512 bytes of a user agent are kept, and no half character", func(t *storeTest) {
		t.must(t.store.RecordEvent(t.Context(), auth.Event{Kind: "test", At: t.now(), Client: auth.Client{UserAgent: "x" + strings.Repeat("é", 300)}}))
		events, err := t.store.Events(t.Context(), auth.EventQuery{})
		t.must(err)
		if agent := events[0].Client.UserAgent; len(agent) > 512 || len(agent) < 500 || !utf8.ValidString(agent) {
			t.Errorf("UserAgent: got %d bytes: %q", len(agent), agent)
		}
	}},
}
