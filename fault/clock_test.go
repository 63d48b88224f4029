package fault_test

import (
	"errors"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/secret"
)

// Somebody sets the database's clock forward and back again, by far more than any tolerance. Whoever refreshes through it stays signed in, and who signs out stays out.
func TestClockIsSetForthAndBack(t *testing.T) {
	t.Parallel()
	authtest.EachStore(t, func(t *testing.T, store auth.Store) {
		t.Helper()
		clock := authtest.NewClock()
		service := authtest.NewService(t, store, clock)
		if _, err := service.CreateUser(t.Context(), auth.Client{}, auth.NewUser{Username: "ada", Password: secret.NewText(password)}); err != nil {
			t.Fatal(err)
		}
		grant, err := service.Login(t.Context(), auth.Client{}, auth.Login{Identifier: "ada", Password: secret.NewText(password), Remember: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, jump := range []time.Duration{time.Minute, time.Hour, -2 * time.Hour, time.Minute, time.Minute, 24 * time.Hour, -25 * time.Hour, time.Hour, time.Minute} {
			clock.Advance(jump)
			next, err := service.Refresh(t.Context(), auth.Client{}, grant.Refresh)
			if err != nil {
				t.Fatalf("an honest refresh after the clock moved by %s: %v", jump, err)
			}
			if _, err := service.Authenticate(t.Context(), next.Access); err != nil {
				t.Errorf("the access token of just now, after %s: %v", jump, err)
			}
			grant = next
		}
		if done, err := service.Logout(t.Context(), auth.Client{}, grant.Refresh); err != nil || !done {
			t.Fatalf("sign-out: %t, %v", done, err)
		}
		for _, jump := range []time.Duration{-time.Hour, 2 * time.Hour} {
			clock.Advance(jump)
			if _, err := service.Refresh(t.Context(), auth.Client{}, grant.Refresh); !errors.Is(err, auth.ErrSessionEnded) {
				t.Errorf("after the sign-out, the clock moved by %s: %v, want ErrSessionEnded", jump, err)
			}
		}
	})
}
