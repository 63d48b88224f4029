package main

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
)

var errSignature = errors.New("signature is not right")

// bareSignature makes the check of a token's signature, and of nothing else, with the standard library and the first key of a JWK set (RFC 7517).
func bareSignature(jwks []byte, text string) (func() error, error) {
	var set struct {
		Keys []struct{ Kty, X, Y string }
	}
	if err := json.Unmarshal(jwks, &set); err != nil {
		return nil, err
	}
	end := strings.LastIndexByte(text, '.')
	if len(set.Keys) == 0 || end < 0 {
		return nil, errors.New("no key, or no token")
	}
	var raw [3][]byte // the key's coordinates and the signature
	for i, part := range []string{set.Keys[0].X, set.Keys[0].Y, text[end+1:]} {
		var err error
		if raw[i], err = base64.RawURLEncoding.DecodeString(part); err != nil {
			return nil, err
		}
	}
	signed, signature := []byte(text[:end]), raw[2]
	switch set.Keys[0].Kty {
	case "OKP":
		return func() error { return valid(ed25519.Verify(raw[0], signed, signature)) }, nil
	case "EC":
		public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, raw[0]...), raw[1]...))
		if err != nil {
			return nil, err
		}
		return func() error {
			digest := sha256.Sum256(signed)
			r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
			return valid(ecdsa.Verify(public, digest[:], r, s))
		}, nil
	default:
		return nil, fmt.Errorf("key type %q", set.Keys[0].Kty)
	}
}

func valid(right bool) error {
	if !right {
		return errSignature
	}
	return nil
}
