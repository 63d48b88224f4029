package httpapi_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/authtest"
)

func decodeJSON(t *testing.T, text string) map[string]any {
	t.Helper()
	var out map[string]any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&out); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return out
}

// claimsOf reads the claims of a token as front ends do, without checking anything.
func claimsOf(t *testing.T, jwt string) map[string]any {
	t.Helper()
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no JWT", jwt)
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	return decodeJSON(t, string(payload))
}

// forge signs a token again with other claims, with a key of the server's: nil removes a claim.
func forge(t *testing.T, jwt string, key []byte, changes map[string]any) string {
	t.Helper()
	claims := claimsOf(t, jwt)
	for name, value := range changes {
		if claims[name] = value; value == nil {
			delete(claims, name)
		}
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	header, _, _ := strings.Cut(jwt, ".")
	return sign(header, payload, key)
}

func sign(header string, payload, key []byte) string {
	signed := header + "." + base64.RawURLEncoding.EncodeToString(payload)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// refreshKey is the key of refresh tokens on servers with the master key of tests.
func refreshKey() []byte { return bytes.Clone(authtest.Master().Children("refresh-token")[0].Key) }

// unsigned is the classic forgery: algorithm "none".
func unsigned(jwt string) string {
	header := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"at+jwt"}`))
	return header + "." + strings.Split(jwt, ".")[1] + "."
}
