package password_test

import (
	"errors"
	"testing"

	"golang.org/x/crypto/argon2"

	"github.com/cartouche-auth/cartouche/password"
)

// BenchmarkCheck is the rate of sign-ins: as many at once as there are cores, each with a slot.
func BenchmarkCheck(b *testing.B) {
	for _, profile := range []string{"small", "standard"} {
		b.Run(profile, func(b *testing.B) {
			h := newHasher(b, password.Config{Profile: profile})
			encoded := mustHash(b, h, "correct horse")
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, _, err := h.Check(b.Context(), encoded, nobody); err != nil && !errors.Is(err, password.ErrBusy) {
						b.Error(err)
					}
				}
			})
		})
	}
}

// BenchmarkArgon2 is the bare rate to compare it with.
func BenchmarkArgon2(b *testing.B) {
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			argon2.IDKey([]byte("correct horse"), []byte("abcdefghij012345"), 2, 19<<10, 1, 32)
		}
	})
}

// BenchmarkNew is a part of the time that the server takes to start.
func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		newHasher(b, password.Config{})
	}
}
