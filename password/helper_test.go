package password_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/cartouche-auth/cartouche/password"
	"github.com/cartouche-auth/cartouche/secret"
)

// cheap is far below the floor.
var cheap = password.Cost{Memory: 64, Passes: 2, Lanes: 1}

func newHasher(tb testing.TB, c password.Config) *password.Hasher {
	tb.Helper()
	h, err := password.New(c)
	if err != nil {
		tb.Fatalf("New: %v", err)
	}
	return h
}

// cheapHasher is fast, and never busy however slow the machine is.
func cheapHasher(tb testing.TB) *password.Hasher {
	tb.Helper()
	return newHasher(tb, password.Config{InsecureCost: &cheap, Queue: 1000, Deadline: time.Hour})
}

func mustHash(tb testing.TB, h *password.Hasher, plain string) string {
	tb.Helper()
	encoded, err := h.Hash(context.Background(), secret.NewText(plain))
	if err != nil {
		tb.Fatalf("Hash(%q): %v", plain, err)
	}
	return encoded
}

// check is Check of which no error is expected.
func check(tb testing.TB, h *password.Hasher, encoded, plain string) (bool, string) {
	tb.Helper()
	ok, upgraded, err := h.Check(context.Background(), encoded, secret.NewText(plain))
	if err != nil {
		tb.Fatalf("Check(%q, %q): %v", encoded, plain, err)
	}
	return ok, upgraded
}

// phc makes a PHC string by hand, with parameters as they are written in it.
func phc(cost password.Cost, norm, plain string, saltSize, tagSize int) string {
	salt := secret.Bytes(saltSize)
	tag := argon2.IDKey([]byte(plain), salt, cost.Passes, cost.Memory, cost.Lanes, uint32(tagSize))
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d%s$%s$%s", cost.Memory, cost.Passes, cost.Lanes, norm, encode(salt), encode(tag))
}
