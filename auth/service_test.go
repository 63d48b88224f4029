package auth_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/token"
)

// world is a service on a fresh SQLite database under a test clock.
type world struct {
	*auth.Service
	store  auth.Store
	clock  *authtest.Clock
	client auth.Client
}

func newWorld(t *testing.T, change ...func(*auth.Config)) world {
	t.Helper()
	clock := authtest.NewClock()
	store := authtest.SQLite(t)
	return world{authtest.NewService(t, store, clock, change...), store, clock, auth.Client{Address: "192.0.2.1", UserAgent: "test"}}
}

const goodPassword = "correct horse 9"

func (w world) register(t *testing.T, username string) auth.User {
	t.Helper()
	user, err := w.Register(t.Context(), w.client, auth.NewUser{
		Username: username, Email: username + "@example.com", Password: secret.NewText(goodPassword),
	})
	if err != nil {
		t.Fatalf("Register(%s): %v", username, err)
	}
	return user
}

func (w world) login(t *testing.T, username string) auth.Grant {
	t.Helper()
	grant, err := w.Login(t.Context(), w.client, auth.Login{Identifier: username, Password: secret.NewText(goodPassword), Remember: true})
	if err != nil {
		t.Fatalf("Login(%s): %v", username, err)
	}
	return grant
}

func (w world) authenticate(t *testing.T, access secret.Text) auth.Principal {
	t.Helper()
	principal, err := w.Authenticate(t.Context(), access)
	if err != nil {
		t.Fatalf("Authenticate: %v", err)
	}
	return principal
}

func wantError(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got error %v, want %v", what, got, want)
	}
}

func TestNewReportsEveryMistakeAtOnce(t *testing.T) {
	t.Parallel()
	policy := auth.DefaultPolicy()
	policy.AccessLifetime = time.Hour
	_, err := auth.New(auth.Config{
		Issuer: "example.com", LoginField: "phone", UserIDs: "roman", Algorithm: "none", Limits: "sometimes", Policy: policy,
	})
	if err == nil {
		t.Fatal("New: got no error, want every mistake")
	}
	for _, want := range []string{"issuer", "store", "master key", "login_field", "user_ids", "signing_algorithm", "rate_limits", "access_lifetime"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("New: error does not speak of %s:\n%v", want, err)
		}
	}
}

func TestNewRefusesMisplacedSigningSecrets(t *testing.T) {
	t.Parallel()
	const canary = "canary-canary-canary-canary-canary"
	for name, test := range map[string]struct {
		algorithm token.Algorithm
		secret    string
		want      string
	}{
		"asymmetric with a secret":  {token.ES256, canary, "only HS256"},
		"HS256 without one":         {token.HS256, "", "at least 32 bytes"},
		"HS256 with a short one":    {token.HS256, "canary", "32"},
		"HS256 with a repeated one": {token.HS256, strings.Repeat("x", 40), "secret"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := auth.New(auth.Config{
				Issuer: "https://app.example.com", Store: authtest.SQLite(t), Master: authtest.Master(),
				Algorithm: test.algorithm, SigningSecret: secret.NewText(test.secret),
			})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("New: got error %v, want one about %q", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "canary") {
				t.Errorf("New: the error prints the secret: %v", err)
			}
		})
	}
}

func TestPolicyCheck(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*auth.Policy)
		want   string
	}{
		"access token outlives 15 minutes":      {func(p *auth.Policy) { p.AccessLifetime = 16 * time.Minute }, "access_lifetime"},
		"access token without life":             {func(p *auth.Policy) { p.AccessLifetime = 0 }, "access_lifetime"},
		"access life under four minimum ages":   {func(p *auth.Policy) { p.RefreshMinAge = 76 * time.Second }, "four times refresh_min_age"},
		"negative minimum age":                  {func(p *auth.Policy) { p.RefreshMinAge = -1 }, "refresh_min_age"},
		"negative superseded tolerance":         {func(p *auth.Policy) { p.RefreshSuperseded = -1 }, "refresh_superseded"},
		"negative retry window":                 {func(p *auth.Policy) { p.RefreshRetryWindow = -1 }, "refresh_retry_window"},
		"idle life shorter than an access life": {func(p *auth.Policy) { p.SessionIdleShort = time.Minute }, "session_idle_short"},
		"remembered shorter than not":           {func(p *auth.Policy) { p.SessionIdle = time.Hour }, "session_idle"},
		"no sessions":                           {func(p *auth.Policy) { p.MaxSessions = 0 }, "max_sessions"},
		"absolute shorter than idle":            {func(p *auth.Policy) { p.SessionAbsolute = 24 * time.Hour }, "session_absolute"},
		"passwords of seven":                    {func(p *auth.Policy) { p.PasswordMinLength = 7 }, "password_min_length"},
		"nothing is kept":                       {func(p *auth.Policy) { p.EventRetention = 0 }, "retention"},
		"keys that never sign":                  {func(p *auth.Policy) { p.KeyActive = p.KeyPending }, "signing keys"},
		"half a limit":                          {func(p *auth.Policy) { p.Limits.LoginsPerAddress.Burst = 0 }, "logins per address"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			policy := auth.DefaultPolicy()
			test.change(&policy)
			if err := policy.Check(); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Check: got %v, want an error about %q", err, test.want)
			}
		})
	}
	if err := auth.DefaultPolicy().Check(); err != nil {
		t.Errorf("Check of the default policy: %v", err)
	}
}

// watched tells when the revocations are read.
type watched struct {
	auth.Store
	read chan struct{}
}

func (w watched) Revocations(ctx context.Context, after time.Time) ([]auth.Revocation, error) {
	list, err := w.Store.Revocations(ctx, after)
	select {
	case w.read <- struct{}{}:
	case <-ctx.Done():
	}
	return list, err
}

// Another node's sign-out reaches this one through Run, and Run stops when it is told to.
func TestRunLearnsRevocationsOfOtherNodes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(t, "alice")
	grant := w.login(t, "alice")
	store := watched{w.store, make(chan struct{}, 1)}
	other, err := auth.New(auth.Config{
		Issuer: w.Issuer(), Store: store, Master: authtest.Master(), Passwords: authtest.Passwords(), Now: w.clock.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Authenticate(t.Context(), grant.Access); err != nil {
		t.Fatalf("Authenticate on the other node: %v", err)
	}
	if _, err := w.Logout(t.Context(), w.client, grant.Refresh); err != nil {
		t.Fatalf("Logout: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- other.Run(ctx) }()
	<-store.read
	stop()
	wantError(t, "Run", <-done, context.Canceled)
	_, err = other.Authenticate(t.Context(), grant.Access)
	wantError(t, "Authenticate after the other node's sign-out", err, auth.ErrSessionEnded)
}

func TestReady(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.Ready(t.Context()); err != nil {
		t.Errorf("Ready: %v", err)
	}
}
