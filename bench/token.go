package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/cartouche-auth/cartouche/bench/process"
	"github.com/cartouche-auth/cartouche/token"
	"github.com/cartouche-auth/cartouche/verifier"
)

// tokenSlices is into how many slices each check of a token is cut.
const tokenSlices = 60

// tokenProbes measure the check of an access token as a server of one's own makes it, and as a service elsewhere does, in this process and on one core.
func tokenProbes() []probe {
	var all []probe
	for _, algorithm := range []token.Algorithm{token.ES256, token.EdDSA} {
		name := strings.ToLower(string(algorithm))
		all = append(all, probe{
			keys: []string{"bare-" + name, "token-unseen-" + name, "token-seen-" + name, "verifier-unseen-" + name},
			run: func(ctx context.Context, w *world, record func(string, sample)) error {
				checks, err := newTokenChecks(algorithm, w.folder)
				if err != nil {
					return err
				}
				return takeTurns(ctx, w.window/4/tokenSlices, checks, func(key string, s sample) { record(key+name, s) })
			},
		})
	}
	return all
}

// takeTurns measures checks slice by slice, each time in the opposite order: they differ by less than a shared machine does within a second.
func takeTurns(ctx context.Context, slice time.Duration, checks []tokenCheck, record func(string, sample)) error {
	for range tokenSlices {
		slices.Reverse(checks)
		for _, c := range checks {
			took, err := perCall(ctx, slice, c.check)
			if err != nil {
				return fmt.Errorf("%s: %w", c.key, err)
			}
			record(c.key, sample{Value: float64(took)})
		}
	}
	return nil
}

// tokenCheck is one way to check one token.
type tokenCheck struct {
	key   string // without the algorithm
	check func() error
}

// newTokenChecks makes a token and the ways to check it, and writes its key into a folder.
func newTokenChecks(algorithm token.Algorithm, folder string) ([]tokenCheck, error) {
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
		v, err := token.NewVerifier(token.VerifierConfig{
			Keyring: func() *token.Keyring { return ring }, Issuer: "https://app.example.com", CacheSize: cache,
		})
		return func() error {
			_, err := v.Verify(text, now)
			return err
		}, err
	}
	unseen, err := verify(-1)
	if err != nil {
		return nil, err
	}
	seen, err := verify(0)
	if err != nil {
		return nil, err
	}
	elsewhere, err := checkElsewhere(ring, filepath.Join(folder, string(algorithm)+".json"), text, now)
	return []tokenCheck{{"bare-", bare}, {"token-unseen-", unseen}, {"token-seen-", seen}, {"verifier-unseen-", elsewhere}}, err
}

// checkElsewhere makes the check of a token as a service makes it that has the public keys in a file, and remembers no token.
func checkElsewhere(ring *token.Keyring, path, text string, now time.Time) (func() error, error) {
	if err := os.WriteFile(path, ring.JWKS(), 0o600); err != nil { //nolint:gosec // in a temporary folder of ours
		return nil, err
	}
	v, err := verifier.New(verifier.Config{
		Issuer: "https://app.example.com", JWKS: path, WithoutFeed: true, CacheSize: -1, Now: func() time.Time { return now },
	})
	return func() error {
		_, err := v.Verify(context.Background(), text, verifier.Route{})
		return err
	}, err
}

// perCall is how much CPU a call takes, over a window: for what only computes, that is how long it takes where nobody disturbs it.
func perCall(ctx context.Context, window time.Duration, call func() error) (time.Duration, error) {
	const batch = 32 // calls between two looks at the clock
	calls := 0
	watch, before := startWatch(), process.OwnCPU()
	for calls == 0 || watch.elapsed() < window { // a busy machine may let a short window pass before the first call
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
	return (process.OwnCPU() - before) / time.Duration(calls), nil
}
