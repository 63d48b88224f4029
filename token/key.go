package token

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/x509"
	"errors"
	"fmt"

	"github.com/golang-jwt/jwt/v5"

	"github.com/cartouche-auth/cartouche/secret"
)

// Algorithm is the JWS name of a way to sign (RFC 7518, RFC 8037). There are three, and names are compared exactly.
type Algorithm string

// The algorithms. ES256 is understood everywhere; HS256 is for a Django application that shares a secret with us.
const (
	ES256 Algorithm = "ES256"
	EdDSA Algorithm = "EdDSA" // with Ed25519
	HS256 Algorithm = "HS256"
)

// State is a stage in the life of a key that is in use. Pending and Retiring keys verify but do not sign.
type State string

// The states of a key in a [Keyring].
const (
	Pending  State = "pending"
	Active   State = "active"
	Retiring State = "retiring"
)

// sealPurpose is the label under which the master key seals signing keys.
const sealPurpose = "signing-key"

// Key is a key for access tokens: one algorithm, for good. However it is printed, its private part is not. The zero Key is none.
type Key struct {
	// ID is the "kid": 16 bytes in base64url, from the RFC 7638 thumbprint of the public key. It is the same on every node, and names no other key.
	ID        string
	Algorithm Algorithm
	State     State
	material  *material
}

// material is what a key is made of.
type material struct {
	id              string // again: the exported one may be written over
	method          jwt.SigningMethod
	private, public hidden // the same for HS256
	jwk             jwk    // zero for HS256, which is nobody's to see
}

// GenerateKey makes a key for ES256 or EdDSA. Its State is the caller's to set.
func GenerateKey(algorithm Algorithm) (Key, error) {
	switch algorithm {
	case ES256:
		for {
			// A scalar out of range, one in 2^32, is drawn again: so every key is equally likely.
			private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), secret.Bytes(32))
			if err == nil {
				return newKey(private)
			}
		}
	case EdDSA:
		return newKey(ed25519.NewKeyFromSeed(secret.Bytes(ed25519.SeedSize)))
	default:
		return Key{}, fmt.Errorf("generate key: algorithm %q: must be ES256 or EdDSA", algorithm)
	}
}

// newKey wraps a private key, whose type decides the algorithm.
func newKey(private any) (Key, error) {
	switch p := private.(type) {
	case *ecdsa.PrivateKey:
		point, err := p.PublicKey.Bytes() // 0x04, X, Y
		if err != nil || p.Curve != elliptic.P256() {
			return Key{}, errors.New("ECDSA key: must be on P-256")
		}
		public := jwk{Type: "EC", Curve: "P-256", X: encode(point[1:33]), Y: encode(point[33:])}.named(ES256)
		return Key{ID: public.ID, Algorithm: ES256, material: &material{public.ID, jwt.SigningMethodES256, hide(p), hide(&p.PublicKey), public}}, nil
	case ed25519.PrivateKey:
		point := p.Public().(ed25519.PublicKey)
		public := jwk{Type: "OKP", Curve: "Ed25519", X: encode(point)}.named(EdDSA)
		return Key{ID: public.ID, Algorithm: EdDSA, material: &material{public.ID, jwt.SigningMethodEdDSA, hide(p), hide(point), public}}, nil
	default:
		return Key{}, fmt.Errorf("key of type %T: must be ECDSA or Ed25519", private)
	}
}

// Seal encrypts the key, as PKCS#8, under the master key. What is sealed is bound to the key's id and algorithm, so that rows cannot be exchanged.
func (k Key) Seal(master secret.Master) ([]byte, error) {
	if k.material == nil || k.Algorithm == HS256 {
		return nil, errors.New("seal key: only a generated key is sealed")
	}
	plain, err := x509.MarshalPKCS8PrivateKey(k.material.private())
	if err != nil {
		return nil, fmt.Errorf("seal key: %w", err)
	}
	return master.Seal(sealPurpose, plain, associated(k.ID, k.Algorithm))
}

// OpenKey decrypts what [Key.Seal] made, for a row that claims to hold the key with that id and algorithm.
func OpenKey(master secret.Master, id string, algorithm Algorithm, sealed []byte) (Key, error) {
	plain, err := master.Open(sealPurpose, sealed, associated(id, algorithm))
	if err != nil {
		return Key{}, fmt.Errorf("open key %s: %w", id, err)
	}
	private, err := x509.ParsePKCS8PrivateKey(plain)
	if err != nil {
		return Key{}, fmt.Errorf("open key %s: what was sealed is no PKCS#8 key", id)
	}
	k, err := newKey(private)
	if err != nil {
		return Key{}, fmt.Errorf("open key %s: %w", id, err)
	}
	if k.ID != id || k.Algorithm != algorithm {
		return Key{}, fmt.Errorf("open key %s: another key was sealed there", id)
	}
	return k, nil
}

func associated(id string, algorithm Algorithm) []byte { return []byte(id + " " + string(algorithm)) }

// Format prints the key's id, algorithm and state, whatever the verb.
func (k Key) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "key %s (%s, %s)", k.ID, k.Algorithm, k.State)
}
