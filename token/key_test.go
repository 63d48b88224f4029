package token_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/big"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/token"
)

func TestGenerateKey(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []token.Algorithm{token.ES256, token.EdDSA} {
		first, second := newKey(t, algorithm), newKey(t, algorithm)
		if first.ID == second.ID || first.Algorithm != algorithm {
			t.Errorf("GenerateKey %s twice: %v, %v", algorithm, first, second)
		}
		_, public := token.Public(first)
		thumbprint, err := (&jose.JSONWebKey{Key: public}).Thumbprint(crypto.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		if want := encode(thumbprint[:16]); first.ID != want {
			t.Errorf("GenerateKey %s: ID %s, want %s, from the thumbprint", algorithm, first.ID, want)
		}
	}
	for _, algorithm := range []token.Algorithm{token.HS256, "", "none", "es256", "RS256"} {
		if key, err := token.GenerateKey(algorithm); err == nil {
			t.Errorf("GenerateKey %q: %v, want an error", algorithm, key)
		}
	}
}

func TestSealedKeyOpens(t *testing.T) {
	t.Parallel()
	m := master(t)
	for _, algorithm := range []token.Algorithm{token.ES256, token.EdDSA} {
		key := newKey(t, algorithm)
		sealed, err := key.Seal(m)
		if err != nil {
			t.Fatal(err)
		}
		opened, err := token.OpenKey(m, key.ID, algorithm, sealed)
		if err != nil {
			t.Fatal(err)
		}
		if opened.ID != key.ID || opened.Algorithm != algorithm || opened.State != "" {
			t.Errorf("OpenKey: %v, want %v without a state", opened, key)
		}
		opened.State = token.Active
		if _, err := newVerifier(t, newRing(t, key)).Verify(sign(t, newRing(t, opened), accessClaims()), now); err != nil {
			t.Errorf("Verify what the opened key signed: %v", err)
		}
		again, err := key.Seal(m)
		if err != nil || bytes.Equal(again, sealed) {
			t.Errorf("Seal twice: the same bytes, error %v", err)
		}
	}
	if _, err := newKey(t, token.HS256).Seal(m); err == nil {
		t.Error("Seal HS256 key: no error")
	}
	if _, err := (token.Key{}).Seal(m); err == nil {
		t.Error("Seal no key: no error")
	}
}

// Who can write to the database must not be able to make one key stand for another, or bring in a key of his own.
func TestAttackSwappedKeyRows(t *testing.T) {
	t.Parallel()
	m := master(t)
	key, other := newKey(t, token.ES256), newKey(t, token.EdDSA)
	sealed, err := key.Seal(m)
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := other.Seal(master(t))
	if err != nil {
		t.Fatal(err)
	}
	refused := func(what, id string, algorithm token.Algorithm, sealed []byte) {
		if key, err := token.OpenKey(m, id, algorithm, sealed); err == nil {
			t.Errorf("OpenKey %s: %v, want an error", what, key)
		}
	}
	refused("under another id", other.ID, token.ES256, sealed)
	refused("under another algorithm", key.ID, token.EdDSA, sealed)
	refused("under HS256", key.ID, token.HS256, sealed)
	refused("sealed by somebody else", other.ID, token.EdDSA, foreign)
	refused("nothing", key.ID, token.ES256, nil)
	for i := range sealed {
		altered := bytes.Clone(sealed)
		altered[i] ^= 1
		refused("altered", key.ID, token.ES256, altered)
		refused("cut off", key.ID, token.ES256, sealed[:i])
	}
}

// Keys of other kinds under our own master key: what an older or a mistaken program might have stored.
func TestOpenKeyRefusesOtherKinds(t *testing.T) {
	t.Parallel()
	m := master(t)
	p384, err1 := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	rsaKey, err2 := rsa.GenerateKey(rand.Reader, 2048)
	_, edKey, err3 := ed25519.GenerateKey(rand.Reader)
	if err1 != nil || err2 != nil || err3 != nil {
		t.Fatal(err1, err2, err3)
	}
	for what, private := range map[string]any{"P-384": p384, "RSA": rsaKey, "Ed25519 under another id": edKey} {
		der, err := x509.MarshalPKCS8PrivateKey(private)
		if err != nil {
			t.Fatal(err)
		}
		for _, algorithm := range algorithms {
			sealed, err := m.Seal("signing-key", der, []byte("id "+string(algorithm)))
			if err != nil {
				t.Fatal(err)
			}
			if key, err := token.OpenKey(m, "id", algorithm, sealed); err == nil {
				t.Errorf("OpenKey %s as %s: %v, want an error", what, algorithm, key)
			}
		}
	}
	if key, err := token.KeyOf(p384); err == nil {
		t.Errorf("key on P-384: %v, want an error", key)
	}
	key := newKey(t, token.ES256)
	_, private := token.Private(key)
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	renamed, err := m.Seal("signing-key", der, []byte(key.ID+" EdDSA"))
	if err != nil {
		t.Fatal(err)
	}
	if key, err := token.OpenKey(m, key.ID, token.EdDSA, renamed); err == nil {
		t.Errorf("OpenKey of an ES256 key as EdDSA: %v, want an error", key)
	}
	sealed, err := m.Seal("signing-key", []byte("no key"), []byte("id ES256"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := token.OpenKey(m, "id", token.ES256, sealed); err == nil {
		t.Error("OpenKey of something else: no error")
	}
}

// However a key, a ring or the refresh keys are printed, alone or inside something else, no private part shows.
func TestKeysDoNotPrint(t *testing.T) {
	t.Parallel()
	for _, algorithm := range algorithms {
		key := newKey(t, algorithm)
		out := printed(key) + printed(&key) + printed(newRing(t, key)) + printed(newVerifier(t, newRing(t, key)))
		if !strings.Contains(out, key.ID) {
			t.Errorf("%s printed does not show its id", algorithm)
		}
		_, private := token.Private(key)
		switch private := private.(type) {
		case *ecdsa.PrivateKey:
			raw, err := private.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			showsNot(t, out, raw)
		case ed25519.PrivateKey:
			showsNot(t, out, private.Seed())
		case []byte:
			showsNot(t, out, private)
		}
	}
	child := master(t).Children("refresh-token")[0]
	showsNot(t, printed(token.NewRefreshKeys([]secret.Child{child}, issuer)), child.Key)
}

// printed is a thing in all the ways in which things come into logs.
func printed(thing any) string {
	type holder struct {
		Exported any
		hidden   any
	}
	var out strings.Builder
	for _, one := range []any{thing, holder{thing, thing}, []any{thing}, map[string]any{"key": thing}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X"} {
			fmt.Fprintf(&out, verb+"\n", one)
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info("thing", "thing", one)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("thing", "thing", one)
		text, _ := json.Marshal(one)
		out.Write(text)
	}
	return out.String()
}

func showsNot(t *testing.T, out string, private []byte) {
	t.Helper()
	number := new(big.Int).SetBytes(private)
	for _, form := range []string{
		string(private), hex.EncodeToString(private), strings.ToUpper(hex.EncodeToString(private)), encode(private), number.String(), number.Text(16),
		base64.StdEncoding.EncodeToString(private), strings.Trim(fmt.Sprintf("%d", private), "[]"), strings.TrimPrefix(fmt.Sprintf("%#v", private), "[]byte"),
	} {
		if strings.Contains(out, form) {
			t.Errorf("printed: shows %q", form)
		}
	}
}

func TestHMACKey(t *testing.T) {
	t.Parallel()
	key := newKey(t, token.HS256)
	same, err := token.HMACKey(secret.NewText(sharedSecret))
	if err != nil || same.ID != key.ID || key.Algorithm != token.HS256 {
		t.Errorf("HMACKey twice: %v, %v, error %v", key, same, err)
	}
	for range 2000 { // none of what a generator makes is taken for a pattern
		for _, good := range []string{
			hex.EncodeToString(secret.Bytes(16)), encode(secret.Bytes(32)), secret.Alphanumeric(32), string(secret.Bytes(32)), encode(secret.Bytes(64)),
		} {
			if _, err := token.HMACKey(secret.NewText(good)); err != nil {
				t.Errorf("HMACKey %q: %v", good, err)
			}
		}
	}
}

func TestHMACKeyRefusesWeakSecrets(t *testing.T) {
	t.Parallel()
	for _, weak := range []string{
		"", "secret", sharedSecret[:31], strings.Repeat("a", 64), strings.Repeat("\x00", 32), strings.Repeat(" ", 40), strings.Repeat("q8Zt1VnX", 5),
		"0123456789abcdef0123456789abcdef", "abcdefghijklmnopqrstuvwxyz0123456789", "9876543210zyxwvutsrqponmlkjihgfedcba", strings.Repeat("1234567", 5),
		"abababababababababababababababab1234", "django-insecure-#k2&9x!v@8w^q3z$5b7n*m1c4", "a-string-secret-at-least-256-bits-long",
		"your-256-bit-SECRET-q8Zt1VnX0d5wGmJ7c2Rk", "CHANGEME-q8Zt1VnX0d5wGmJ7c2RkYb9LhTfA4sPe", "please-change-me-q8Zt1VnX0d5wGmJ7c2RkYb9",
		"passwordq8Zt1VnX0d5wGmJ7c2RkYb9LhTfA", "example-key-q8Zt1VnX0d5wGmJ7c2RkYb9LhTfA",
	} {
		key, err := token.HMACKey(secret.NewText(weak))
		if err == nil {
			t.Errorf("HMACKey %q: %v, want an error", weak, key)
		} else if len(weak) > 10 && strings.Contains(err.Error(), weak) {
			t.Errorf("HMACKey: the error shows the secret: %v", err)
		}
	}
}
