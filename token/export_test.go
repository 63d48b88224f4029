package token

import "github.com/golang-jwt/jwt/v5"

// Private opens a key for tests that sign what we never would.
func Private(k Key) (method jwt.SigningMethod, private any) {
	return k.material.method, k.material.private()
}

// Public is the verifying half of Private.
func Public(k Key) (method jwt.SigningMethod, public any) {
	return k.material.method, k.material.public()
}

// KeyOf makes a key of a private key from a published vector.
func KeyOf(private any) (Key, error) { return newKey(private) }

// ParseObject says whether the strict reader takes a text, and the names that it finds.
func ParseObject(text string) (names []string, ok bool) {
	members, ok := parseObject(text, nil)
	for _, m := range members {
		names = append(names, m.name)
	}
	return names, ok
}

// Remembered is how many tokens a verifier remembers.
func Remembered(v *Verifier) int { return v.seen.tokens.EstimatedSize() }
