package token_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/token"
)

// The attacks of this file change the form of a token, and leave it to the reader to make sense of it.

func TestAttackEncryptedToken(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(w world) {
		t := w.t
		head, body, signature := split(t, w.genuine)
		for what, h := range map[string]object{
			"compressed":             {"alg": "dir", "enc": "A256GCM", "zip": "DEF"},
			"costly":                 {"alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2c": 2147483647, "p2s": "AAAA"},
			"wrapped to our key":     {"alg": "ECDH-ES", "enc": "A128GCM", "kid": w.key.ID, "epk": object{"kty": "EC"}},
			"wrapped to no key":      {"alg": "RSA-OAEP", "enc": "A128GCM", "typ": "at+jwt"},
			"dressed as one of ours": header(w.key),
		} {
			five := strings.Join([]string{encode([]byte(jsonOf(t, h))), "AAAA", "AAAA", body, signature}, ".")
			w.refuse(what, five)
			w.refuse(what+" in three parts", encode([]byte(jsonOf(t, h)))+"."+body+"."+signature)
		}
		w.refuse("250 MB of parts", head+"."+body+"."+signature+"."+strings.Repeat("A", 1<<20)+".A")
		w.refuse("compressed, signed by us", w.forge(with(header(w.key), "zip", "DEF"), payload()))
		w.refuse("nested", w.forge(with(header(w.key), "cty", "JWT"), payload()))
		w.refuse("token inside a token", forge(t, w.key, jsonOf(t, header(w.key)), w.genuine))
	})
}

func TestAttackJSONSerialization(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(w world) {
		t := w.t
		head, body, signature := split(t, w.genuine)
		w.refuse("flattened", jsonOf(t, object{"protected": head, "payload": body, "signature": signature}))
		w.refuse("general", jsonOf(t, object{"payload": body, "signatures": []object{{"protected": head, "signature": signature}}}))
	})
}

func TestAttackDots(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(w world) {
		for _, one := range []string{
			"", ".", "..", "...", w.genuine + ".", "." + w.genuine, strings.Repeat(".", 1_000_000), strings.ReplaceAll(w.genuine, ".", ".."), "a.b.c", "A.A.A",
		} {
			w.refuse("dots", one)
		}
	})
}

// What is refused for its form must be refused before it costs anything. Not parallel: it counts allocations.
func TestAttackDotsAllocateNothing(t *testing.T) {
	key := newKey(t, token.EdDSA)
	v := newVerifier(t, newRing(t, key))
	for what, text := range map[string]string{
		"a million dots": strings.Repeat(".", 1_000_000), "as many as may be": strings.Repeat(".", token.MaxSize),
		"a long part": strings.Repeat("A", 10<<20) + "..", "five parts": "AAAA.AAAA.AAAA.AAAA.AAAA",
	} {
		if n := testing.AllocsPerRun(10, func() { _, _ = v.Verify(text, now) }); n != 0 {
			t.Errorf("Verify %s: %v allocations, want none", what, n)
		}
	}
}

func TestAttackSecondSpelling(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(w world) {
		for i := range len(w.genuine) + 1 { // inserted or appended, anywhere
			for _, c := range []string{"\r", "\n", "\r\n", " ", "\t", "%0a", "=", "==", "+", "/", "\x00", "é"} {
				w.refuse("inserted "+c, w.genuine[:i]+c+w.genuine[i:])
			}
		}
		for i := range len(w.genuine) { // the last character of a segment has bits that carry nothing
			if i < len(w.genuine)-1 && w.genuine[i+1] != '.' {
				continue
			}
			for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" {
				if changed := w.genuine[:i] + string(c) + w.genuine[i+1:]; changed != w.genuine {
					w.refuse("changed last character", changed)
				}
			}
		}
		standard := strings.NewReplacer("-", "+", "_", "/").Replace(w.genuine)
		if standard != w.genuine {
			w.refuse("standard alphabet", standard)
		}
	})
}

// Each single bit of a token counts, whether the verifier saw the genuine one before or not.
func TestAttackFlippedBit(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(w world) {
		t := w.t
		for i := range len(w.genuine) {
			for bit := range 8 {
				flipped := []byte(w.genuine)
				flipped[i] ^= 1 << bit
				w.refuse("flipped bit", string(flipped))
			}
		}
		parts := strings.Split(w.genuine, ".")
		for i, part := range parts { // and each bit of what is encoded
			raw, err := base64.RawURLEncoding.DecodeString(part)
			if err != nil {
				t.Fatal(err)
			}
			for bit := range 8 * len(raw) {
				raw[bit/8] ^= 1 << (bit % 8)
				flipped := append([]string{}, parts...)
				flipped[i] = encode(raw)
				w.refuse("flipped bit of what is encoded", strings.Join(flipped, "."))
				raw[bit/8] ^= 1 << (bit % 8)
			}
		}
	})
}

// Signatures of other lengths and forms, and of the right form with nothing in them.
func TestAttackDegenerateSignature(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newKey(t, token.ES256))
	head, body, signature := split(t, w.genuine)
	raw, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil {
		t.Fatal(err)
	}
	_, private := token.Private(w.key)
	digest := sha256.Sum256([]byte(head + "." + body))
	der, err := private.(*ecdsa.PrivateKey).Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	order := elliptic.P256().Params().N.FillBytes(make([]byte, 32))
	zero := make([]byte, 32)
	join := func(a, b []byte) []byte { return append(append([]byte{}, a...), b...) }
	for what, forged := range map[string][]byte{
		"zeros": join(zero, zero), "r zero": join(zero, raw[32:]), "s zero": join(raw[:32], zero), "r and s the order": join(order, order), "DER": der,
		"a byte in front": join(zero[:1], raw), "a byte behind": join(raw, zero[:1]), "swapped": join(raw[32:], raw[:32]), "63 bytes": raw[:63],
	} {
		w.refuse(what, head+"."+body+"."+encode(forged))
	}
	w.accept(w.genuine)
}
