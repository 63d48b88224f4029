package token

import (
	"bytes"
	"errors"
	"fmt"
)

// Keyring is the keys for access tokens at one moment: the active one signs, all verify. It never changes; make a new one when keys do.
// Concurrent use is safe.
type Keyring struct {
	keys   map[string]Key
	active signer
	jwks   []byte
}

// ParseJWKS reads a JWK set (RFC 7517) as [Keyring.JWKS] writes it: a ring that verifies and cannot sign. Keys of a kind that is not ours are left out, as
// section 5 asks. It refuses a set without one of ours, a key whose id is not made from its public part, and a point that is on no curve: whoever wrote
// that is not Cartouche.
func ParseJWKS(set []byte) (*Keyring, error) {
	keys, err := parseKeySet(set)
	if err != nil {
		return nil, fmt.Errorf("JWK set: %w", err)
	}
	r := &Keyring{keys: make(map[string]Key, len(keys))}
	for _, k := range keys {
		r.keys[k.ID] = k
	}
	r.jwks, err = keySet(keys)
	return r, err
}

// NewKeyring takes the keys that are in use, each with its State. It reports every mistake, joined: a ring needs exactly one active key, ids that differ,
// and either public-key algorithms or HS256. A verifier that took both could be made to use a public key as a secret.
func NewKeyring(keys []Key) (*Keyring, error) {
	r := &Keyring{keys: make(map[string]Key, len(keys))}
	var errs []error
	var active, symmetric int
	for _, k := range keys {
		if err := k.check(); err != nil {
			errs = append(errs, err)
			continue
		}
		if _, twice := r.keys[k.ID]; twice {
			errs = append(errs, fmt.Errorf("%v: is there twice", k))
		}
		r.keys[k.ID] = k
		if k.Algorithm == HS256 {
			symmetric++
		}
		if k.State == Active {
			active++
			r.active = newSigner(k.material.method, k.material.private, typeAccess, k.ID)
		}
	}
	if active != 1 {
		errs = append(errs, fmt.Errorf("%d keys are active: must be one", active))
	}
	if symmetric > 0 && symmetric < len(keys) {
		errs = append(errs, errors.New("HS256 and public keys: must not be in one ring"))
	}
	if len(errs) > 0 {
		return nil, fmt.Errorf("keyring: %w", errors.Join(errs...))
	}
	var err error
	r.jwks, err = keySet(keys)
	return r, err
}

func (k Key) check() error {
	switch {
	case k.material == nil || k.ID != k.material.id || k.material.method.Alg() != string(k.Algorithm):
		return fmt.Errorf("%v: is no key", k)
	case k.State != Pending && k.State != Active && k.State != Retiring:
		return fmt.Errorf("%v: must be pending, active or retiring", k)
	default:
		return nil
	}
}

// Sign makes an access token with the active key. Claims that cannot be said, such as extra ones with the name of a registered claim, and tokens
// longer than MaxSize are errors.
func (r *Keyring) Sign(c Claims) (string, error) {
	if r == nil || r.active.key == nil {
		return "", errors.New("sign token: no private key")
	}
	payload, err := c.appendJSON(make([]byte, 0, 512))
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return r.active.sign(payload)
}

// JWKS is the public keys as a JWK set (RFC 7517), for others to verify with. The caller owns the bytes.
func (r *Keyring) JWKS() []byte { return bytes.Clone(r.jwks) }

// find is the key with an id; a nil ring has none.
func (r *Keyring) find(id string) (Key, bool) {
	if r == nil {
		return Key{}, false
	}
	k, ok := r.keys[id]
	return k, ok
}

// has tells whether the ring still has a key that verified a token before: the very same one, because the id is made from its public part.
func (r *Keyring) has(key Key) bool {
	k, ok := r.find(key.ID)
	return ok && k.Algorithm == key.Algorithm
}

// Count is how many keys are in a state; a nil ring has none.
func (r *Keyring) Count(state State) int {
	if r == nil {
		return 0
	}
	n := 0
	for _, k := range r.keys {
		if k.State == state {
			n++
		}
	}
	return n
}

// Format prints how many keys there are, whatever the verb.
func (r *Keyring) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "keyring of %d", len(r.keys)) }
