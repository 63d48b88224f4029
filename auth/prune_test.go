package auth_test

import (
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
)

func TestPrune(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(t, "alice")
	ended, lives := w.login(t, "alice"), w.login(t, "alice")
	if _, err := w.Logout(t.Context(), w.client, ended.Refresh); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.WhySession(t.Context(), ended.Session.ID); err != nil {
		t.Errorf("WhySession within its retention: %v", err)
	}
	for range 4 { // keep the other one alive beyond the retention of the ended one
		w.clock.Advance(10 * 24 * time.Hour)
		lives = w.refresh(t, lives)
		w.clock.Advance(time.Minute)
		lives = w.refresh(t, lives) // confirms the token before, which pushes the idle deadline
	}
	if n, err := w.Prune(t.Context()); n == 0 || err != nil {
		t.Errorf("Prune: got %d, %v; want rows to go", n, err)
	}
	_, err := w.WhySession(t.Context(), ended.Session.ID)
	wantError(t, "WhySession beyond its retention", err, auth.ErrNotFound)
	_, err = w.Refresh(t.Context(), w.client, ended.Refresh)
	if err == nil {
		t.Error("Refresh of a pruned session: no error")
	}
	w.refresh(t, lives)
}
