package auth_test

import (
	"errors"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
)

// The generic cell rate algorithm by its definition: a burst at once, then one an interval.
func TestRate(t *testing.T) {
	t.Parallel()
	rate := auth.Rate{Burst: 3, Interval: time.Minute}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	kept := time.Time{}
	for i, want := range []time.Duration{0, 0, 0, time.Minute, time.Minute} {
		next, retryAfter := rate.NextArrival(kept, now)
		if retryAfter != want {
			t.Errorf("use %d: got a wait of %s, want %s", i, retryAfter, want)
		}
		if retryAfter == 0 {
			kept = next
		}
	}
	if _, retryAfter := rate.NextArrival(kept, now.Add(time.Minute)); retryAfter != 0 {
		t.Errorf("a minute later: got a wait of %s, want none", retryAfter)
	}
}

func TestRefreshIsLimitedPerSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(t, "alice")
	grant, other := w.login(t, "alice"), w.login(t, "alice")
	for range w.Policy().Limits.RefreshesPerSession.Burst {
		w.refresh(t, grant)
	}
	_, err := w.Refresh(t.Context(), w.client, grant.Refresh)
	limit, ok := errors.AsType[*auth.LimitError](err)
	if !ok || limit.RetryAfter != time.Second {
		t.Fatalf("Refresh beyond the limit: got %v, want to wait a second", err)
	}
	w.refresh(t, other)
	w.clock.Advance(limit.RetryAfter)
	w.refresh(t, grant)
}

func TestLimitsOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *auth.Config) { c.Limits = auth.LimitsOff })
	w.register(t, "alice")
	grant := w.login(t, "alice")
	for range 2 * w.Policy().Limits.RefreshesPerSession.Burst {
		w.refresh(t, grant)
	}
}
