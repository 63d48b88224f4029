package django

import (
	"bytes"
	"crypto/md5" //nolint:gosec // how simplejwt marks a password hash; nothing is protected by it
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

// Tokens reads what clients still hold of Django's: the refresh tokens of djangorestframework-simplejwt that are signed by HS256, and the cookies of
// sessions. It implements auth.ForeignTokens. Concurrent use is safe.
type Tokens struct {
	// Keys are simplejwt's SIGNING_KEY, which is SECRET_KEY unless somebody chose another, and its predecessors. Without one no refresh token is read.
	Keys Keys
	// SessionsUntil switches cookies of sessions off at a time. Zero: none is accepted.
	SessionsUntil time.Time
}

var _ auth.ForeignTokens = Tokens{}

// headers are the two that PyJWT ever wrote for HS256, encoded. To read no other one leaves nothing to an attacker: no "none", no key of his own.
var headers = [...]string{
	base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)),
	base64.RawURLEncoding.EncodeToString([]byte(`{"typ":"JWT","alg":"HS256"}`)),
}

// maxToken bounds a token in bytes before anything is computed.
const maxToken = 4096

// ReadRefresh implements auth.ForeignTokens.
func (r Tokens) ReadRefresh(text secret.Text, now time.Time) (auth.ForeignToken, error) {
	c, err := r.read(text.Reveal(), now)
	if err != nil {
		return auth.ForeignToken{}, err
	}
	return auth.ForeignToken{Kind: auth.ImportedRefresh, Hash: sha256.Sum256([]byte(c.id)), UserID: auth.UserID(c.user), ExpiresAt: c.expiresAt}, nil
}

// claims are what a refresh token says.
type claims struct {
	id, user  string
	mark      string // of the password hash that it was made under; empty: none
	expiresAt time.Time
}

func (r Tokens) read(text string, now time.Time) (claims, error) {
	payload, ok := r.open(text)
	if !ok {
		return claims{}, auth.ErrTokenInvalid
	}
	members, ok := membersOf(payload)
	if !ok {
		return claims{}, auth.ErrTokenInvalid
	}
	kind, _ := stringOf(members["token_type"])
	if kind != "refresh" {
		return claims{}, auth.ErrTokenType
	}
	c, ok := claimsOf(members, now)
	switch {
	case !ok:
		return claims{}, auth.ErrTokenInvalid
	case !now.Before(c.expiresAt):
		return claims{}, auth.ErrTokenExpired
	}
	return c, nil
}

// open checks the signature and answers what is under it.
func (r Tokens) open(text string) ([]byte, bool) {
	if len(text) > maxToken || strings.Count(text, ".") != 2 {
		return nil, false
	}
	head, rest, _ := strings.Cut(text, ".")
	body, tail, _ := strings.Cut(rest, ".")
	if head != headers[0] && head != headers[1] {
		return nil, false
	}
	mac, ok := decode(tail)
	signed := text[:len(head)+1+len(body)]
	if !ok || !r.Keys.verify(mac, func(key secret.Text) []byte { return hmacSHA256([]byte(key.Reveal()), signed) }) {
		return nil, false
	}
	return decode(body)
}

func claimsOf(members map[string]json.RawMessage, now time.Time) (claims, bool) {
	var c claims
	var ok1, ok2, ok3 bool
	c.id, ok1 = stringOf(members["jti"])
	c.user, ok2 = keyOf(members["user_id"])
	c.expiresAt, ok3 = timeOf(members["exp"])
	if raw, given := members["hash_password"]; given {
		mark, ok := stringOf(raw)
		if !ok {
			return c, false
		}
		c.mark = mark
	}
	for _, name := range []string{"iat", "nbf"} { // a token that is not yet good is not good
		if raw, given := members[name]; given {
			if at, ok := timeOf(raw); !ok || at.After(now) {
				return c, false
			}
		}
	}
	return c, ok1 && ok2 && ok3 && c.id != "" && c.user != ""
}

// membersOf reads one JSON object in which no name stands twice: of two values one reader takes the first, another the last.
func membersOf(payload []byte) (map[string]json.RawMessage, bool) {
	d := json.NewDecoder(bytes.NewReader(payload))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, false
	}
	members := make(map[string]json.RawMessage)
	for d.More() {
		t, err := d.Token()
		name, ok := t.(string)
		var value json.RawMessage
		if err != nil || !ok || d.Decode(&value) != nil {
			return nil, false
		}
		if _, twice := members[name]; twice {
			return nil, false
		}
		members[name] = value
	}
	if _, err := d.Token(); err != nil {
		return nil, false
	}
	return members, int(d.InputOffset()) == len(payload)
}

func stringOf(raw json.RawMessage) (string, bool) {
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	var text string
	err := json.Unmarshal(raw, &text)
	return text, err == nil
}

// keyOf reads a primary key: a string since simplejwt 5.5.1, before that a number where the key is one.
func keyOf(raw json.RawMessage) (string, bool) {
	if text, ok := stringOf(raw); ok {
		return text, true
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	text := strconv.FormatInt(n, 10)
	return text, err == nil && text == string(raw)
}

// maxTime is the last second of the year 9999.
const maxTime = 253402300799

func timeOf(raw json.RawMessage) (time.Time, bool) {
	n, err := strconv.ParseInt(string(raw), 10, 64)
	return time.Unix(n, 0).UTC(), err == nil && n >= 0 && n <= maxTime && strconv.FormatInt(n, 10) == string(raw)
}

// decode reads canonical base64url, so that no altered copy of a token passes.
func decode(segment string) ([]byte, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(segment)
	return raw, err == nil && len(raw) > 0 && base64.RawURLEncoding.EncodeToString(raw) == segment
}

// passwordMark is how simplejwt marks the password hash under which a token was made, where CHECK_REVOKE_TOKEN is on.
func passwordMark(hash string) string {
	sum := md5.Sum([]byte(hash)) //nolint:gosec // see the import
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}
