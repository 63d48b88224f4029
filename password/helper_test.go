package password_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"testing"

	"golang.org/x/crypto/argon2"

	"github.com/cartouche-auth/cartouche/password"
	"github.com/cartouche-auth/cartouche/secret"
)

// cheap is far below the floor.
var cheap = password.Cost{Memory: 64, Passes: 2, Lanes: 1}

func newHasher(t testing.TB, c password.Config) *password.Hasher {
	t.Helper()
	h, err := password.New(c)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return h
}

func cheapHasher(t testing.TB) *password.Hasher {
	t.Helper()
	return newHasher(t, password.Config{InsecureCost: &cheap})
}

func mustHash(t testing.TB, h *password.Hasher, plain string) string {
	t.Helper()
	encoded, err := h.Hash(context.Background(), secret.NewText(plain))
	if err != nil {
		t.Fatalf("Hash(%q): %v", plain, err)
	}
	return encoded
}

// check is Check of which no error is expected.
func check(t testing.TB, h *password.Hasher, encoded, plain string) (bool, string) {
	t.Helper()
	ok, upgraded, err := h.Check(context.Background(), encoded, secret.NewText(plain))
	if err != nil {
		t.Fatalf("Check(%q, %q): %v", encoded, plain, err)
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
