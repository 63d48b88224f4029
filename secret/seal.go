package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"slices"
)

var (
	// ErrUnknownKey reports sealed bytes that name a master key which is not in the list.
	ErrUnknownKey = errors.New("sealed under an unknown master key")
	// ErrDamaged reports bytes that were not sealed for this purpose with this associated data, or were changed since.
	ErrDamaged = errors.New("sealed bytes are damaged or belong elsewhere")
	// ErrNoKey reports the zero Master.
	ErrNoKey = errors.New("no master key")
)

// A sealed text is: the version, the name of the master key, the nonce, the AES-256-GCM ciphertext with its tag.
const (
	sealVersion  = 1
	headerSize   = 1 + len(masterKey{}.id)
	sealOverhead = headerSize + 12 + 16
)

// Seal encrypts and authenticates plain under the current key. Opening it needs the same purpose and associated data, so one sealed text
// cannot stand in for another (the swapping attack). One key may seal 2^32 texts. Errors: ErrNoKey.
func (m Master) Seal(purpose string, plain, associated []byte) ([]byte, error) {
	if m.IsZero() {
		return nil, fmt.Errorf("seal: %w", ErrNoKey)
	}
	k := m.keys[0]
	header := append([]byte{sealVersion}, k.id[:]...)
	//nolint:gosec // G407: no nonce is given, because this cipher makes its own
	return aead(k, purpose).Seal(slices.Clone(header), nil, plain, slices.Concat(header, associated)), nil
}

// Open gives back what Seal sealed, by the key that the sealed bytes name. Errors: ErrUnknownKey, ErrDamaged.
func (m Master) Open(purpose string, sealed, associated []byte) ([]byte, error) {
	if len(sealed) < sealOverhead || sealed[0] != sealVersion {
		return nil, fmt.Errorf("open sealed: %w", ErrDamaged)
	}
	header, body := sealed[:headerSize], sealed[headerSize:]
	k := m.find([len(masterKey{}.id)]byte(header[1:]))
	if k == nil {
		return nil, fmt.Errorf("open sealed: %w: %x", ErrUnknownKey, header[1:])
	}
	plain, err := aead(k, purpose).Open(nil, nil, body, slices.Concat(header, associated))
	if err != nil {
		return nil, fmt.Errorf("open sealed: %w", ErrDamaged)
	}
	return plain, nil
}

// aead is AES-256-GCM that makes its own random nonces and puts them in front.
func aead(k *masterKey, purpose string) cipher.AEAD {
	block, err := aes.NewCipher(derive(k, labelSeal+purpose, 32))
	if err != nil {
		panic("secret: " + err.Error()) // only for a wrong key size
	}
	sealer, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic("secret: " + err.Error()) // only for a wrong block size
	}
	return sealer
}
