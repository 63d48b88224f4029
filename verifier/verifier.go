package verifier

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cartouche-auth/cartouche/token"
)

// Errors that callers ask for with errors.Is.
var (
	// ErrInvalid reports a token that is not genuine, or not for us.
	ErrInvalid = errors.New("token is invalid")
	// ErrExpired reports a genuine token whose time is over.
	ErrExpired = errors.New("token is expired")
	// ErrRevoked reports a genuine token of a session that was ended.
	ErrRevoked = errors.New("token is revoked")
	// ErrUnavailable reports that nobody can tell: there are no keys, or what is known of revocations is too old.
	ErrUnavailable = errors.New("verification is unavailable")
)

// Principal is who makes a request, as the access token says it.
type Principal struct {
	UserID    string
	SessionID string
	IssuedAt  time.Time
	ExpiresAt time.Time
	// Claims are the extra claims that the server was configured to add, with numbers as json.Number; nil: none.
	Claims map[string]any
}

// Verifier checks access tokens. Make one with [New] and keep one [Verifier.Run] going. Concurrent use is safe.
type Verifier struct {
	config Config
	tokens *token.Verifier
	keys   keys
	feed   feed
}

// New makes a Verifier. It reports every mistake in the configuration, joined, and asks nobody yet.
func New(c Config) (*Verifier, error) {
	c = c.withDefaults()
	v := &Verifier{config: c}
	tokens, err := token.NewVerifier(token.VerifierConfig{
		Keyring: v.keys.ring.Load, Issuer: c.Issuer, Audience: c.Audience, MaxLife: c.MaxLife, Leeway: c.Leeway, CacheSize: c.CacheSize,
	})
	if err := errors.Join(err, c.check()); err != nil {
		return nil, fmt.Errorf("verifier: %w", err)
	}
	v.tokens = tokens
	v.feed.wait.Store(int64(waitFor(c.MaxStale)))
	return v, nil
}

// Run keeps the keys fresh and follows the feed of revocations until ctx ends, and returns its error when everything has stopped.
func (v *Verifier) Run(ctx context.Context) error {
	var all sync.WaitGroup
	all.Go(func() { v.tendKeys(ctx) })
	if !v.config.WithoutFeed {
		all.Go(func() { v.follow(ctx) })
	}
	all.Wait()
	return ctx.Err()
}

// Verify tells who presents an access token on a route. Errors: ErrInvalid, ErrExpired, ErrRevoked, ErrUnavailable.
func (v *Verifier) Verify(ctx context.Context, text string, route Route) (Principal, error) {
	now := v.config.Now()
	claims, err := v.tokens.Verify(text, now)
	if errors.Is(err, token.ErrUnknownKey) {
		if err := v.fetchKeys(ctx); err != nil {
			return Principal{}, err
		}
		claims, err = v.tokens.Verify(text, now)
	}
	switch {
	case errors.Is(err, token.ErrExpired):
		return Principal{}, ErrExpired
	case err != nil:
		return Principal{}, ErrInvalid
	}
	if _, dead := v.feed.revoked.Find(claims); dead {
		return Principal{}, ErrRevoked
	}
	if err := v.fresh(now, route); err != nil {
		return Principal{}, err
	}
	return Principal{UserID: claims.Subject, SessionID: claims.SessionID, IssuedAt: claims.IssuedAt, ExpiresAt: claims.ExpiresAt, Claims: claims.Extra}, nil
}
