package ratelimit_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/ratelimit"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	authtest.TestLimits(t, func(*testing.T, *authtest.Clock) auth.LimitStore { return ratelimit.NewMemory() })
}

// The generic cell rate algorithm by its definition: a burst at once, then one an interval.
func TestRate(t *testing.T) {
	t.Parallel()
	rate := ratelimit.Rate{Burst: 3, Interval: time.Minute}
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

// Who makes up names to fill the memory of the counters does not push out the count of the account that he guesses at (the flood).
func TestAFloodOfNamesDoesNotResetTheFailures(t *testing.T) {
	t.Parallel()
	const key = "the count of an account"
	limits, rate := ratelimit.NewMemory(), ratelimit.Rate{Burst: 10, Interval: 365 * 24 * time.Hour}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	take := func(key string) bool {
		waits, err := limits.TakeLimits(t.Context(), now, ratelimit.Use{Key: key, Rate: rate})
		return err == nil && waits == nil
	}
	for range rate.Burst {
		if !take(key) {
			t.Fatal("refused within the burst")
		}
	}
	for n := range ratelimit.MaxCounters + 20_000 {
		take(fmt.Sprint("made-up name ", n))
	}
	if take(key) {
		t.Error("after the flood: got one more guess, want none")
	}
}
