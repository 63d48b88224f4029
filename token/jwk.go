package token

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
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

func encode(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }
