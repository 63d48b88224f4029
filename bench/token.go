package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/cartouche-auth/cartouche/token"
)

// tokenProbes measure the check of an access token as a server of one's own makes it, in this process and on one core.
func tokenProbes() []probe {
	var all []probe
	for _, algorithm := range []token.Algorithm{token.ES256, token.EdDSA} {
		name := strings.ToLower(string(algorithm))
		all = append(all, probe{
			keys: []string{"bare-" + name, "token-unseen-" + name, "token-seen-" + name},
			run: func(ctx context.Context, w *world, record func(string, sample)) error {
				checks, err := newTokenChecks(algorithm)
				if err != nil {
					return err
				}
				for _, c := range checks {
					took, err := perCall(ctx, w.window/4, c.check)
					if err != nil {
						return fmt.Errorf("%s%s: %w", c.key, name, err)
					}
					record(c.key+name, sample{Value: float64(took)})
				}
				return nil
			},
		})
	}
	return all
}

// tokenCheck is one way to check one token.
type tokenCheck struct {
	key   string // without the algorithm
	check func() error
}

// newTokenChecks makes a token and the ways to check it.
func newTokenChecks(algorithm token.Algorithm) ([]tokenCheck, error) {
	key, err := token.GenerateKey(algorithm)
	if err != nil {
		return nil, err
	}
	key.State = token.Active
	ring, err := token.NewKeyring([]token.Key{key})
	if err != nil {
		return nil, err
	}
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	text, err := ring.Sign(token.Claims{
		Type: "access", Issuer: "https://app.example.com", Subject: "019ab3c4-0000-7000-8000-000000000001",
		SessionID: "00112233445566778899aabbccddeeff", ID: "ffeeddccbbaa99887766554433221100", IssuedAt: now, ExpiresAt: now.Add(5 * time.Minute),
	})
	if err != nil {
		return nil, err
	}
	bare, err := bareSignature(ring.JWKS(), text)
	if err != nil {
		return nil, err
	}
	verify := func(cache int) (func() error, error) {
		verifier, err := token.NewVerifier(token.VerifierConfig{
			Keyring: func() *token.Keyring { return ring }, Issuer: "https://app.example.com", CacheSize: cache,
		})
		return func() error {
			_, err := verifier.Verify(text, now)
			return err
		}, err
	}
	unseen, err := verify(-1)
	if err != nil {
		return nil, err
	}
	seen, err := verify(0)
	return []tokenCheck{{"bare-", bare}, {"token-unseen-", unseen}, {"token-seen-", seen}}, err
}

// perCall is how long a call takes, over a window.
func perCall(ctx context.Context, window time.Duration, call func() error) (time.Duration, error) {
	const batch = 32 // calls between two looks at the clock
	calls := 0
	watch := startWatch()
	for watch.elapsed() < window {
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		for range batch {
			if err := call(); err != nil {
				return 0, err
			}
		}
		calls += batch
	}
	return watch.elapsed() / time.Duration(calls), nil
}
