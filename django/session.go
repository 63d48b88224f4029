package django

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"errors"
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
	AuthHash string // see [Keys.SessionAuthHash]
	// Backend is the class that signed him in. Django believes no session without one.
	Backend string
	// Passing says that the session was to end with the browser.
	Passing  bool
	SignedAt time.Time
}

// Why session_data was not read.
var (
	ErrSessionForged  = errors.New("session is not signed under any of the keys")
	ErrSessionPickled = errors.New("session was written by the pickle serializer, which is never read: reading a pickle runs what it says")
	ErrSessionShape   = errors.New("session is not of a known form")
)

// ReadSession checks and reads session_data. Errors: ErrSessionForged, ErrSessionPickled, ErrSessionShape.
func (k Keys) ReadSession(data string) (Session, error) {
	if len(data) > maxSession {
		return Session{}, ErrSessionShape
	}
	end := strings.LastIndexByte(data, ':')
	if end < 0 {
		return Session{}, ErrSessionShape
	}
	message, tail := data[:end], data[end+1:]
	mac, ok := decode(tail)
	if !ok || !k.verify(mac, func(key secret.Text) []byte { return sign(key, message) }) {
		return Session{}, ErrSessionForged
	}
	return readSession(message)
}

// sign is the MAC of Django's signer for sessions.
func sign(key secret.Text, message string) []byte { return salted(sessionSalt+"signer", key, message) }

// readSession reads what a good signature was over.
func readSession(message string) (Session, error) {
	body, stamp, found := strings.Cut(message, ":")
	at, ok := parseBase62(stamp)
	if !found || !ok {
		return Session{}, ErrSessionShape
	}
	body, packed := strings.CutPrefix(body, ".")
	raw, ok := decode(body)
	if ok && packed {
		raw, ok = inflate(raw)
	}
	if !ok {
		return Session{}, ErrSessionShape
	}
	// A good signature makes a pickle no safer: whoever has the key would run code here (pickle payload).
	if raw[0] == pickleProtocol {
		return Session{}, ErrSessionPickled
	}
	members, ok := membersOf(raw)
	if !ok {
		return Session{}, ErrSessionShape
	}
	s := Session{SignedAt: time.Unix(at, 0).UTC(), Passing: string(members["_session_expiry"]) == "0"}
	s.UserID, _ = stringOf(members["_auth_user_id"])
	s.AuthHash, _ = stringOf(members["_auth_user_hash"])
	s.Backend, _ = stringOf(members["_auth_user_backend"])
	return s, nil
}

// pickleProtocol is the first byte of every pickle since protocol 2.
const pickleProtocol = 0x80

func inflate(packed []byte) ([]byte, bool) {
	r, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, false
	}
	raw, err := io.ReadAll(io.LimitReader(r, maxSession+1))
	return raw, err == nil && len(raw) > 0 && len(raw) <= maxSession
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
