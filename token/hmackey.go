package token

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"github.com/cartouche-auth/cartouche/secret"
)

const (
	minHMACKey      = 32 // RFC 7518, section 3.2
	minHMACAlphabet = 8  // 32 random hexadecimal digits have about 14 different ones
)

// placeholders are words of secrets that stand in documentation and templates, and so in the lists of everybody who guesses.
var placeholders = []string{"insecure", "secret", "password", "changeme", "change-me", "change_me", "example", "placeholder", "replace"}

// HMACKey is the HS256 key that a Django application shares. It refuses a text shorter than 32 bytes and one that anybody could guess, because
// whoever guesses it makes access tokens. The key is the bytes of the text, as PyJWT takes it.
func HMACKey(text secret.Text) (Key, error) {
	plain := text.Reveal()
	if err := checkHMACKey(plain); err != nil {
		return Key{}, fmt.Errorf("signing secret: %w", err)
	}
	raw := []byte(plain)
	// The id tells this secret from the next one and gives nothing away: a thumbprint would be a plain hash of the secret.
	mac := hmac.New(sha256.New, raw)
	mac.Write([]byte("cartouche key id"))
	id, key := encode(mac.Sum(nil)[:16]), hide(raw)
	return Key{ID: id, Algorithm: HS256, material: &material{id: id, method: jwt.SigningMethodHS256, private: key, public: key}}, nil
}

func checkHMACKey(plain string) error {
	if len(plain) < minHMACKey {
		return fmt.Errorf("%d bytes: must be at least %d", len(plain), minHMACKey)
	}
	lower := strings.ToLower(plain)
	for _, word := range placeholders {
		if strings.Contains(lower, word) {
			return fmt.Errorf("contains %q: must be random", word)
		}
	}
	if hasPattern(plain) {
		return errors.New("has a pattern: must be random")
	}
	return nil
}

// hasPattern finds what people type when they are asked for many characters: few different ones, 1234 or dcba, a short text again and again.
func hasPattern(plain string) bool {
	different := make(map[byte]bool)
	steps := 0
	for i := range len(plain) {
		different[plain[i]] = true
		if i > 0 && plain[i]-plain[i-1]+1 <= 2 { // one down, the same, one up
			steps++
		}
	}
	if len(different) < minHMACAlphabet || steps > len(plain)/2 {
		return true
	}
	for period := 1; period <= len(plain)/2; period++ {
		if plain[period:] == plain[:len(plain)-period] {
			return true
		}
	}
	return false
}
