package secret

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// MasterSize is the length of a master key in bytes.
const MasterSize = 32

// Labels of the derivation. They are part of what is stored and sent: never change one.
const (
	labelID    = "cartouche/v1/id"
	labelChild = "cartouche/v1/child/"
	labelSeal  = "cartouche/v1/seal/"
)

// Master is a list of master keys. The first makes new things, all of them read old ones, so a key is rotated by putting the new one first.
// The zero Master has no key.
type Master struct {
	redacted
	keys []*masterKey
}

type masterKey struct {
	id [4]byte
	// A pointer for the reason that Text has one; fmt looks through the pointer to this struct when it complains about a verb.
	key *[MasterSize]byte
}

// Child is a key derived from a master key for one purpose.
type Child struct {
	redacted
	// ID is the public name of the master key that this key comes from: eight hexadecimal digits, the same for every purpose.
	ID string
	// Key is 32 bytes.
	Key []byte
}

// NewMaster takes master keys, the current one first. It refuses, all reasons joined, none showing a key: no key at all, keys that are not 32 bytes,
// keys that cannot have come from a generator, and repetitions.
func NewMaster(keys ...[]byte) (Master, error) {
	var m Master
	var errs []error
	if len(keys) == 0 {
		errs = append(errs, errors.New("master key: there is none"))
	}
	for i, key := range keys {
		if why := weakness(key); why != "" {
			errs = append(errs, fmt.Errorf("master key %d: %s", i+1, why))
			continue
		}
		copied := [MasterSize]byte(key)
		k := &masterKey{key: &copied}
		copy(k.id[:], derive(k, labelID, len(k.id)))
		if m.find(k.id) != nil {
			errs = append(errs, fmt.Errorf("master key %d: is listed twice", i+1))
		}
		m.keys = append(m.keys, k)
	}
	if err := errors.Join(errs...); err != nil {
		return Master{}, err
	}
	return m, nil
}

// ParseMaster reads master keys from the text of a key file: one key per line as 32 bytes of standard base64, the current one first; empty
// lines and lines that start with # are skipped. It serves environment variables and systemd credentials. Errors never show the text.
func ParseMaster(text Text) (Master, error) {
	var keys [][]byte
	var errs []error
	for i, line := range strings.Split(text.Reveal(), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, err := base64.RawStdEncoding.Strict().DecodeString(strings.TrimRight(line, "="))
		if err != nil {
			errs = append(errs, fmt.Errorf("master key: line %d is not standard base64 (make one with: openssl rand -base64 32)", i+1))
		}
		keys = append(keys, key)
	}
	if err := errors.Join(errs...); err != nil {
		return Master{}, err
	}
	return NewMaster(keys...)
}

// IsZero tells whether there is no key.
func (m Master) IsZero() bool { return len(m.keys) == 0 }

// Children are the keys for one purpose, the current one first, by HKDF-SHA-256 (RFC 5869). Different purposes give independent keys.
func (m Master) Children(purpose string) []Child {
	children := make([]Child, len(m.keys))
	for i, k := range m.keys {
		children[i] = Child{ID: k.name(), Key: derive(k, labelChild+purpose, 32)}
	}
	return children
}

func (m Master) find(id [4]byte) *masterKey {
	for _, k := range m.keys {
		if k.id == id {
			return k
		}
	}
	return nil
}

func (k *masterKey) name() string { return hex.EncodeToString(k.id[:]) }

// derive needs no salt: the master key is uniformly random (RFC 5869, section 3.1).
func derive(k *masterKey, label string, size int) []byte {
	key, err := hkdf.Key(sha256.New, k.key[:], nil, label, size)
	if err != nil {
		panic("secret: derive: " + err.Error()) // only for sizes over 255 hashes
	}
	return key
}

// placeholders are what people hash or repeat when they need "some key" for an afternoon.
var placeholders = []string{"", "cartouche", "changeme", "change-me", "dev", "development", "key", "master", "password", "secret", "test"}

// weakness tells why a key cannot have come from a generator. A guessable master key opens every signing key and forges every refresh token,
// so a placeholder must not reach production. A random key is refused by chance less than once in 10^13.
func weakness(key []byte) string {
	var seen [256]bool
	distinct, printable, steady := 0, true, true
	for i, b := range key {
		if !seen[b] {
			seen[b], distinct = true, distinct+1
		}
		printable = printable && b >= ' ' && b <= '~'
		steady = steady && (i < 2 || b-key[i-1] == key[1]-key[0])
	}
	switch {
	case len(key) != MasterSize:
		return fmt.Sprintf("must be %d bytes, has %d", MasterSize, len(key))
	case distinct == 1:
		return "is one byte repeated"
	case steady:
		return "is a well-known placeholder: its bytes are a sequence"
	case distinct < 12, bytes.Equal(key[:MasterSize/2], key[MasterSize/2:]):
		return "repeats itself"
	case printable:
		return "is text, not random bytes"
	}
	for _, word := range placeholders {
		if sum := sha256.Sum256([]byte(word)); Equal(sum[:], key) {
			return "is a well-known placeholder: the hash of a common word"
		}
	}
	return ""
}
