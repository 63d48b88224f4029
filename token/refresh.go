package token

import (
	"encoding/hex"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/cartouche-auth/cartouche/secret"
)

const maxExact = 1<<53 - 1 // the largest integer that every reader of JSON agrees on (RFC 8259, section 6)

// Refresh is what a refresh token says: its place in the lineage of one session.
type Refresh struct {
	SessionID  [16]byte
	ID         [16]byte  // this token
	Parent     [16]byte  // the token that it was issued for
	Generation int64     // the generation that its session has once the token is confirmed; from 0
	Subject    string    // the user
	BornAt     time.Time // to the millisecond
	ExpiresAt  time.Time // whole seconds: a fraction is cut off when the token is signed
}

// RefreshKeys make and check refresh tokens. Concurrent use is safe.
type RefreshKeys struct {
	issuer string
	newest signer
	keys   map[string]hidden // by id
}

// NewRefreshKeys takes keys that were derived from the master keys for this purpose only: the first makes tokens, all check them, so a token outlives
// a change of the master key for as long as the old one is listed. It panics without a key, or with one shorter than 32 bytes: a programmer's mistake.
func NewRefreshKeys(keys []secret.Child, issuer string) *RefreshKeys {
	k := &RefreshKeys{issuer: issuer, keys: make(map[string]hidden, len(keys))}
	if len(keys) == 0 {
		panic("token: no key for refresh tokens")
	}
	for _, child := range keys {
		if len(child.Key) < minHMACKey || !validKeyID(child.ID) {
			panic("token: key for refresh tokens: too short, or its id is malformed")
		}
		k.keys[child.ID] = hide(child.Key)
	}
	k.newest = newSigner(jwt.SigningMethodHS256, k.keys[keys[0].ID], typeRefresh, keys[0].ID)
	return k
}

// Sign makes the text of a refresh token. It panics if that is longer than MaxSize: a subject or an issuer of that length is a programmer's mistake.
func (k *RefreshKeys) Sign(r Refresh) string {
	b := make([]byte, 0, 512)
	b = append(b, `{"token_type":"`+typeNameRefresh+`"`...)
	b = appendText(b, "iss", k.issuer)
	b = appendText(b, "sub", r.Subject)
	b = appendText(b, "user_id", r.Subject)
	b = appendID(b, "sid", r.SessionID)
	b = appendID(b, "jti", r.ID)
	b = appendID(b, "parent", r.Parent)
	b = appendNumber(b, "generation", r.Generation)
	b = appendNumber(b, "iat", r.BornAt.Unix()) // whole seconds, like exp: front ends decode both
	b = appendNumber(b, "exp", r.ExpiresAt.Unix())
	b = appendNumber(b, "born_at", r.BornAt.UnixMilli())
	text, err := k.newest.sign(append(b, '}'))
	if err != nil {
		panic(err) // an HMAC cannot fail
	}
	return text
}

// appendID writes ,"name":"32 hexadecimal digits".
func appendID(b []byte, name string, id [16]byte) []byte {
	b = append(appendName(b, name), '"')
	b = hex.AppendEncode(b, id[:])
	return append(b, '"')
}

// Parse reads a refresh token that one of our keys made, expired or not: the caller compares ExpiresAt. The error is ErrInvalid,
// whatever is wrong: a stranger must not learn how near he came.
func (k *RefreshKeys) Parse(text string) (Refresh, error) {
	c, ok := parseCompact(text)
	if !ok || !k.genuine(c) {
		return Refresh{}, ErrInvalid
	}
	return k.read(c.payload)
}

// genuine checks kind, algorithm and MAC, in constant time. Tokens of another kind have other keys, so a mixed-up one could not pass anyway.
func (k *RefreshKeys) genuine(c compact) bool {
	key, known := k.keys[c.header.keyID]
	return known && c.header.kind == typeRefresh && c.header.algorithm == HS256 &&
		jwt.SigningMethodHS256.Verify(c.signed, c.signature, key()) == nil
}

// read reads the claims of a token whose MAC was right. Claims that a newer version may add are passed over.
func (k *RefreshKeys) read(payload string) (Refresh, error) {
	var (
		room  [16]member
		wrong error
	)
	members, ok := parseObject(payload, room[:0])
	if !ok {
		return Refresh{}, ErrInvalid
	}
	r := claimReader{members, &wrong}
	t := Refresh{
		SessionID: r.id("sid"), ID: r.id("jti"), Parent: r.id("parent"), Generation: r.integer("generation", 0, maxExact),
		Subject: r.text("sub"), ExpiresAt: r.seconds("exp"), BornAt: time.UnixMilli(r.integer("born_at", 1, maxSeconds*1000)).UTC(),
	}
	if r.text("token_type") != typeNameRefresh || r.text("iss") != k.issuer || r.text("user_id") != t.Subject ||
		r.seconds("iat").Unix() != t.BornAt.Unix() || t.ExpiresAt.Unix() < t.BornAt.Unix() || wrong != nil {
		return Refresh{}, ErrInvalid
	}
	return t, nil
}

// id takes a claim that must be 16 bytes in lower-case hexadecimal digits.
func (r *claimReader) id(name string) (id [16]byte) {
	text := r.text(name)
	if raw, err := hex.DecodeString(text); err != nil || len(raw) != len(id) || hex.EncodeToString(raw) != text {
		r.fail(ErrInvalid)
	} else {
		id = [16]byte(raw)
	}
	return id
}

// Format prints how many keys there are, whatever the verb.
func (k *RefreshKeys) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "refresh keys: %d", len(k.keys))
}
