package token_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/token"
)

func decoded(t *testing.T, text string) []byte {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// rfc7515ES256 is the key of RFC 7515, appendix A.3.
func rfc7515ES256(t *testing.T) token.Key {
	t.Helper()
	private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), decoded(t, "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"))
	if err != nil {
		t.Fatal(err)
	}
	return keyOf(t, private)
}

// rfc8037EdDSA is the key of RFC 8037, appendix A.1.
func rfc8037EdDSA(tb testing.TB) token.Key {
	tb.Helper()
	seed, err := base64.RawURLEncoding.DecodeString("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
	if err != nil {
		tb.Fatal(err)
	}
	return keyOf(tb, ed25519.NewKeyFromSeed(seed))
}

func keyOf(tb testing.TB, private any) token.Key {
	tb.Helper()
	key, err := token.KeyOf(private)
	if err != nil {
		tb.Fatal(err)
	}
	key.State = token.Active
	return key
}

// rfc7515HS256 is the key of RFC 7515, appendix A.1.
func rfc7515HS256(t *testing.T) token.Key {
	t.Helper()
	raw := decoded(t, "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
	key, err := token.HMACKey(secret.NewText(string(raw)))
	if err != nil {
		t.Fatal(err)
	}
	key.State = token.Active
	return key
}

const (
	rfc7515A1 = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9" +
		".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ" +
		".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	rfc7515A3 = "eyJhbGciOiJFUzI1NiJ9" +
		".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ" +
		".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
	rfc8037A4 = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc" +
		".hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
)

// The signatures of the standards are ours; and their tokens, which have no typ and no kid, are none of ours.
func TestPublishedSignatures(t *testing.T) {
	t.Parallel()
	for text, key := range map[string]token.Key{rfc7515A1: rfc7515HS256(t), rfc7515A3: rfc7515ES256(t), rfc8037A4: rfc8037EdDSA(t)} {
		head, body, signature := split(t, text)
		method, public := token.Public(key)
		if err := method.Verify(head+"."+body, decoded(t, signature), public); err != nil {
			t.Errorf("%s: published signature: %v", key.Algorithm, err)
		}
		if key.Algorithm != token.ES256 { // whose signatures are random
			if got := forgeEncoded(t, key, head, body); got != text {
				t.Errorf("%s: signed\n%s, want\n%s", key.Algorithm, got, text)
			}
		}
		w := world{t: t, key: key, verifier: newVerifier(t, newRing(t, key), func(c *token.VerifierConfig) { c.Issuer = "joe" })}
		w.refuse("published token", text)
	}
}

func TestPublishedKeys(t *testing.T) {
	t.Parallel()
	// RFC 8037, appendix A.3; RFC 7515 gives no thumbprint for its key.
	thumbprint := decoded(t, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
	if key := rfc8037EdDSA(t); key.ID != encode(thumbprint[:16]) {
		t.Errorf("kid %s, want %s", key.ID, encode(thumbprint[:16]))
	}
	for _, tc := range []struct {
		key  token.Key
		want map[string]string
	}{
		{rfc8037EdDSA(t), map[string]string{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}},
		{rfc7515ES256(t), map[string]string{
			"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
		}},
	} {
		var set struct{ Keys []map[string]string }
		if err := json.Unmarshal(newRing(t, tc.key).JWKS(), &set); err != nil {
			t.Fatal(err)
		}
		for name, want := range tc.want {
			if got := set.Keys[0][name]; got != want {
				t.Errorf("JWKS of %s: %s is %s, want %s", tc.key.Algorithm, name, got, want)
			}
		}
	}
}

// A number that begins with zeros still has its 32 bytes (RFC 7518, section 3.4): one signature in 128 begins so.
func TestES256SignatureLength(t *testing.T) {
	t.Parallel()
	key := newKey(t, token.ES256)
	ring := newRing(t, key)
	v := newVerifier(t, ring)
	short := 0
	for range 600 {
		text := sign(t, ring, accessClaims())
		_, _, signature := split(t, text)
		raw := decoded(t, signature)
		if len(raw) != 64 {
			t.Fatalf("Sign: signature of %d bytes, want 64", len(raw))
		}
		if raw[0] == 0 || raw[32] == 0 {
			short++
			if _, err := v.Verify(text, now); err != nil {
				t.Errorf("Verify signature that begins with a zero: %v", err)
			}
		}
	}
	if short == 0 {
		t.Log("no signature began with a zero this time")
	}
}

// simplejwt's own tokens, which have another typ, are not ours even under the shared secret: what Django signs must not sign in here.
func TestAttackTokenFromSharedSecret(t *testing.T) {
	t.Parallel()
	key := newKey(t, token.HS256)
	w := newWorld(t, key)
	w.refuse("simplejwt's access token", w.forge(object{"alg": "HS256", "typ": "JWT"}, payload()))
	w.refuse("with our kid", w.forge(with(header(key), "typ", "JWT"), payload()))
	w.refuse("with simplejwt's claims only", w.forge(header(key), object{
		"token_type": "access", "exp": now.Add(5 * 60e9).Unix(), "iat": now.Unix(), "jti": strings.Repeat("0", 32), "user_id": "1",
	}))
}
