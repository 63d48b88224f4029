package verifier_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/token"
	"github.com/cartouche-auth/cartouche/verifier"
)

const (
	good        = "good"
	invalid     = "token is invalid"
	expired     = "token is expired"
	revoked     = "token is revoked"
	unavailable = "verification is unavailable"
)

func TestASignOutBitesInAnotherService(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	v := s.verifier()
	grant, other := s.login(), s.login()
	until(t, good, outcome(t, v, grant.Access, verifier.Route{}))
	principal, err := v.Verify(t.Context(), grant.Access.Reveal(), verifier.Route{})
	if err != nil || principal.UserID != string(grant.Session.UserID) || principal.SessionID != grant.Session.ID.String() || !principal.ExpiresAt.After(principal.IssuedAt) {
		t.Errorf("got %+v, %v", principal, err)
	}
	s.logout(grant)
	until(t, revoked, outcome(t, v, grant.Access, verifier.Route{}))
	until(t, revoked, outcome(t, v, grant.Access, verifier.Route{FailOpen: true}))
	until(t, good, outcome(t, v, other.Access, verifier.Route{}))
	if _, err := s.RevokeEverything(t.Context(), auth.Client{}); err != nil {
		t.Fatal(err)
	}
	until(t, revoked, outcome(t, v, other.Access, verifier.Route{}))
	s.clock.Advance(time.Second)
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	until(t, good, outcome(t, v, s.login().Access, verifier.Route{}))
}

// A service that was started later learns what was revoked before.
func TestAServiceThatStartsLateKnowsWhatWasRevoked(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	grant, other := s.login(), s.login()
	s.logout(grant)
	v := s.verifier()
	until(t, good, outcome(t, v, other.Access, verifier.Route{}))
	until(t, revoked, outcome(t, v, grant.Access, verifier.Route{}))
}

// When the server is gone, each route does as it said: refuse once its bound is over, or let in whom nobody knows to be signed out.
func TestStaleKnowledge(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	v := s.verifier()
	grant, gone := s.login(), s.login()
	lenient, open := verifier.Route{MaxStale: time.Minute}, verifier.Route{FailOpen: true}
	until(t, good, outcome(t, v, grant.Access, verifier.Route{}))
	s.logout(gone)
	until(t, revoked, outcome(t, v, gone.Access, verifier.Route{}))
	s.down.Store(true)
	s.ReleaseFollowers()
	s.clock.Advance(11 * time.Second)
	for route, want := range map[verifier.Route]string{{}: unavailable, lenient: good, open: good} {
		if got := outcome(t, v, grant.Access, route)(); got != want {
			t.Errorf("11 seconds later, %+v: got %s, want %s", route, got, want)
		}
		if got := outcome(t, v, gone.Access, route)(); got != revoked {
			t.Errorf("a revoked token, %+v: got %s", route, got)
		}
	}
	s.clock.Advance(time.Minute)
	for route, want := range map[verifier.Route]string{lenient: unavailable, open: good} {
		if got := outcome(t, v, grant.Access, route)(); got != want {
			t.Errorf("a minute later, %+v: got %s, want %s", route, got, want)
		}
	}
	if err := s.Start(t.Context()); err != nil { // the server is back, and has asked its database
		t.Fatal(err)
	}
	s.down.Store(false)
	until(t, good, outcome(t, v, grant.Access, verifier.Route{}))
}

// A server that is cut off from its database does not count as heard of.
func TestAServerWithoutDatabaseDoesNotVouch(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	v := s.verifier()
	grant := s.login()
	until(t, good, outcome(t, v, grant.Access, verifier.Route{}))
	s.clock.Advance(11 * time.Second) // its own knowledge is as old now: it answers 503
	polls := s.polls.Load()
	until(t, "true", func() string { return fmt.Sprint(s.polls.Load() > polls+1) })
	if got := outcome(t, v, grant.Access, verifier.Route{})(); got != unavailable {
		t.Errorf("got %s", got)
	}
}

func TestNewKeysAreFetched(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	v := s.verifier()
	until(t, good, outcome(t, v, s.login().Access, verifier.Route{}))
	if err := s.RotateKeys(t.Context(), true); err != nil { // its pending key was in the set
		t.Fatal(err)
	}
	if err := s.RotateKeys(t.Context(), true); err != nil { // this one was not
		t.Fatal(err)
	}
	s.clock.Advance(time.Minute)
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	until(t, good, outcome(t, v, s.login().Access, verifier.Route{}))
}

// Tokens with invented key ids must not make the service fetch keys for each of them.
func TestForgedKeyIDsDoNotFloodTheServer(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	v := s.verifier()
	until(t, good, outcome(t, v, s.login().Access, verifier.Route{}))
	before := s.fetches.Load()
	for range 100 {
		key, err := token.GenerateKey(token.EdDSA)
		if err != nil {
			t.Fatal(err)
		}
		if got := outcome(t, v, signed(t, key, claims(s.clock.Now())), verifier.Route{})(); got != invalid {
			t.Fatalf("a token signed by nobody: got %s", got)
		}
	}
	if n := s.fetches.Load() - before; n > 1 {
		t.Errorf("%d fetches", n)
	}
}

func claims(now time.Time) token.Claims {
	return token.Claims{
		Type: "access", Issuer: authtest.Issuer, Subject: "7", SessionID: strings.Repeat("0a", 16), ID: strings.Repeat("0b", 16), IssuedAt: now, ExpiresAt: now.Add(time.Minute),
	}
}

func signed(t *testing.T, key token.Key, c token.Claims) secret.Text {
	t.Helper()
	key.State = token.Active
	ring, err := token.NewKeyring([]token.Key{key})
	if err != nil {
		t.Fatal(err)
	}
	text, err := ring.Sign(c)
	if err != nil {
		t.Fatal(err)
	}
	return secret.NewText(text)
}

// With a file of keys and no feed nobody is asked for anything.
func TestKeysFromAFile(t *testing.T) {
	t.Parallel()
	key, err := token.GenerateKey(token.ES256)
	if err != nil {
		t.Fatal(err)
	}
	key.State = token.Active
	ring, err := token.NewKeyring([]token.Key{key})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "jwks.json")
	clock := authtest.NewClock()
	v, err := verifier.New(verifier.Config{Issuer: authtest.Issuer, JWKS: path, WithoutFeed: true, Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	access := signed(t, key, claims(clock.Now()))
	if got := outcome(t, v, access, verifier.Route{})(); got != unavailable {
		t.Errorf("without the file: got %s", got)
	}
	if err := os.WriteFile(path, ring.JWKS(), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := outcome(t, v, access, verifier.Route{})(); got != unavailable {
		t.Errorf("a moment later: got %s, want no second look yet", got)
	}
	clock.Advance(11 * time.Second)
	for situation, test := range map[string]struct {
		change func(*token.Claims)
		want   string
	}{
		"as it should be":   {func(*token.Claims) {}, good},
		"another's issuer":  {func(c *token.Claims) { c.Issuer = "https://other.example" }, invalid},
		"for somebody else": {func(c *token.Claims) { c.Audience = []string{"other"} }, invalid},
		"too long a life":   {func(c *token.Claims) { c.ExpiresAt = c.IssuedAt.Add(time.Hour) }, invalid},
		"a little expired":  {func(c *token.Claims) { c.ExpiresAt = clock.Now().Add(-9 * time.Second) }, good},
		"expired":           {func(c *token.Claims) { c.ExpiresAt = clock.Now().Add(-11 * time.Second) }, expired},
		"from the future":   {func(c *token.Claims) { c.IssuedAt = clock.Now().Add(11 * time.Second) }, invalid},
	} {
		c := claims(clock.Now().Add(-30 * time.Second))
		test.change(&c)
		if got := outcome(t, v, signed(t, key, c), verifier.Route{})(); got != test.want {
			t.Errorf("%s: got %s, want %s", situation, got, test.want)
		}
	}
}

func TestRequire(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	v := s.verifier()
	grant := s.login()
	until(t, good, outcome(t, v, grant.Access, verifier.Route{}))
	handler := v.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, ok := verifier.FromContext(r.Context())
		fmt.Fprint(w, p.UserID, " ", ok)
	}))
	access := grant.Access.Reveal()
	for situation, test := range map[string]struct {
		headers   []string
		status    int
		challenge string
	}{
		"bearer":          {[]string{"Bearer " + access}, 200, ""},
		"djoser's word":   {[]string{"jwt " + access}, 200, ""},
		"nothing":         {nil, 401, "Bearer"},
		"another word":    {[]string{"Token " + access}, 401, "Bearer"},
		"two headers":     {[]string{"Bearer " + access, "Bearer " + access}, 401, "Bearer"},
		"no token":        {[]string{"Bearer "}, 401, "Bearer"},
		"altered":         {[]string{"Bearer " + access + "A"}, 401, `Bearer error="invalid_token"`},
		"a refresh token": {[]string{"Bearer " + grant.Refresh.Reveal()}, 401, `Bearer error="invalid_token"`},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/orders", http.NoBody)
		r.Header["Authorization"] = test.headers
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != test.status || w.Header().Get("WWW-Authenticate") != test.challenge {
			t.Errorf("%s: got %d, %q", situation, w.Code, w.Header().Get("WWW-Authenticate"))
		}
		if want := string(grant.Session.UserID) + " true"; test.status == 200 && w.Body.String() != want {
			t.Errorf("%s: got %q, want %q", situation, w.Body, want)
		}
	}
	s.down.Store(true)
	s.clock.Advance(11 * time.Second)
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/orders", http.NoBody)
	r.Header.Set("Authorization", "Bearer "+access)
	handler.ServeHTTP(w, r)
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("without a server: got %d", w.Code)
	}
}

func TestRoutesAskTheFeedOftenEnough(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("a bound that nobody can keep was taken")
		}
	}()
	newServer(t).verifier().RequireOn(verifier.Route{MaxStale: time.Second}, http.NotFoundHandler())
}

func TestNewReportsMistakes(t *testing.T) {
	t.Parallel()
	feed := secret.NewText(feedToken)
	for want, c := range map[string]verifier.Config{
		"issuer: missing":            {WithoutFeed: true},
		"feed token: missing":        {Issuer: "https://auth.example.com"},
		"feed token: is of no use":   {Issuer: "https://auth.example.com", FeedToken: feed, WithoutFeed: true},
		"JWKS: http://auth.example":  {Issuer: "http://auth.example", WithoutFeed: true},
		"feed: http://auth.example":  {Issuer: "http://auth.example", FeedToken: feed},
		"JWKS: must be a URL":        {Issuer: "https://a.example", JWKS: "ftp://a.example/", WithoutFeed: true},
		"max stale: 1s: must be":     {Issuer: "https://a.example", FeedToken: feed, MaxStale: time.Second},
		"leeway: 1m0s: must be":      {Issuer: "https://a.example", FeedToken: feed, Leeway: time.Minute},
		"longest life: -1s: must be": {Issuer: "https://a.example", FeedToken: feed, MaxLife: -time.Second},
	} {
		if _, err := verifier.New(c); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), feedToken) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// Whoever can answer for the server, with a redirect or a flood, gets neither keys in nor the feed token out.
func TestHostileAnswersAreNotTaken(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	access := s.login().Access
	var stolen []string
	thief := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { stolen = append(stolen, r.Header.Get("Authorization")) }))
	defer thief.Close()
	for situation, answer := range map[string]http.HandlerFunc{
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, thief.URL, http.StatusTemporaryRedirect)
		},
		"flood": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, strings.Repeat(" ", 65<<10), `{"keys":[]}`)
		},
		"a page":  func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") },
		"refusal": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) },
	} {
		asked := make(chan struct{}, 100)
		hostile := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answer(w, r)
			if r.Header.Get("Authorization") != "" {
				asked <- struct{}{}
			}
		}))
		v := s.verifier(func(c *verifier.Config) { c.JWKS, c.Feed = hostile.URL+"/jwks", hostile.URL+"/feed" })
		<-asked
		if _, err := v.Verify(t.Context(), access.Reveal(), verifier.Route{}); !errors.Is(err, verifier.ErrUnavailable) {
			t.Errorf("%s: got %v", situation, err)
		}
		hostile.Close()
	}
	if len(stolen) > 0 {
		t.Errorf("the feed token went to a stranger: %q", stolen)
	}
}
