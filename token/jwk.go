package token

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/golang-jwt/jwt/v5"
)

// jwk is a public key for others (RFC 7517; RFC 7518, section 6.2; RFC 8037, section 2). It has no member for a private part, so none can slip out.
type jwk struct {
	Type      string    `json:"kty"`
	Curve     string    `json:"crv"`
	X         string    `json:"x"`
	Y         string    `json:"y,omitempty"`
	ID        string    `json:"kid,omitempty"`
	Algorithm Algorithm `json:"alg,omitempty"`
	Use       string    `json:"use,omitempty"`
}

// named gives the key its id: the first half of its thumbprint (RFC 7638), which nobody can make another key have.
func (k jwk) named(algorithm Algorithm) jwk {
	// The members that count, in the order of their names, without white space.
	canonical := `{"crv":"` + k.Curve + `","kty":"` + k.Type + `","x":"` + k.X + `"`
	if k.Y != "" {
		canonical += `,"y":"` + k.Y + `"`
	}
	thumbprint := sha256.Sum256([]byte(canonical + "}"))
	k.ID, k.Algorithm, k.Use = encode(thumbprint[:16]), algorithm, "sig"
	return k
}

// keySet writes the public keys as a JWK set. It has no entry for an HS256 key, which is a secret.
func keySet(keys []Key) ([]byte, error) {
	set := struct {
		Keys []jwk `json:"keys"`
	}{Keys: []jwk{}}
	for _, k := range keys {
		if k.Algorithm != HS256 {
			set.Keys = append(set.Keys, k.material.jwk)
		}
	}
	return json.Marshal(set)
}

// maxKeySet is how long a set may be, and maxKeys how many keys it may have: it comes over the network, and Cartouche has a handful.
const (
	maxKeySet = 64 << 10
	maxKeys   = 64
)

func parseKeySet(set []byte) ([]Key, error) {
	if len(set) > maxKeySet {
		return nil, fmt.Errorf("longer than %d bytes", maxKeySet)
	}
	var read struct {
		Keys []jwk `json:"keys"`
	}
	if err := json.Unmarshal(set, &read); err != nil {
		return nil, errors.New("is no JSON of the right form")
	}
	if len(read.Keys) > maxKeys {
		return nil, fmt.Errorf("%d keys: must be %d at most", len(read.Keys), maxKeys)
	}
	var keys []Key
	for _, entry := range read.Keys {
		if entry.Use != "" && entry.Use != "sig" {
			continue
		}
		key, ours, err := entry.parse()
		if err != nil {
			return nil, err
		}
		if ours {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("has no ES256 or EdDSA key")
	}
	return keys, nil
}

// parse reads a public key, if it is of one of our two kinds.
func (k jwk) parse() (key Key, ours bool, err error) {
	x, okX := decode(k.X)
	y, okY := decode(k.Y)
	var method jwt.SigningMethod
	var public any
	switch {
	case k.Type == "EC" && k.Curve == "P-256" && (k.Algorithm == ES256 || k.Algorithm == ""):
		if !okX || !okY || len(x) != 32 || len(y) != 32 {
			return Key{}, true, fmt.Errorf("key %q: x and y must be 32 bytes each", k.ID)
		}
		// The point is checked to lie on the curve: one that does not makes signatures of nobody (RFC 7518, section 6.2.1).
		point, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
		if err != nil {
			return Key{}, true, fmt.Errorf("key %q: is no point of P-256", k.ID)
		}
		k, method, public = jwk{Type: k.Type, Curve: k.Curve, X: k.X, Y: k.Y, ID: k.ID}, jwt.SigningMethodES256, point
	case k.Type == "OKP" && k.Curve == "Ed25519" && (k.Algorithm == EdDSA || k.Algorithm == ""):
		if !okX || len(x) != ed25519.PublicKeySize || k.Y != "" {
			return Key{}, true, fmt.Errorf("key %q: x must be %d bytes", k.ID, ed25519.PublicKeySize)
		}
		method, public = jwt.SigningMethodEdDSA, ed25519.PublicKey(x)
	default:
		return Key{}, false, nil
	}
	named := k.named(Algorithm(method.Alg()))
	if k.ID != named.ID {
		return Key{}, true, fmt.Errorf("key %q: its id is not made from its public part", k.ID)
	}
	return Key{ID: named.ID, Algorithm: named.Algorithm, State: Retiring, material: &material{named.ID, method, nil, hide(public), named}}, true, nil
}

func encode(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }
