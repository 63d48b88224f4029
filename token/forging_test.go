package token_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/cartouche-auth/cartouche/token"
)

// The attacks of this file need no key of ours: anybody can try them.

func TestAttackAlgorithmNone(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w world) {
		late := with(payload(), "exp", now.Add(10*time.Minute).Unix())
		for _, head := range []object{with(header(w.key), "alg", "none"), {"alg": "none", "typ": "at+jwt"}, {"alg": "none"}} {
			unsigned := encode([]byte(jsonOf(t, head))) + "." + encode([]byte(jsonOf(t, late))) + "."
			_, _, signature := split(t, w.genuine)
			w.refuse(t, "unsigned token", unsigned)
			w.refuse(t, "unsigned token with a signature", unsigned+signature)
		}
	})
}

func TestAttackAlgorithmSpelling(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w world) {
		_, body, signature := split(t, w.genuine)
		for _, algorithm := range []string{
			`"None"`, `"NONE"`, `"nOnE"`, `""`, `" none"`, `"none\u0000"`, `null`, `0`, `["none"]`, `{}`, `true`,
			`"es256"`, `"ES256 "`, `"Es256"`, `"eddsa"`, `"Ed25519"`, `"hs256"`, `["` + string(w.key.Algorithm) + `"]`,
		} {
			head := encode([]byte(`{"alg":` + algorithm + `,"typ":"at+jwt","kid":"` + w.key.ID + `"}`))
			w.refuse(t, "alg "+algorithm, head+"."+body+"."+signature)
			w.refuse(t, "alg "+algorithm+" unsigned", head+"."+body+".")
			w.refuse(t, "alg "+algorithm+" signed with our key", forgeEncoded(t, w.key, head, body))
		}
		w.refuse(t, "no alg", w.forge(t, with(header(w.key), "alg", absent), payload()))
	})
}

func TestAttackStrippedSignature(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w world) {
		head, body, signature := split(t, w.genuine)
		zeros := encode(make([]byte, 64))
		for _, one := range []string{
			head + "." + body, head + "." + body + ".", head + "." + body + ".AA", "." + body + "." + signature, head + ".." + signature,
			head + "." + body + "." + zeros, head + "." + body + "." + signature[:len(signature)/2], head + "." + body + "." + signature + signature,
		} {
			w.refuse(t, "stripped token", one)
		}
	})
}

func TestAttackPublicKeyAsHMACSecret(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []token.Algorithm{token.ES256, token.EdDSA} {
		t.Run(string(algorithm), func(t *testing.T) {
			t.Parallel()
			key := newKey(t, algorithm)
			ring := newRing(t, key)
			w := world{key: key, verifier: newVerifier(t, ring)}
			for what, secret := range publicForms(t, key, ring) {
				head := encode([]byte(jsonOf(t, with(header(key), "alg", "HS256"))))
				w.refuse(t, what, signWith(t, jwt.SigningMethodHS256, secret, head, encode([]byte(jsonOf(t, payload())))))
			}
		})
	}
}

// publicForms is a public key in every form in which a library was ever seen to take it for an HMAC secret.
func publicForms(t *testing.T, key token.Key, ring *token.Keyring) map[string][]byte {
	t.Helper()
	_, public := token.Public(key)
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	armoured := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	var set struct{ Keys []json.RawMessage }
	if err := json.Unmarshal(ring.JWKS(), &set); err != nil {
		t.Fatal(err)
	}
	forms := map[string][]byte{
		"PEM": armoured, "PEM without its last line feed": []byte(strings.TrimSpace(string(armoured))), "DER": der, "JWK": set.Keys[0], "JWK set": ring.JWKS(),
		"empty": {}, "kid": []byte(key.ID),
	}
	switch public := public.(type) {
	case *ecdsa.PublicKey:
		point, err := public.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		forms["point"], forms["x"] = point, point[1:33]
	case ed25519.PublicKey:
		forms["raw"] = public
	}
	return forms
}

func TestAttackForeignAlgorithm(t *testing.T) {
	t.Parallel()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	curve := func(c elliptic.Curve) *ecdsa.PrivateKey {
		key, err := ecdsa.GenerateKey(c, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	secret := []byte("another secret, of the attacker's choice")
	own := map[string]struct {
		method jwt.SigningMethod
		key    any
	}{
		"RS256": {jwt.SigningMethodRS256, rsaKey}, "PS256": {jwt.SigningMethodPS256, rsaKey}, "ES256": {jwt.SigningMethodES256, curve(elliptic.P256())},
		"ES384": {jwt.SigningMethodES384, curve(elliptic.P384())}, "ES512": {jwt.SigningMethodES512, curve(elliptic.P521())},
		"ES256K": {jwt.SigningMethodES256, curve(elliptic.P256())}, "EdDSA": {jwt.SigningMethodEdDSA, edKey}, "Ed25519": {jwt.SigningMethodEdDSA, edKey},
		"HS256": {jwt.SigningMethodHS256, secret}, "HS384": {jwt.SigningMethodHS384, secret}, "HS512": {jwt.SigningMethodHS512, secret},
	}
	eachWorld(t, func(t *testing.T, w world) {
		for name, its := range own {
			head := encode([]byte(jsonOf(t, with(header(w.key), "alg", name))))
			w.refuse(t, name, signWith(t, its.method, its.key, head, encode([]byte(jsonOf(t, payload())))))
		}
	})
}

// Each of our keys has one algorithm: its own signature under another name is nothing.
func TestAttackAlgorithmRenamed(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w world) {
		for _, name := range []string{"ES256", "EdDSA", "HS256", "RS256", "ES384"} {
			if name != string(w.key.Algorithm) {
				w.refuse(t, name, w.forge(t, with(header(w.key), "alg", name), payload()))
			}
		}
	})
}

func TestAttackEmbeddedKey(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w world) {
		own := newKey(t, token.ES256)
		_, public := token.Public(own)
		point, err := public.(*ecdsa.PublicKey).Bytes()
		if err != nil {
			t.Fatal(err)
		}
		jwk := object{"kty": "EC", "crv": "P-256", "x": encode(point[1:33]), "y": encode(point[33:])}
		head := with(with(header(w.key), "alg", "ES256"), "jwk", jwk)
		w.refuse(t, "embedded key", forge(t, own, jsonOf(t, head), jsonOf(t, payload())))
		w.refuse(t, "embedded key without kid", forge(t, own, jsonOf(t, with(head, "kid", absent)), jsonOf(t, payload())))
		w.refuse(t, "embedded key, signed by us", w.forge(t, with(header(w.key), "jwk", jwk), payload()))
	})
}

func TestAttackKeyByURL(t *testing.T) {
	t.Parallel()
	var connections atomic.Int32
	listener := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { connections.Add(1) }))
	t.Cleanup(listener.Close)
	eachWorld(t, func(t *testing.T, w world) {
		own := newKey(t, token.ES256)
		for _, name := range []string{"jku", "x5u"} {
			for _, url := range []string{listener.URL, "file:///etc/passwd", "//x"} {
				head := with(with(header(w.key), "alg", "ES256"), name, url)
				w.refuse(t, name, forge(t, own, jsonOf(t, head), jsonOf(t, payload())))
				w.refuse(t, name+" signed by us", w.forge(t, with(header(w.key), name, url), payload()))
			}
		}
		sum := sha256.Sum256([]byte("certificate"))
		for name, value := range map[string]any{
			"x5c": []string{base64.StdEncoding.EncodeToString([]byte("certificate"))}, "x5t": encode(sum[:20]), "x5t#S256": encode(sum[:]),
		} {
			w.refuse(t, name, w.forge(t, with(header(w.key), name, value), payload()))
		}
		if n := connections.Load(); n != 0 {
			t.Errorf("Verify opened %d connections", n)
		}
	})
}

func TestAttackKeyIDInjection(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w world) {
		for _, id := range []any{
			"../../../../dev/null", "' UNION SELECT 'a'--", w.key.ID + "\x00x", w.key.ID + "/../" + w.key.ID, "%2e%2e", "$(id)", strings.Repeat("k", 65),
			strings.Repeat("k", 8<<10), 1, object{}, []any{}, nil, absent, "", " " + w.key.ID, w.key.ID + " ", "ключ", []any{w.key.ID},
		} {
			head := encode([]byte(jsonOf(t, with(with(header(w.key), "alg", "HS256"), "kid", id))))
			for _, secret := range []string{"", "a"} {
				w.refuse(t, "kid", signWith(t, jwt.SigningMethodHS256, []byte(secret), head, encode([]byte(jsonOf(t, payload())))))
			}
			w.refuse(t, "kid signed by us", w.forge(t, with(header(w.key), "kid", id), payload()))
		}
		w.refuseAs(t, "well-formed kid of nobody", w.forge(t, with(header(w.key), "kid", strings.Repeat("k", 64)), payload()), token.ErrUnknownKey)
	})
}

func TestAttackEncryptedToken(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w world) {
		head, body, signature := split(t, w.genuine)
		for what, h := range map[string]object{
			"compressed":             {"alg": "dir", "enc": "A256GCM", "zip": "DEF"},
			"costly":                 {"alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2c": 2147483647, "p2s": "AAAA"},
			"wrapped to our key":     {"alg": "ECDH-ES", "enc": "A128GCM", "kid": w.key.ID, "epk": object{"kty": "EC"}},
			"wrapped to no key":      {"alg": "RSA-OAEP", "enc": "A128GCM", "typ": "at+jwt"},
			"dressed as one of ours": header(w.key),
		} {
			five := strings.Join([]string{encode([]byte(jsonOf(t, h))), "AAAA", "AAAA", body, signature}, ".")
			w.refuse(t, what, five)
			w.refuse(t, what+" in three parts", encode([]byte(jsonOf(t, h)))+"."+body+"."+signature)
		}
		w.refuse(t, "250 MB of parts", head+"."+body+"."+signature+"."+strings.Repeat("A", 1<<20)+".A")
		w.refuse(t, "compressed, signed by us", w.forge(t, with(header(w.key), "zip", "DEF"), payload()))
		w.refuse(t, "nested", w.forge(t, with(header(w.key), "cty", "JWT"), payload()))
		w.refuse(t, "token inside a token", forge(t, w.key, jsonOf(t, header(w.key)), w.genuine))
	})
}

func TestAttackJSONSerialization(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w world) {
		head, body, signature := split(t, w.genuine)
		w.refuse(t, "flattened", jsonOf(t, object{"protected": head, "payload": body, "signature": signature}))
		w.refuse(t, "general", jsonOf(t, object{"payload": body, "signatures": []object{{"protected": head, "signature": signature}}}))
	})
}

func TestAttackDots(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w world) {
		for _, one := range []string{
			"", ".", "..", "...", w.genuine + ".", "." + w.genuine, strings.Repeat(".", 1_000_000), strings.ReplaceAll(w.genuine, ".", ".."), "a.b.c", "A.A.A",
		} {
			w.refuse(t, "dots", one)
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
	eachWorld(t, func(t *testing.T, w world) {
		for i := range len(w.genuine) + 1 { // inserted or appended, anywhere
			for _, c := range []string{"\r", "\n", "\r\n", " ", "\t", "%0a", "=", "==", "+", "/", "\x00", "é"} {
				w.refuse(t, "inserted "+c, w.genuine[:i]+c+w.genuine[i:])
			}
		}
		for i := range len(w.genuine) { // the last character of a segment has bits that carry nothing
			if i < len(w.genuine)-1 && w.genuine[i+1] != '.' {
				continue
			}
			for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" {
				if changed := w.genuine[:i] + string(c) + w.genuine[i+1:]; changed != w.genuine {
					w.refuse(t, "changed last character", changed)
				}
			}
		}
		standard := strings.NewReplacer("-", "+", "_", "/").Replace(w.genuine)
		if standard != w.genuine {
			w.refuse(t, "standard alphabet", standard)
		}
	})
}

func TestAttackEditedClaims(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w world) {
		head, _, signature := split(t, w.genuine)
		for name, value := range map[string]any{
			"sub": "1", "user_id": "1", "is_staff": true, "exp": now.Add(time.Hour).Unix(), "sid": strings.Repeat("0", 32), "token_type": "sliding",
		} {
			w.refuse(t, name, head+"."+encode([]byte(jsonOf(t, with(payload(), name, value))))+"."+signature)
		}
	})
}

// Each single bit of a token counts, whether the verifier saw the genuine one before or not.
func TestAttackFlippedBit(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w world) {
		for i := range len(w.genuine) {
			for bit := range 8 {
				flipped := []byte(w.genuine)
				flipped[i] ^= 1 << bit
				w.refuse(t, "flipped bit", string(flipped))
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
				w.refuse(t, "flipped bit of what is encoded", strings.Join(flipped, "."))
				raw[bit/8] ^= 1 << (bit % 8)
			}
		}
	})
}

// Signatures of other lengths and forms, and of the right form with nothing in them.
func TestAttackDegenerateSignature(t *testing.T) {
	t.Parallel()
	key := newKey(t, token.ES256)
	ring := newRing(t, key)
	w := world{key: key, verifier: newVerifier(t, ring), genuine: sign(t, ring, accessClaims())}
	head, body, signature := split(t, w.genuine)
	raw, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil {
		t.Fatal(err)
	}
	_, private := token.Private(key)
	digest := sha256.Sum256([]byte(head + "." + body))
	der, err := private.(*ecdsa.PrivateKey).Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	order := elliptic.P256().Params().N.FillBytes(make([]byte, 32))
	zero := make([]byte, 32)
	for what, forged := range map[string][]byte{
		"zeros": append(zero, zero...), "r zero": append(append([]byte{}, zero...), raw[32:]...), "s zero": append(append([]byte{}, raw[:32]...), zero...),
		"r and s the order": append(append([]byte{}, order...), order...), "DER": der, "a byte in front": append([]byte{0}, raw...), "a byte behind": append(append([]byte{}, raw...), 0),
		"swapped": append(append([]byte{}, raw[32:]...), raw[:32]...), "63 bytes": raw[:63],
	} {
		w.refuse(t, what, head+"."+body+"."+encode(forged))
	}
	w.accept(t, w.genuine)
}
