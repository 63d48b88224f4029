package authtest_test

import (
	"testing"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/secret"
)

func TestMain(m *testing.M) { authtest.Main(m) }

func TestSmoke(t *testing.T) {
	authtest.EachStore(t, func(t *testing.T, store auth.Store) {
		clock := authtest.NewClock()
		s := authtest.NewService(t, store, clock)
		u, err := s.CreateUser(t.Context(), auth.Client{}, auth.NewUser{Username: "ada", Email: "a@x.y", Password: secret.NewText("correct-horse")})
		if err != nil { t.Fatal(err) }
		g, err := s.Login(t.Context(), auth.Client{Address: "1.2.3.4", UserAgent: "x"}, auth.Login{Identifier: "ada", Password: secret.NewText("correct-horse"), Remember: true})
		if err != nil { t.Fatal(err) }
		for range 3 {
			clock.Advance(61e9)
			g2, err := s.Refresh(t.Context(), auth.Client{}, g.Refresh)
			if err != nil { t.Fatal(err) }
			t.Logf("%+v", g2.Session)
			g = g2
		}
		us, err := s.Users(t.Context(), auth.UserQuery{})
		t.Log(u, us, err)
		p, err := s.Authenticate(t.Context(), g.Access)
		if err != nil { t.Fatal(err) }
		if _, err := s.Whoami(t.Context(), p); err != nil { t.Fatal(err) }
		if err := s.SetPassword(t.Context(), auth.Client{}, p, secret.NewText("correct-horse"), secret.NewText("correct-horse2")); err != nil { t.Fatal(err) }
		n, err := s.RevokeSessions(t.Context(), auth.Client{}, u.ID)
		t.Log(n, err)
		if err := s.Disable(t.Context(), auth.Client{}, u.ID); err != nil { t.Fatal(err) }
		if err := s.Ready(t.Context()); err != nil { t.Fatal(err) }
		clock.Advance(100*24*3600e9)
		n, err = s.Prune(t.Context())
		t.Log(n, err)
		t.Log(store.TakeLimit(t.Context(), "k", auth.Rate{Burst: 2, Interval: 1e9}, clock.Now()))
		t.Log(store.TakeLimit(t.Context(), "k", auth.Rate{Burst: 2, Interval: 1e9}, clock.Now()))
		t.Log(store.TakeLimit(t.Context(), "k", auth.Rate{Burst: 2, Interval: 1e9}, clock.Now()))
		e, err := store.Events(t.Context(), auth.EventQuery{UserID: u.ID})
		t.Log(e, err, store.Now())
	})
}
