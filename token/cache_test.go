package token_test

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/token"
)

// A token that was seen costs no signature, but time goes on and keys go.
func TestSeenTokenExpires(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(w world) {
		t := w.t
		for range 2 {
			w.accept(w.genuine)
		}
		if _, err := w.verifier.Verify(w.genuine, now.Add(5*time.Minute)); !errors.Is(err, token.ErrExpired) {
			t.Errorf("Verify seen token after its end: %v, want ErrExpired", err)
		}
		if _, err := w.verifier.Verify(w.genuine, now.Add(-time.Minute)); !errors.Is(err, token.ErrInvalid) {
			t.Errorf("Verify seen token before its beginning: %v, want ErrInvalid", err)
		}
	})
}

func TestSeenTokenOfRevokedKey(t *testing.T) {
	t.Parallel()
	key, next := newKey(t, token.ES256), newKey(t, token.ES256)
	var ring atomic.Pointer[token.Keyring]
	ring.Store(newRing(t, key))
	v := newVerifier(t, nil, func(c *token.VerifierConfig) { c.Keyring = ring.Load })
	text := sign(t, ring.Load(), accessClaims())
	for _, tc := range []struct {
		what string
		keys []token.Key
		want error
	}{
		{"the key", []token.Key{key}, nil},
		{"the key, read again", []token.Key{key}, nil},
		{"the key retiring", []token.Key{in(key, token.Retiring), next}, nil},
		{"the key gone", []token.Key{next}, token.ErrUnknownKey},
		{"the key back", []token.Key{key}, nil},
	} {
		ring.Store(newRing(t, tc.keys...))
		if _, err := v.Verify(text, now); !errors.Is(err, tc.want) {
			t.Errorf("Verify with %s: %v, want %v", tc.what, err, tc.want)
		}
	}
}

// Whoever has one genuine token must not get another one believed because it resembles it.
func TestAttackTokenLikeASeenOne(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(w world) {
		t := w.t
		other := accessClaims()
		other.Subject = "1"
		head, body, signature := split(t, w.genuine)
		_, otherBody, otherSignature := split(t, sign(t, newRing(t, w.key), other))
		w.accept(w.genuine)
		w.refuse("other claims, seen signature", head+"."+otherBody+"."+signature)
		w.refuse("seen claims, other signature", head+"."+body+"."+otherSignature)
		w.refuse("seen token and more", w.genuine+"A")
		w.refuse("seen token but for its end", w.genuine[:len(w.genuine)-1])
		w.accept(w.genuine)
	})
}

// A flood of tokens must not become a flood of memory; forged ones leave nothing.
func TestAttackCacheFlood(t *testing.T) {
	t.Parallel()
	key := newKey(t, token.HS256)
	ring := newRing(t, key)
	v := newVerifier(t, ring, func(c *token.VerifierConfig) { c.CacheSize = 50 })
	for i := range 200 {
		head, body, _ := split(t, forge(t, key, jsonOf(t, header(key)), jsonOf(t, with(payload(), "jti", fmt.Sprint(i)))))
		if _, err := v.Verify(head+"."+body+"."+strings.Repeat("A", 43), now); !errors.Is(err, token.ErrInvalid) {
			t.Fatalf("Verify forged token: %v", err)
		}
	}
	if n := token.Remembered(v); n != 0 {
		t.Errorf("verifier remembers %d forged tokens", n)
	}
	for i := range 1000 {
		c := accessClaims()
		c.ID = fmt.Sprint(i)
		if _, err := v.Verify(sign(t, ring, c), now); err != nil {
			t.Fatal(err)
		}
	}
	if n := token.Remembered(v); n == 0 || n > 50 {
		t.Errorf("verifier remembers %d tokens, want at most 50", n)
	}
}

// Claims are the caller's: what he writes into them must not reach the next one.
func TestSeenClaimsAreCopies(t *testing.T) {
	t.Parallel()
	ring := newRing(t, newKey(t, token.EdDSA))
	v := newVerifier(t, ring, func(c *token.VerifierConfig) { c.Audience = "orders" })
	c := accessClaims()
	c.Audience = []string{"orders", "bills"}
	c.Extra = map[string]any{"staff": false, "groups": []any{"a"}, "nested": map[string]any{"a": "b"}}
	text := sign(t, ring, c)
	for range 3 {
		got, err := v.Verify(text, now)
		if err != nil {
			t.Fatal(err)
		}
		nested, groups := got.Extra["nested"].(map[string]any), got.Extra["groups"].([]any)
		if got.Extra["staff"] != false || groups[0] != "a" || nested["a"] != "b" || got.Audience[1] != "bills" || len(got.Extra) != 3 {
			t.Errorf("Verify: %+v, want what was signed", got)
		}
		got.Extra["staff"], got.Extra["more"], groups[0], nested["a"], got.Audience[1] = true, 1, "root", "c", "admin"
	}
}

// Not parallel: it counts allocations.
func TestSeenTokenAllocatesNothing(t *testing.T) {
	ring := newRing(t, newKey(t, token.ES256))
	v := newVerifier(t, ring)
	text := sign(t, ring, accessClaims())
	if n := testing.AllocsPerRun(100, func() { _, _ = v.Verify(text, now) }); n != 0 {
		t.Errorf("Verify a seen token: %v allocations, want none", n)
	}
}
