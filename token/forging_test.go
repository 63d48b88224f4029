package token_test

import (
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
	"errors"
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
	eachWorld(t, func(w world) {
		t := w.t
		late := with(payload(), "exp", now.Add(10*time.Minute).Unix())
		for _, head := range []object{with(header(w.key), "alg", "none"), {"alg": "none", "typ": "at+jwt"}, {"alg": "none"}} {
			unsigned := encode([]byte(jsonOf(t, head))) + "." + encode([]byte(jsonOf(t, late))) + "."
			_, _, signature := split(t, w.genuine)
			w.refuse("unsigned token", unsigned)
			w.refuse("unsigned token with a signature", unsigned+signature)
		}
	})
}

func TestAttackAlgorithmSpelling(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(w world) {
		t := w.t
		_, body, signature := split(t, w.genuine)
		for _, algorithm := range []string{
			`"None"`, `"NONE"`, `"nOnE"`, `""`, `" none"`, `"none\u0000"`, `null`, `0`, `["none"]`, `{}`, `true`,
			`"es256"`, `"ES256 "`, `"Es256"`, `"eddsa"`, `"Ed25519"`, `"hs256"`, `["` + string(w.key.Algorithm) + `"]`,
		} {
			head := encode([]byte(`{"alg":` + algorithm + `,"typ":"at+jwt","kid":"` + w.key.ID + `"}`))
			w.refuse("alg "+algorithm, head+"."+body+"."+signature)
			w.refuse("alg "+algorithm+" unsigned", head+"."+body+".")
			w.refuse("alg "+algorithm+" signed with our key", forgeEncoded(t, w.key, head, body))
		}
		w.refuse("no alg", w.forge(with(header(w.key), "alg", absent), payload()))
	})
}

func TestAttackStrippedSignature(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(w world) {
		t := w.t
		head, body, signature := split(t, w.genuine)
		zeros := encode(make([]byte, 64))
		for _, one := range []string{
			head + "." + body, head + "." + body + ".", head + "." + body + ".AA", "." + body + "." + signature, head + ".." + signature,
			head + "." + body + "." + zeros, head + "." + body + "." + signature[:len(signature)/2], head + "." + body + "." + signature + signature,
		} {
			w.refuse("stripped token", one)
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
			w := world{t: t, key: key, verifier: newVerifier(t, ring)}
			for what, secret := range publicForms(t, key, ring) {
				head := encode([]byte(jsonOf(t, with(header(key), "alg", "HS256"))))
				w.refuse(what, signWith(t, jwt.SigningMethodHS256, secret, head, encode([]byte(jsonOf(t, payload())))))
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
	eachWorld(t, func(w world) {
		t := w.t
		for name, its := range own {
			head := encode([]byte(jsonOf(t, with(header(w.key), "alg", name))))
			w.refuse(name, signWith(t, its.method, its.key, head, encode([]byte(jsonOf(t, payload())))))
		}
	})
}

// Each of our keys has one algorithm: its own signature under another name is nothing.
func TestAttackAlgorithmRenamed(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(w world) {
		for _, name := range []string{"ES256", "EdDSA", "HS256", "RS256", "ES384"} {
			if name != string(w.key.Algorithm) {
				w.refuse(name, w.forge(with(header(w.key), "alg", name), payload()))
			}
		}
	})
}

func TestAttackEmbeddedKey(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(w world) {
		t := w.t
		own := newKey(t, token.ES256)
		_, public := token.Public(own)
		point, err := public.(*ecdsa.PublicKey).Bytes()
		if err != nil {
			t.Fatal(err)
		}
		jwk := object{"kty": "EC", "crv": "P-256", "x": encode(point[1:33]), "y": encode(point[33:])}
		head := with(with(header(w.key), "alg", "ES256"), "jwk", jwk)
		w.refuse("embedded key", forge(t, own, jsonOf(t, head), jsonOf(t, payload())))
		w.refuse("embedded key without kid", forge(t, own, jsonOf(t, with(head, "kid", absent)), jsonOf(t, payload())))
		w.refuse("embedded key, signed by us", w.forge(with(header(w.key), "jwk", jwk), payload()))
	})
}

func TestAttackKeyByURL(t *testing.T) {
	t.Parallel()
	var connections atomic.Int32
	listener := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { connections.Add(1) }))
	t.Cleanup(listener.Close)
	eachWorld(t, func(w world) {
		t := w.t
		own := newKey(t, token.ES256)
		for _, name := range []string{"jku", "x5u"} {
			for _, url := range []string{listener.URL, "file:///etc/passwd", "//x"} {
				head := with(with(header(w.key), "alg", "ES256"), name, url)
				w.refuse(name, forge(t, own, jsonOf(t, head), jsonOf(t, payload())))
				w.refuse(name+" signed by us", w.forge(with(header(w.key), name, url), payload()))
			}
		}
		sum := sha256.Sum256([]byte("certificate"))
		for name, value := range map[string]any{
			"x5c": []string{base64.StdEncoding.EncodeToString([]byte("certificate"))}, "x5t": encode(sum[:20]), "x5t#S256": encode(sum[:]),
		} {
			w.refuse(name, w.forge(with(header(w.key), name, value), payload()))
		}
		if n := connections.Load(); n != 0 {
			t.Errorf("Verify opened %d connections", n)
		}
	})
}

func TestAttackKeyIDInjection(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(w world) {
		t := w.t
		for _, id := range []any{
			"../../../../dev/null", "' UNION SELECT 'a'--", w.key.ID + "\x00x", w.key.ID + "/../" + w.key.ID, "%2e%2e", "$(id)", strings.Repeat("k", 65),
			strings.Repeat("k", 8<<10), "", " " + w.key.ID, w.key.ID + " ", "ключ", 1, nil, absent,
			object{},
			list{},
			list{w.key.ID},
		} {
			head := encode([]byte(jsonOf(t, with(with(header(w.key), "alg", "HS256"), "kid", id))))
			for _, secret := range []string{"", "a"} {
				w.refuse("kid", signWith(t, jwt.SigningMethodHS256, []byte(secret), head, encode([]byte(jsonOf(t, payload())))))
			}
			malformed := w.forge(with(header(w.key), "kid", id), payload())
			w.refuse("kid signed by us", malformed)
			if _, err := w.verifier.Verify(malformed, now); errors.Is(err, token.ErrUnknownKey) { // or it would make the server read its keys again
				t.Errorf("Verify kid %v: %v, want ErrInvalid only", id, err)
			}
		}
		w.refuseAs("well-formed kid of nobody", w.forge(with(header(w.key), "kid", strings.Repeat("k", 64)), payload()), token.ErrUnknownKey)
	})
}

func TestAttackEditedClaims(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(w world) {
		t := w.t
		head, _, signature := split(t, w.genuine)
		for name, value := range map[string]any{
			"sub": "1", "user_id": "1", "is_staff": true, "exp": now.Add(time.Hour).Unix(), "sid": strings.Repeat("0", 32), "token_type": "sliding",
		} {
			w.refuse(name, head+"."+encode([]byte(jsonOf(t, with(payload(), name, value))))+"."+signature)
		}
	})
}
