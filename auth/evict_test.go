package auth_test

import (
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
)

// Sign-ins that nobody ends must not pile up: the least recently active session makes room, and whoever holds its tokens is told why (B28).
func TestTooManySessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *auth.Config) { c.Policy = auth.DefaultPolicy(); c.Policy.MaxSessions = 2 })
	user := w.register(t, "alice")
	first := w.login(t, "alice")
	w.clock.Advance(time.Minute)
	second := w.login(t, "alice")
	w.clock.Advance(time.Minute)
	kept, err := w.Refresh(t.Context(), w.client, first.Refresh)
	if err != nil {
		t.Fatal(err)
	}
	if kept, err = w.Refresh(t.Context(), w.client, kept.Refresh); err != nil { // still young: it comes back as it is
		t.Fatal(err)
	}
	w.clock.Advance(time.Minute)
	if _, err = w.Refresh(t.Context(), w.client, kept.Refresh); err != nil { // now it is confirmed
		t.Fatal(err)
	}
	third := w.login(t, "alice")
	_, err = w.Authenticate(t.Context(), second.Access)
	wantError(t, "the access token of the evicted session", err, auth.ErrSessionEnded)
	_, err = w.Refresh(t.Context(), w.client, second.Refresh)
	wantError(t, "its refresh token", err, auth.ErrSessionEnded)
	for _, access := range []auth.Grant{kept, third} {
		if _, err := w.Authenticate(t.Context(), access.Access); err != nil {
			t.Errorf("Authenticate: a session within the bound: %v", err)
		}
	}
	why, err := w.WhySession(t.Context(), second.Session.ID)
	if err != nil || why.Session.EndReason != auth.EndedAsEvicted || why.Events[0].Kind != auth.EventSessionEnded || why.Events[0].Detail != "evicted" {
		t.Errorf("WhySession: got %+v, %v; want an eviction and its event", why, err)
	}
	if list, err := w.SessionsOf(t.Context(), user.ID); err != nil || len(list) != 2 {
		t.Errorf("SessionsOf: got %d sessions, %v; want 2", len(list), err)
	}
}
