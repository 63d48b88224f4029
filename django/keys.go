package django

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"github.com/cartouche-auth/cartouche/secret"
)

// Keys are SECRET_KEY and SECRET_KEY_FALLBACKS, the current one first. All of them verify.
type Keys []secret.Text

// maxKey bounds a line of a key file: what is longer is some other file.
const maxKey = 4096

// ParseKeys reads keys from a text with one on each line, the current one first. An empty key would let everybody sign.
func ParseKeys(text string) (Keys, error) {
	var keys Keys
	for i, line := range strings.Split(strings.TrimRight(text, "\r\n"), "\n") {
		line = strings.TrimSuffix(line, "\r")
		switch {
		case strings.TrimSpace(line) == "":
			return nil, fmt.Errorf("Django's secret key: line %d is empty", i+1) //nolint:staticcheck // Django is a name
		case len(line) > maxKey:
			return nil, fmt.Errorf("Django's secret key: line %d is longer than %d bytes", i+1, maxKey) //nolint:staticcheck // Django is a name
		}
		keys = append(keys, secret.NewText(line))
	}
	return keys, keys.check()
}

func (k Keys) check() error {
	if len(k) == 0 {
		return errors.New("Django's secret key is missing") //nolint:staticcheck // Django is a name
	}
	for _, key := range k {
		if key.Empty() {
			return errors.New("Django's secret key is empty") //nolint:staticcheck // Django is a name
		}
	}
	return nil
}

// verify tells whether any key makes the same MAC, in constant time. None matches where there is no key.
func (k Keys) verify(mac []byte, make func(key secret.Text) []byte) bool {
	found := false
	for _, key := range k {
		if !key.Empty() && secret.Equal(make(key), mac) {
			found = true
		}
	}
	return found
}

// salted is Django's salted HMAC: its key is the hash of a purpose and the secret, so that what is signed for one purpose is nothing for another.
func salted(salt string, key secret.Text, message string) []byte {
	derived := sha256.Sum256([]byte(salt + key.Reveal()))
	return hmacSHA256(derived[:], message)
}

func hmacSHA256(key []byte, message string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(message))
	return mac.Sum(nil)
}
