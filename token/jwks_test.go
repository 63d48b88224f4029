package token_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/token"
)

func TestAPublicSetVerifiesWhatItsPrivateKeysSigned(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []token.Algorithm{token.ES256, token.EdDSA} {
		active, pending := newKey(t, algorithm), newKey(t, algorithm)
		pending.State = token.Pending
		ring := newRing(t, active, pending)
		public, err := token.ParseJWKS(ring.JWKS())
		if err != nil {
			t.Fatal(err)
		}
		text, err := ring.Sign(accessClaims())
		if err != nil {
			t.Fatal(err)
		}
		if claims, err := newVerifier(t, public).Verify(text, now); err != nil || claims.Subject != subject || claims.KeyID != active.ID {
			t.Errorf("%s: got %v, %v", algorithm, claims, err)
		}
		if string(public.JWKS()) != string(ring.JWKS()) {
			t.Errorf("%s: another set came back: %s", algorithm, public.JWKS())
		}
		if text, err := public.Sign(accessClaims()); err == nil {
			t.Errorf("%s: public keys signed %s", algorithm, text)
		}
	}
}

func TestKeysThatAreNotOursAreLeftOutOfASet(t *testing.T) {
	t.Parallel()
	ring := newRing(t, newKey(t, token.ES256))
	set := strings.Replace(string(ring.JWKS()), `{"keys":[`, `{"more":1,"keys":[{"kty":"RSA","kid":"r","n":"AQAB","e":"AQAB"},{"kty":"oct","kid":"o","k":"c2VjcmV0"},`+
		`{"kty":"EC","crv":"P-384","kid":"p","x":"AA","y":"AA"},{"kty":"EC","crv":"P-256","use":"enc","x":"AA","y":"AA"},`, 1)
	public, err := token.ParseJWKS([]byte(set))
	if err != nil {
		t.Fatal(err)
	}
	if string(public.JWKS()) != string(ring.JWKS()) {
		t.Errorf("got %s", public.JWKS())
	}
}

// Whoever can alter the set must not get a key into it under a known name, nor a key that breaks the arithmetic.
func TestForgedKeySetsAreRefused(t *testing.T) {
	t.Parallel()
	jwks := func(algorithm token.Algorithm) (m map[string]string) {
		var set struct{ Keys []map[string]string }
		if err := json.Unmarshal(newRing(t, newKey(t, algorithm)).JWKS(), &set); err != nil {
			t.Fatal(err)
		}
		return set.Keys[0]
	}
	with := func(m map[string]string, change ...string) string {
		for i := 0; i < len(change); i += 2 {
			m[change[i]] = change[i+1]
		}
		text, err := json.Marshal(map[string]any{"keys": []any{m}})
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	zeros := strings.Repeat("A", 43)
	for situation, set := range map[string]string{
		"no JSON":                  `keys`,
		"no keys":                  `{"keys":[]}`,
		"another's name":           with(jwks(token.ES256), "kid", jwks(token.ES256)["kid"]),
		"another's point":          with(jwks(token.ES256), "x", jwks(token.ES256)["x"]),
		"no point":                 with(jwks(token.ES256), "x", zeros, "y", zeros),
		"no name":                  with(jwks(token.EdDSA), "kid", ""),
		"short":                    with(jwks(token.EdDSA), "x", "AAAA"),
		"a second spelling":        with(jwks(token.EdDSA), "x", zeros+"="),
		"one algorithm for other":  with(jwks(token.ES256), "alg", "HS256"),
		"numbers for names":        `{"keys":[{"kty":1}]}`,
		"too many":                 `{"keys":[` + strings.Repeat(`{"kty":"RSA"},`, 100) + `{"kty":"RSA"}]}`,
		"longer than anybody's is": `{"keys":[],"x":"` + strings.Repeat("x", 70_000) + `"}`,
	} {
		t.Run(situation, func(t *testing.T) {
			t.Parallel()
			if ring, err := token.ParseJWKS([]byte(set)); err == nil {
				t.Errorf("got %v from %.200s", ring, set)
			} else if !strings.HasPrefix(fmt.Sprint(err), "JWK set: ") {
				t.Errorf("got %v", err)
			}
		})
	}
}
