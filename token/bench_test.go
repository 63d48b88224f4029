package token_test

import (
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/cartouche-auth/cartouche/token"
)

func benchKeys(b *testing.B) []token.Key {
	b.Helper()
	keys := make([]token.Key, len(algorithms))
	for i, algorithm := range algorithms {
		keys[i] = newKey(b, algorithm)
	}
	return keys
}

// BenchmarkBareSignature is the floor of BenchmarkVerifyUnseen: the signature of the same token, and nothing else.
func BenchmarkBareSignature(b *testing.B) {
	for _, key := range benchKeys(b) {
		b.Run(string(key.Algorithm), func(b *testing.B) {
			b.ReportAllocs()
			head, claims, tail := split(b, sign(b, newRing(b, key), accessClaims()))
			method, public := token.Public(key)
			signature, err := jwt.NewParser().DecodeSegment(tail)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := method.Verify(head+"."+claims, signature, public); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkVerifyUnseen(b *testing.B) {
	for _, key := range benchKeys(b) {
		b.Run(string(key.Algorithm), func(b *testing.B) {
			b.ReportAllocs()
			ring := newRing(b, key)
			v := newVerifier(b, ring, func(c *token.VerifierConfig) { c.CacheSize = -1 })
			text := sign(b, ring, accessClaims())
			for b.Loop() {
				if _, err := v.Verify(text, now); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkVerifySeen(b *testing.B) {
	ring := newRing(b, newKey(b, token.ES256))
	v := newVerifier(b, ring)
	text := sign(b, ring, accessClaims())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Verify(text, now); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkVerifyForged is what a flood of made-up tokens costs: one signature each, and no memory that stays.
func BenchmarkVerifyForged(b *testing.B) {
	key := newKey(b, token.ES256)
	ring := newRing(b, key)
	v := newVerifier(b, ring)
	other := newKey(b, token.ES256)
	forged := forge(b, other, jsonOf(b, header(key)), jsonOf(b, payload()))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Verify(forged, now); err == nil {
			b.Fatal("forged token passed")
		}
	}
}

// BenchmarkBareSign is the floor of BenchmarkSign.
func BenchmarkBareSign(b *testing.B) {
	for _, key := range benchKeys(b) {
		b.Run(string(key.Algorithm), func(b *testing.B) {
			b.ReportAllocs()
			head, claims, _ := split(b, sign(b, newRing(b, key), accessClaims()))
			method, private := token.Private(key)
			for b.Loop() {
				if _, err := method.Sign(head+"."+claims, private); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkSign(b *testing.B) {
	for _, key := range benchKeys(b) {
		b.Run(string(key.Algorithm), func(b *testing.B) {
			b.ReportAllocs()
			ring := newRing(b, key)
			c := accessClaims()
			for b.Loop() {
				if _, err := ring.Sign(c); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkSignExtra(b *testing.B) {
	ring := newRing(b, newKey(b, token.EdDSA))
	c := accessClaims()
	c.Extra = map[string]any{"email": "ada@example.com", "groups": []string{"staff", "ops"}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ring.Sign(c); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRefreshSign(b *testing.B) {
	keys, r := newRefreshKeys(b), refreshToken()
	b.ReportAllocs()
	for b.Loop() {
		_ = keys.Sign(r)
	}
}

func BenchmarkRefreshParse(b *testing.B) {
	keys := newRefreshKeys(b)
	text := keys.Sign(refreshToken())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := keys.Parse(text); err != nil {
			b.Fatal(err)
		}
	}
}
