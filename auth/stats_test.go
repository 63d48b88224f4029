package auth_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/secret"
)

// presented refreshes, and answers what the counters say of it.
func (w world) presented(t *testing.T, refresh secret.Text) (auth.Grant, auth.RefreshOutcome) {
	t.Helper()
	before := w.Stats().Refreshes
	grant, _ := w.Refresh(t.Context(), w.client, refresh)
	var counted []auth.RefreshOutcome
	for outcome, n := range w.Stats().Refreshes {
		for range n - before[outcome] {
			counted = append(counted, outcome)
		}
	}
	if len(counted) != 1 {
		t.Fatalf("one refresh was counted as %v", counted)
	}
	return grant, counted[0]
}

func TestStatsCountRefreshesByOutcome(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(t, "ada")
	policy := w.Policy()
	first := w.login(t, "ada")
	second, outcome := w.presented(t, first.Refresh)
	wantOutcome(t, "the first token of a session", outcome, auth.RefreshRetried)
	_, outcome = w.presented(t, first.Refresh)
	wantOutcome(t, "the same again", outcome, auth.RefreshRetried)
	_, outcome = w.presented(t, second.Refresh)
	wantOutcome(t, "its child at once", outcome, auth.RefreshYoung)
	w.clock.Advance(policy.RefreshMinAge)
	third, outcome := w.presented(t, second.Refresh)
	wantOutcome(t, "its child, old enough", outcome, auth.RefreshConfirmed)
	_, outcome = w.presented(t, first.Refresh)
	wantOutcome(t, "a token that was just overtaken", outcome, auth.RefreshSuperseded)
	w.clock.Advance(policy.RefreshSuperseded)
	_, outcome = w.presented(t, first.Refresh)
	wantOutcome(t, "a token that was overtaken long ago", outcome, auth.RefreshCompromised)
	_, outcome = w.presented(t, third.Refresh)
	wantOutcome(t, "a token of a session that has ended", outcome, auth.RefreshEnded)
	_, outcome = w.presented(t, secret.NewText("nonsense"))
	wantOutcome(t, "no token", outcome, auth.RefreshInvalid)
}

func TestStatsCountRefreshesThatFailed(t *testing.T) {
	t.Parallel()
	faults := authtest.NewFaults(authtest.SQLite(t))
	clock := authtest.NewClock()
	w := world{authtest.NewService(t, faults, clock), faults, clock, auth.Client{Address: "192.0.2.1"}}
	w.register(t, "ada")
	grant := w.login(t, "ada")
	faults.FailNext("ConfirmSession")
	_, outcome := w.presented(t, grant.Refresh)
	wantOutcome(t, "a store that is away", outcome, auth.RefreshFailed)
}

func wantOutcome(t *testing.T, what string, got, want auth.RefreshOutcome) {
	t.Helper()
	if got != want {
		t.Errorf("%s: counted as %s, want %s", what, got, want)
	}
}

func TestStatsCountRefusalsByLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *auth.Config) {
		c.Policy = auth.DefaultPolicy()
		c.Policy.Limits.RefreshesPerSession = auth.Rate{Burst: 1, Interval: time.Hour}
		c.Policy.Limits.LoginsPerAddress = auth.Rate{Burst: 2, Interval: time.Hour}
	})
	w.register(t, "ada")
	grant := w.login(t, "ada")
	_, _ = w.presented(t, grant.Refresh)
	_, outcome := w.presented(t, grant.Refresh)
	wantOutcome(t, "beyond the limit", outcome, auth.RefreshLimited)
	for range 2 {
		var limited *auth.LimitError
		if _, err := w.Login(t.Context(), w.client, auth.Login{Identifier: "ada", Password: secret.NewText(goodPassword)}); !errors.As(err, &limited) {
			t.Errorf("Login beyond the limit: got %v", err)
		}
	}
	if diff := cmp.Diff(map[string]uint64{"refresh": 1, "logins": 2}, w.Stats().Limited); diff != "" {
		t.Errorf("limits hit (-want +got):\n%s", diff)
	}
}

func TestStatsShowRevocationsAndKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(t, "ada")
	grant := w.login(t, "ada")
	if _, err := w.Logout(t.Context(), w.client, grant.Refresh, secret.Text{}); err != nil {
		t.Fatal(err)
	}
	stats := w.Stats()
	if stats.RevocationsInForce != 1 || stats.RevocationsLearned != 1 || stats.FeedFollowers != 0 {
		t.Errorf("after one sign-out: %+v", stats)
	}
	if diff := cmp.Diff(map[auth.KeyState]int{auth.KeyActive: 1, auth.KeyPending: 1, auth.KeyRetiring: 0}, stats.Keys); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	w.clock.Advance(7 * time.Second)
	if age := w.Stats().RevocationsAge; age != 7*time.Second {
		t.Errorf("the revocations were read %s ago, want 7s", age)
	}
}
