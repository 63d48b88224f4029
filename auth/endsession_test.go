package auth_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartouche-auth/cartouche/auth"
)

func sessionIDs(list []auth.Session) map[auth.SessionID]bool {
	ids := map[auth.SessionID]bool{}
	for _, s := range list {
		ids[s.ID] = true
	}
	return ids
}

func TestSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(t, "alice")
	first, second, third := w.login(t, "alice"), w.login(t, "alice"), w.login(t, "alice")
	me := w.authenticate(t, first.Access)
	want := func(ids ...auth.SessionID) {
		t.Helper()
		list, err := w.Sessions(t.Context(), me)
		if err != nil {
			t.Fatal(err)
		}
		wanted := map[auth.SessionID]bool{}
		for _, id := range ids {
			wanted[id] = true
		}
		if diff := cmp.Diff(wanted, sessionIDs(list)); diff != "" {
			t.Errorf("Sessions (-want +got):\n%s", diff)
		}
	}
	want(first.Session.ID, second.Session.ID, third.Session.ID)
	if err := w.EndSession(t.Context(), w.client, me, second.Session.ID); err != nil {
		t.Fatal(err)
	}
	want(first.Session.ID, third.Session.ID)
	wantError(t, "ending it again", w.EndSession(t.Context(), w.client, me, second.Session.ID), auth.ErrNotFound)
	_, err := w.Authenticate(t.Context(), second.Access)
	wantError(t, "its access token", err, auth.ErrSessionEnded)
	if n, err := w.EndSessions(t.Context(), w.client, me, true); n != 1 || err != nil {
		t.Errorf("EndSessions but this: got %d, %v; want 1", n, err)
	}
	want(first.Session.ID)
	if n, err := w.EndSessions(t.Context(), w.client, me, false); n != 1 || err != nil {
		t.Errorf("EndSessions: got %d, %v; want 1", n, err)
	}
	_, err = w.Sessions(t.Context(), me)
	wantError(t, "Sessions after all have ended", err, auth.ErrSessionEnded)
}

// Another user's session does not exist, and lives on (I16).
func TestSessionsOfOthersDoNotExist(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(t, "mallory")
	w.register(t, "alice")
	mallory, alice := w.authenticate(t, w.login(t, "mallory").Access), w.login(t, "alice")
	wantError(t, "EndSession", w.EndSession(t.Context(), w.client, mallory, alice.Session.ID), auth.ErrNotFound)
	wantError(t, "EndSession of none", w.EndSession(t.Context(), w.client, mallory, auth.NewSessionID()), auth.ErrNotFound)
	wantError(t, "LabelSession", w.LabelSession(t.Context(), w.client, mallory, alice.Session.ID, "mine"), auth.ErrNotFound)
	w.authenticate(t, alice.Access)
	forged := mallory
	forged.SessionID = alice.Session.ID // crossed users: the session of one with the id of another (B08)
	_, err := w.Whoami(t.Context(), forged)
	wantError(t, "Whoami of crossed ids", err, auth.ErrTokenInvalid)
}

func TestLabelSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(t, "alice")
	me := w.authenticate(t, w.login(t, "alice").Access)
	if err := w.LabelSession(t.Context(), w.client, me, me.SessionID, "Küche"); err != nil {
		t.Fatal(err)
	}
	if list, err := w.Sessions(t.Context(), me); err != nil || list[0].Label != "Küche" {
		t.Errorf("Sessions: got %v, %v; want the label Küche", list, err)
	}
	err := w.LabelSession(t.Context(), w.client, me, me.SessionID, strings.Repeat("x", 101))
	if _, ok := errors.AsType[*auth.InputError](err); !ok {
		t.Errorf("a label of 101: got %v, want an InputError", err)
	}
}

func TestOperatorsEndAndExplainSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := w.register(t, "alice")
	first, second := w.login(t, "alice"), w.login(t, "alice")
	if err := w.RevokeSession(t.Context(), w.client, first.Session.ID); err != nil {
		t.Fatal(err)
	}
	why, err := w.WhySession(t.Context(), first.Session.ID)
	if err != nil || why.Live || why.Session.EndReason != auth.EndedByOperator || len(why.Events) != 2 {
		t.Errorf("WhySession: got %+v, %v; want it ended by the operator, with two events", why, err)
	}
	if list, err := w.SessionsOf(t.Context(), alice.ID); err != nil || len(list) != 1 || list[0].ID != second.Session.ID {
		t.Errorf("SessionsOf: got %v, %v; want the second session", list, err)
	}
	if n, err := w.RevokeSessions(t.Context(), w.client, alice.ID); n != 1 || err != nil {
		t.Errorf("RevokeSessions: got %d, %v; want 1", n, err)
	}
	_, err = w.RevokeSessions(t.Context(), w.client, "nobody")
	wantError(t, "RevokeSessions of nobody", err, auth.ErrNotFound)
	_, err = w.WhySession(t.Context(), auth.NewSessionID())
	wantError(t, "WhySession of none", err, auth.ErrNotFound)
}
