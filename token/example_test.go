package token_test

import (
	"fmt"
	"time"

	"github.com/cartouche-auth/cartouche/token"
)

// A key signs an access token, and a verifier that knows the key reads it.
func Example() {
	key, err := token.GenerateKey(token.ES256)
	if err != nil {
		panic(err)
	}
	key.State = token.Active
	ring, err := token.NewKeyring([]token.Key{key})
	if err != nil {
		panic(err)
	}
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	text, err := ring.Sign(token.Claims{
		Type: "access", Issuer: "https://app.example.com", Subject: "42", SessionID: "00112233445566778899aabbccddeeff",
		ID: "0123456789abcdef0123456789abcdef", IssuedAt: now, ExpiresAt: now.Add(5 * time.Minute), Extra: map[string]any{"plan": "pro"},
	})
	if err != nil {
		panic(err)
	}

	verifier, err := token.NewVerifier(token.VerifierConfig{
		Keyring: func() *token.Keyring { return ring }, // asked for each token, so keys may change
		Issuer:  "https://app.example.com",
	})
	if err != nil {
		panic(err)
	}
	claims, err := verifier.Verify(text, now.Add(time.Minute))
	fmt.Println(claims.Subject, claims.Extra["plan"], err)
	_, err = verifier.Verify(text, now.Add(time.Hour))
	fmt.Println(err)
	_, err = verifier.Verify(text+"A", now)
	fmt.Println(err)
	// Output:
	// 42 pro <nil>
	// token is expired
	// token is invalid
}
