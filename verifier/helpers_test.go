package verifier_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/httpapi"
	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/token"
	"github.com/cartouche-auth/cartouche/verifier"
)

const feedToken = "3f9c1b7e5a2d4860c8e7f1a0b9d6e5c4"

// server is the real server of somebody else's verifier, over HTTP on loopback.
type server struct {
	*auth.Service
	t       *testing.T
	store   auth.Store
	clock   *authtest.Clock
	url     string
	fetches atomic.Int64 // of the public keys
	polls   atomic.Int64 // of the feed
	down    atomic.Bool  // nothing is answered
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{t: t, store: authtest.SQLite(t), clock: authtest.NewClock()}
	s.Service = authtest.NewService(t, s.store, s.clock, func(c *auth.Config) { c.Algorithm = token.ES256 })
	api, err := httpapi.New(s.Service, httpapi.Config{FeedTokens: []secret.Text{secret.NewText(feedToken)}})
	if err != nil {
		t.Fatal(err)
	}
	listening := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.down.Load() {
			panic(http.ErrAbortHandler)
		}
		switch {
		case strings.HasSuffix(r.URL.Path, "jwks.json"):
			s.fetches.Add(1)
		case strings.HasSuffix(r.URL.Path, "revocations/"):
			s.polls.Add(1)
		}
		api.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		s.ReleaseFollowers()
		listening.Close()
	})
	s.url = listening.URL
	if _, err := s.CreateUser(t.Context(), auth.Client{}, auth.NewUser{Username: "alice", Email: "alice@example.com", Password: secret.NewText("correct horse 9")}); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *server) login() auth.Grant {
	s.t.Helper()
	grant, err := s.Login(s.t.Context(), auth.Client{}, auth.Login{Identifier: "alice", Password: secret.NewText("correct horse 9"), Remember: true})
	if err != nil {
		s.t.Fatal(err)
	}
	return grant
}

func (s *server) logout(grant auth.Grant) {
	s.t.Helper()
	if done, err := s.Logout(s.t.Context(), auth.Client{}, grant.Refresh); err != nil || !done {
		s.t.Fatalf("logout: %t, %v", done, err)
	}
}

// config is that of a service beside the server, under the same clock.
func (s *server) config() verifier.Config {
	return verifier.Config{
		Issuer: authtest.Issuer, JWKS: s.url + "/.well-known/jwks.json", Feed: s.url + "/auth/revocations/", FeedToken: secret.NewText(feedToken), Now: s.clock.Now,
	}
}

// verifier runs a verifier until the test ends.
func (s *server) verifier(change ...func(*verifier.Config)) *verifier.Verifier {
	s.t.Helper()
	c := s.config()
	for _, one := range change {
		one(&c)
	}
	v, err := verifier.New(c)
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(s.t.Context()))
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		_ = v.Run(ctx)
	}()
	s.t.Cleanup(func() {
		stop()
		<-stopped
	})
	return v
}

// until asks again until the answer is as wanted, or the test runs out of time.
func until(t *testing.T, want string, ask func() string) {
	t.Helper()
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	for end := time.After(20 * time.Second); ; {
		got := ask()
		if got == want {
			return
		}
		select {
		case <-ticker.C:
		case <-end:
			t.Fatalf("got %q to the end, want %q", got, want)
		}
	}
}

func outcome(t *testing.T, v *verifier.Verifier, access secret.Text, route verifier.Route) func() string {
	t.Helper()
	return func() string {
		if _, err := v.Verify(t.Context(), access.Reveal(), route); err != nil {
			return firstWords(err)
		}
		return "good"
	}
}

func firstWords(err error) string {
	text, _, _ := strings.Cut(err.Error(), ":")
	return text
}
