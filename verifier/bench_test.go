package verifier_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/token"
	"github.com/cartouche-auth/cartouche/verifier"
)

// BenchmarkVerify is a token that was seen before, with and without a hundred thousand sessions that were ended in the last minutes.
func BenchmarkVerify(b *testing.B) {
	for _, n := range []int{0, 100_000} {
		b.Run(fmt.Sprint(n, " revocations"), func(b *testing.B) {
			v, text := offline(b)
			revoked := make([]token.Revocation, n)
			for i := range revoked {
				revoked[i] = token.Revocation{Kind: token.RevokedSession, Subject: fmt.Sprintf("%032x", i), NotBefore: authtest.NewClock().Now()}
			}
			v.Revoke(revoked...)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Verify(b.Context(), text, verifier.Route{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// offline is a verifier with keys from a file, and a token that it takes.
func offline(b *testing.B) (*verifier.Verifier, string) {
	b.Helper()
	key, err := token.GenerateKey(token.ES256)
	if err != nil {
		b.Fatal(err)
	}
	key.State = token.Active
	ring, err := token.NewKeyring([]token.Key{key})
	if err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(b.TempDir(), "jwks.json")
	if err := os.WriteFile(path, ring.JWKS(), 0o600); err != nil {
		b.Fatal(err)
	}
	clock := authtest.NewClock()
	v, err := verifier.New(verifier.Config{Issuer: authtest.Issuer, JWKS: path, WithoutFeed: true, Now: clock.Now})
	if err != nil {
		b.Fatal(err)
	}
	text, err := ring.Sign(claims(clock.Now().Add(-time.Second)))
	if err != nil {
		b.Fatal(err)
	}
	return v, text
}
