package token

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// MaxSize is the length, in bytes, of the longest token that is made or looked at.
const MaxSize = 4096

const (
	typeAccess  = "at+jwt" // RFC 9068, section 2.1
	typeRefresh = "rt+jwt"
	maxKeyID    = 64
)

// header is the three members that a header has.
type header struct {
	algorithm   Algorithm // one of the three
	kind, keyID string
}

// compact is a token taken apart. Its form is right, and nothing of it is to be believed yet.
type compact struct {
	header    header
	signed    string // the bytes under the signature
	payload   string
	signature []byte
}

// parseCompact takes a JWS in compact form (RFC 7515, section 7.1) apart. It bounds the size before it looks at anything, and refuses every form but
// the one that we write: nested or encrypted tokens, which have other numbers of parts; other spellings of base64url; other members of the header.
func parseCompact(text string) (compact, bool) {
	if len(text) > MaxSize || strings.Count(text, ".") != 2 { // counted, not split: a million dots must not become a million strings
		return compact{}, false
	}
	head, rest, _ := strings.Cut(text, ".")
	body, tail, _ := strings.Cut(rest, ".")
	headJSON, ok1 := decodeText(head)
	payload, ok2 := decodeText(body)
	signature, ok3 := decode(tail)
	if !ok1 || !ok2 || !ok3 {
		return compact{}, false
	}
	h, ok := parseHeader(headJSON)
	return compact{header: h, signed: text[:len(head)+1+len(body)], payload: payload, signature: signature}, ok
}

// decode reads canonical base64url.
func decode(segment string) ([]byte, bool) { return appendDecoded(nil, segment) }

// decodeText is decode for what is kept as text.
func decodeText(segment string) (string, bool) {
	var scratch [512]byte // longer segments go to the heap
	raw, ok := appendDecoded(scratch[:0], segment)
	return string(raw), ok
}

//nolint:gochecknoglobals // a constant in all but name
var base64url = base64.RawURLEncoding.Strict()

// appendDecoded leaves each value a single spelling, so that no altered copy of a token passes: Go's decoder skips line breaks even when it is strict, and
// others ignore unused bits or take padding.
func appendDecoded(to []byte, segment string) ([]byte, bool) {
	if strings.IndexByte(segment, '\n') >= 0 || strings.IndexByte(segment, '\r') >= 0 {
		return nil, false
	}
	raw, err := base64url.AppendDecode(to, []byte(segment))
	return raw, err == nil && len(raw) > 0
}

// parseHeader demands alg, typ and kid, and refuses every other member: jwk, jku, x5u and x5c bring a key along, crit and b64 change the meaning of
// the rest (RFC 7515, section 4.1.11), zip makes a bomb.
func parseHeader(text string) (header, bool) {
	var room [3]member
	members, ok := parseObject(text, room[:0])
	if !ok || len(members) != len(room) {
		return header{}, false
	}
	var wrong error
	r := claimReader{members, &wrong}
	h := header{algorithm: Algorithm(r.text("alg")), kind: r.text("typ"), keyID: r.text("kid")}
	switch h.algorithm {
	case ES256, EdDSA, HS256:
		return h, wrong == nil && validKeyID(h.keyID)
	default: // "none", in whatever case
		return header{}, false
	}
}

// validKeyID holds a key id to what can be nothing but the key of a map: no path, no SQL, no command, and short.
func validKeyID(id string) bool {
	for i := range len(id) {
		c := id[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return id != "" && len(id) <= maxKeyID
}

// hidden is a key as its signing method wants it. Of a function, fmt shows an address, whatever the verb and wherever it stands; into pointers it
// looks for some verbs, and on unexported fields it calls no methods.
type hidden func() any

func hide(key any) hidden { return func() any { return key } }

// signer makes signatures of one kind with one key.
type signer struct {
	method jwt.SigningMethod
	key    hidden
	header string // encoded, with its dot: it is the same for every token
}

func newSigner(method jwt.SigningMethod, key hidden, kind, keyID string) signer {
	text := `{"alg":"` + method.Alg() + `","typ":"` + kind + `","kid":"` + keyID + `"}`
	return signer{method, key, base64.RawURLEncoding.EncodeToString([]byte(text)) + "."}
}

func (s signer) sign(payload []byte) (string, error) {
	const signatureRoom = 1 + 86 // a dot and 64 bytes
	var (
		scratch [768]byte // longer payloads go to the heap
		text    strings.Builder
	)
	encoded := base64.RawURLEncoding.AppendEncode(scratch[:0], payload)
	text.Grow(len(s.header) + len(encoded) + signatureRoom)
	text.WriteString(s.header)
	text.Write(encoded)
	signature, err := s.method.Sign(text.String(), s.key())
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	text.WriteByte('.')
	text.Write(base64.RawURLEncoding.AppendEncode(scratch[:0], signature))
	if text.Len() > MaxSize {
		return "", fmt.Errorf("sign token: %d bytes: must be at most %d", text.Len(), MaxSize)
	}
	return text.String(), nil
}
