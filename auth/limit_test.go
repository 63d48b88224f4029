package auth_test

import (
	"errors"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
)

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
