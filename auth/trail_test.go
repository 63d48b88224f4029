package auth_test

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

// A kind that the table does not have would be kept without an outcome.
func TestEveryKindOfEventHasAnOutcomeAndAnActor(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var found int
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range regexp.MustCompile(`\bEventKind += "([^"]+)"`).FindAllStringSubmatch(string(text), -1) {
			found++
			if e := (auth.Event{Kind: auth.EventKind(match[1])}); e.Outcome() == "" || e.By() == "" {
				t.Errorf("%s: outcome %q, actor %q", e.Kind, e.Outcome(), e.By())
			}
		}
	}
	if found != len(auth.EventKinds()) {
		t.Errorf("found %d kinds in the source and %d in the table", found, len(auth.EventKinds()))
	}
}

func TestActors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := w.register(t, "alice")
	w.login(t, "alice")
	_, err := w.Login(t.Context(), w.client, attempt("alice", "canary-wrong"))
	wantError(t, "Login", err, auth.ErrBadCredentials)
	if err := w.ResetPassword(t.Context(), w.client, alice.ID, secret.NewText("another good password")); err != nil {
		t.Fatal(err)
	}
	if _, err := w.RevokeSessions(t.Context(), w.client, alice.ID); err != nil {
		t.Fatal(err)
	}
	events, err := w.store.Events(t.Context(), auth.EventQuery{UserID: alice.ID})
	if err != nil {
		t.Fatal(err)
	}
	got := map[auth.EventKind]auth.Actor{}
	for _, e := range events {
		got[e.Kind] = e.Actor
	}
	want := map[auth.EventKind]auth.Actor{
		auth.EventUserCreated: auth.ActorUser, auth.EventLogin: auth.ActorUser, auth.EventLoginFailed: auth.ActorStranger,
		auth.EventPasswordChanged: auth.ActorOperator, auth.EventSessionsEnded: auth.ActorOperator,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("actors (-want +got):\n%s", diff)
	}
}

// Refreshes are what a service does all day. They leave no event, so the trail costs them nothing.
func TestARefreshWritesNoEvent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(t, "alice")
	grant := w.login(t, "alice")
	count := func() int {
		events, err := w.store.Events(t.Context(), auth.EventQuery{Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		return len(events)
	}
	before, refresh := count(), grant.Refresh
	for range 5 {
		w.clock.Advance(time.Hour)
		next, err := w.Refresh(t.Context(), w.client, refresh)
		if err != nil {
			t.Fatal(err)
		}
		refresh = next.Refresh
	}
	if after := count(); after != before {
		t.Errorf("got %d events after five refreshes, want %d", after, before)
	}
}

// A flood of refused requests becomes a line, not a flood of lines (filling the disk through the log).
func TestAFloodOfRefusalsIsOneEvent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(t, "alice")
	flood := func() (refused int) {
		for range 60 {
			_, err := w.Login(t.Context(), w.client, attempt("alice", "canary-wrong"))
			if _, ok := errors.AsType[*auth.LimitError](err); ok {
				refused++
			}
		}
		return refused
	}
	if flood() < 10 {
		t.Fatal("the limit refused next to nothing: this test tests nothing")
	}
	for name, n := range w.refusals(t) {
		if n != 1 {
			t.Errorf("limit %s: got %d events, want one", name, n)
		}
	}
	before := len(w.refusals(t))
	w.clock.Advance(11 * time.Minute)
	if flood() == 0 || before == 0 {
		t.Fatalf("the limit refused nothing the second time, or left %d events the first time", before)
	}
	for name, n := range w.refusals(t) {
		if n > 2 {
			t.Errorf("limit %s: got %d events after another while, want at most two", name, n)
		}
	}
}

// refusals counts the events of limits by their names.
func (w *world) refusals(t *testing.T) map[string]int {
	t.Helper()
	events, err := w.store.Events(t.Context(), auth.EventQuery{Kind: auth.EventLimited, Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	byLimit := map[string]int{}
	for _, e := range events {
		byLimit[e.Detail]++
		if e.Client.Address != w.client.Address || e.Outcome() != auth.OutcomeDenied {
			t.Errorf("got event %+v", e)
		}
	}
	return byLimit
}
