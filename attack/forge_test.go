package attack_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"hash"
	"maps"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/secret"
)

// object is JSON.
type object map[string]any

// with is a copy with members changed; nil in place of a value removes one.
func (o object) with(pairs ...any) object {
	o = maps.Clone(o)
	for i := 0; i < len(pairs); i += 2 {
		if o[pairs[i].(string)] = pairs[i+1]; pairs[i+1] == nil {
			delete(o, pairs[i].(string))
		}
	}
	return o
}

func (o object) json() string {
	text, err := json.Marshal(o)
	if err != nil {
		panic(err) // a mistake in a test
	}
	return string(text)
}

func encode(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

func decode(t *testing.T, segment string) object {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(segment)
	if err != nil {
		t.Fatal(err)
	}
	var o object
	if err := json.Unmarshal(text, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// parts are the three segments of a token.
func parts(token string) (header, claims, signature string) {
	s := strings.Split(token, ".")
	return s[0], s[1], s[2]
}

// signer is who has a key: the server's own, or one that an attacker made.
type signer struct {
	id      string
	private *ecdsa.PrivateKey
}

// stolen is the server's signing key. An outsider cannot have it; it shows what stands when another service signs carelessly with it, or a key leaks.
func (h *house) stolen(t *testing.T) signer {
	t.Helper()
	master, err := secret.ReadMaster(filepath.Join(h.dir, "data", "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(h.dir, "data", "cartouche.db")+"?mode=ro&_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var s signer
	var sealed []byte
	if err := db.QueryRowContext(t.Context(), "SELECT id, sealed FROM signing_keys WHERE state = 'active'").Scan(&s.id, &sealed); err != nil {
		t.Fatal(err)
	}
	plain, err := master.Open("signing-key", sealed, []byte(s.id+" ES256"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.ParsePKCS8PrivateKey(plain)
	if err != nil {
		t.Fatal(err)
	}
	s.private = key.(*ecdsa.PrivateKey)
	return s
}

func (s signer) header() object { return object{"alg": "ES256", "typ": "at+jwt", "kid": s.id} }

// sign signs any header and any claims.
func (s signer) sign(header, claims string) string {
	input := encode(header) + "." + encode(claims)
	digest := sha256.Sum256([]byte(input))
	r, sum, err := ecdsa.Sign(rand.Reader, s.private, digest[:])
	if err != nil {
		panic(err)
	}
	size := (s.private.Curve.Params().BitSize + 7) / 8
	raw := append(r.FillBytes(make([]byte, size)), sum.FillBytes(make([]byte, size))...)
	return input + "." + encode(string(raw))
}

// mac is a token with an HMAC.
func mac(header, claims string, newHash func() hash.Hash, key []byte) string {
	input := encode(header) + "." + encode(claims)
	m := hmac.New(newHash, key)
	m.Write([]byte(input))
	return input + "." + encode(string(m.Sum(nil)))
}

// by is a token with any other signature.
func by(t *testing.T, key crypto.Signer, how crypto.SignerOpts, header, claims string) string {
	t.Helper()
	input := encode(header) + "." + encode(claims)
	digest := []byte(input)
	if h := how.HashFunc(); h != 0 {
		state := h.New()
		state.Write(digest)
		digest = state.Sum(nil)
	}
	signature, err := key.Sign(rand.Reader, digest, how)
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + encode(string(signature))
}

// now is the machine's time, which the server under attack goes by too.
func now() time.Time { return time.Now() } //nolint:forbidigo // the server is another process, and has no other clock

// longer is the claims with a life that begins now.
func longer(claims object) object {
	return claims.with("iat", now().Unix(), "exp", now().Add(5*time.Minute).Unix())
}

func unmarshal(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}
