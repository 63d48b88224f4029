package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
)

// sharedSecret is what both servers sign with where a suite asks for it: Django's SIGNING_KEY, and Cartouche's signing_secret_file.
const sharedSecret = "c99163633c01cdcf9a2015baabbc9218ecc99807ed08fd7c8e1921d3deea1a93" //nolint:gosec // it guards nothing

// forge saves tokens that are the server's own but for some claims, and signed as it signs.
func (s *side) forge(wanted map[string]map[string]any) error {
	for name, changes := range wanted {
		token, err := forge(s.values["access"], changes, now())
		if err != nil {
			return err
		}
		s.values[name] = token
	}
	return nil
}

// forge changes claims of a token and signs it anew with the shared secret. A claim that becomes null goes, and "now+60" is a number of seconds.
func forge(token string, changes map[string]any, now time.Time) (string, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", errors.New("forge: there is no token to begin with")
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return "", err
	}
	claims := map[string]any{}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return "", err
	}
	for name, value := range changes {
		if claims[name] = moment(value, now); value == nil {
			delete(claims, name)
		}
	}
	if payload, err = json.Marshal(claims); err != nil {
		return "", err
	}
	text := parts[0] + "." + base64.RawURLEncoding.EncodeToString(payload)
	mac := hmac.New(sha256.New, []byte(sharedSecret))
	mac.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)), nil
}

func moment(value any, now time.Time) any {
	text, ok := value.(string)
	if !ok || !strings.HasPrefix(text, "now") {
		return value
	}
	offset, err := strconv.ParseInt(text[len("now"):], 10, 64)
	if err != nil {
		return value
	}
	return now.Unix() + offset
}

// now is the time that tokens are forged for.
func now() time.Time {
	return time.Now() //nolint:forbidigo // both servers live in the machine's time
}
