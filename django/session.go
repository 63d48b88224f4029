package django

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"io"
	"strings"
	"time"

	"github.com/cartouche-auth/cartouche/secret"
)

const (
	sessionSalt     = "django.contrib.sessions.SessionStore"
	sessionAuthSalt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
	maxSession      = 1 << 20 // bytes, inflated too: a few bytes can inflate to gigabytes (a decompression bomb)
	maxBase62       = 10      // digits of a time
	base62          = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// Session is what a row of django_session says of who is signed in.
type Session struct {
	UserID   string // primary key as text; empty: nobody
	AuthHash string // see [SessionAuthHash]
	SignedAt time.Time
}

// ReadSession checks and reads session_data. False: it was not signed under any of the keys, or is not of this form.
func (k Keys) ReadSession(data string) (Session, bool) {
	if len(data) > maxSession {
		return Session{}, false
	}
	end := strings.LastIndexByte(data, ':')
	if end < 0 {
		return Session{}, false
	}
	message, tail := data[:end], data[end+1:]
	mac, ok := decode(tail)
	if !ok || !k.verify(mac, func(key secret.Text) []byte { return sign(key, message) }) {
		return Session{}, false
	}
	return readSession(message)
}

// sign is the MAC of Django's signer for sessions.
func sign(key secret.Text, message string) []byte { return salted(sessionSalt+"signer", key, message) }

// readSession reads what a good signature was over.
func readSession(message string) (Session, bool) {
	body, stamp, found := strings.Cut(message, ":")
	at, ok := parseBase62(stamp)
	if !found || !ok {
		return Session{}, false
	}
	body, packed := strings.CutPrefix(body, ".")
	raw, ok := decode(body)
	if ok && packed {
		raw, ok = inflate(raw)
	}
	if !ok {
		return Session{}, false
	}
	members, ok := membersOf(raw)
	if !ok {
		return Session{}, false
	}
	s := Session{SignedAt: time.Unix(at, 0).UTC()}
	s.UserID, _ = stringOf(members["_auth_user_id"])
	s.AuthHash, _ = stringOf(members["_auth_user_hash"])
	return s, true
}

func inflate(packed []byte) ([]byte, bool) {
	r, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, false
	}
	raw, err := io.ReadAll(io.LimitReader(r, maxSession+1))
	return raw, err == nil && len(raw) <= maxSession
}

func parseBase62(text string) (int64, bool) {
	if text == "" || len(text) > maxBase62 {
		return 0, false
	}
	var n int64
	for i := range len(text) {
		digit := strings.IndexByte(base62, text[i])
		if digit < 0 {
			return 0, false
		}
		n = n*int64(len(base62)) + int64(digit)
	}
	return n, n <= maxTime
}

// SessionAuthHash is what a session must hold to be of a user with this stored password: a change of password ends it.
func (k Keys) SessionAuthHash(passwordHash string) []string {
	hashes := make([]string, len(k))
	for i, key := range k {
		hashes[i] = hex.EncodeToString(salted(sessionAuthSalt, key, passwordHash))
	}
	return hashes
}
