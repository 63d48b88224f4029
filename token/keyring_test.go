package token_test

import (
	"crypto"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/cartouche-auth/cartouche/token"
)

func in(key token.Key, state token.State) token.Key {
	key.State = state
	return key
}

func TestNewKeyringRefuses(t *testing.T) {
	t.Parallel()
	es, ed, hs := newKey(t, token.ES256), newKey(t, token.EdDSA), newKey(t, token.HS256)
	renamed, recast := newKey(t, token.ES256), newKey(t, token.ES256)
	renamed.ID, recast.Algorithm = es.ID, token.EdDSA
	for what, keys := range map[string][]token.Key{
		"no keys": nil, "no active key": {in(es, token.Pending), in(ed, token.Retiring)}, "two active keys": {es, ed},
		"a key twice": {es, in(es, token.Pending)}, "a secret and a public key": {hs, in(es, token.Retiring)},
		"a public key and a secret": {es, in(hs, token.Pending)}, "a key without a state": {es, in(ed, "")},
		"a gone key": {es, in(ed, "gone")}, "no key at all": {es, {ID: "x", Algorithm: token.ES256, State: token.Pending}},
		"a key under another's id":      {renamed},
		"a key under another algorithm": {recast}, "the zero key": {{}},
	} {
		if ring, err := token.NewKeyring(keys); err == nil || ring != nil {
			t.Errorf("NewKeyring with %s: %v, %v, want an error", what, ring, err)
		}
	}
	_, err := token.NewKeyring([]token.Key{in(es, "gone"), in(hs, token.Pending), in(ed, token.Pending)})
	for _, part := range []string{"pending, active or retiring", "0 keys are active", "HS256"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("NewKeyring: %v, want every mistake, also %q", err, part)
		}
	}
}

// The keys of a ring in all states verify; the active one signs.
func TestKeyringStates(t *testing.T) {
	t.Parallel()
	older, current, next, gone := newKey(t, token.ES256), newKey(t, token.EdDSA), newKey(t, token.ES256), newKey(t, token.ES256)
	ring := newRing(t, in(next, token.Pending), current, in(older, token.Retiring))
	v := newVerifier(t, ring)
	for _, key := range []token.Key{older, current, next} {
		c, err := v.Verify(sign(t, newRing(t, key), accessClaims()), now)
		if err != nil || c.KeyID != key.ID {
			t.Errorf("Verify token of %v: key %s, %v", key, c.KeyID, err)
		}
	}
	if c, err := v.Verify(sign(t, ring, accessClaims()), now); err != nil || c.KeyID != current.ID {
		t.Errorf("Sign used key %s, %v, want the active one, %s", c.KeyID, err, current.ID)
	}
	if _, err := v.Verify(sign(t, newRing(t, gone), accessClaims()), now); !errors.Is(err, token.ErrUnknownKey) || !errors.Is(err, token.ErrInvalid) {
		t.Errorf("Verify token of a key that is gone: %v, want ErrUnknownKey", err)
	}
	if _, err := newVerifier(t, nil).Verify(sign(t, ring, accessClaims()), now); !errors.Is(err, token.ErrUnknownKey) {
		t.Errorf("Verify without keys: %v, want ErrUnknownKey", err)
	}
	var none *token.Keyring
	if _, err := none.Sign(accessClaims()); err == nil {
		t.Error("Sign without keys: no error")
	}
}

// What is published must be enough to verify with, and never more.
func TestAttackJWKSShowsPrivateParts(t *testing.T) {
	t.Parallel()
	keys := []token.Key{in(newKey(t, token.ES256), token.Pending), newKey(t, token.EdDSA), in(newKey(t, token.ES256), token.Retiring)}
	ring := newRing(t, keys...)
	var set struct{ Keys []map[string]string }
	if err := json.Unmarshal(ring.JWKS(), &set); err != nil {
		t.Fatal(err)
	}
	if len(set.Keys) != len(keys) {
		t.Fatalf("JWKS has %d keys, want %d", len(set.Keys), len(keys))
	}
	members := map[string][]string{"EC": {"alg", "crv", "kid", "kty", "use", "x", "y"}, "OKP": {"alg", "crv", "kid", "kty", "use", "x"}}
	for i, got := range set.Keys {
		if diff := cmp.Diff(members[got["kty"]], slices.Sorted(maps.Keys(got))); diff != "" {
			t.Errorf("JWKS entry has other members (-want +got):\n%s", diff)
		}
		if got["kid"] != keys[i].ID || got["alg"] != string(keys[i].Algorithm) || got["use"] != "sig" {
			t.Errorf("JWKS entry %v, want that of %v", got, keys[i])
		}
		for _, name := range []string{"x", "y"} {
			if raw, err := base64.RawURLEncoding.DecodeString(got[name]); got[name] != "" && (err != nil || len(raw) != 32) {
				t.Errorf("JWKS member %s: %d bytes, %v, want 32", name, len(raw), err)
			}
		}
	}

	ours := ring.JWKS()
	clear(ours)
	if !json.Valid(ring.JWKS()) {
		t.Error("JWKS can be altered by who asked for it")
	}
	if got := string(newRing(t, newKey(t, token.HS256)).JWKS()); got != `{"keys":[]}` {
		t.Errorf("JWKS of HS256: %s, want no entry", got)
	}
}

// Another library reads the public keys, and gives them the same ids.
func TestOthersReadJWKS(t *testing.T) {
	t.Parallel()
	keys := []token.Key{in(newKey(t, token.ES256), token.Pending), newKey(t, token.EdDSA)}
	ring := newRing(t, keys...)
	var public jose.JSONWebKeySet
	if err := json.Unmarshal(ring.JWKS(), &public); err != nil {
		t.Fatal(err)
	}
	for i, key := range public.Keys {
		thumbprint, err := key.Thumbprint(crypto.SHA256)
		if err != nil || !key.IsPublic() || !key.Valid() || encode(thumbprint[:16]) != keys[i].ID {
			t.Errorf("go-jose reads entry %d as public %t, valid %t, %v", i, key.IsPublic(), key.Valid(), err)
		}
	}
}
