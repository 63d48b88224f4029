package token

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxSeconds is the end of the year 9999: a time beyond it is a mistake or an attack, and overflows elsewhere.
const maxSeconds = 253402300799

func validTime(t time.Time) bool { return t.Unix() > 0 && t.Unix() <= maxSeconds }

// claimReader takes claims out of an object; what is left are the extra ones. The first thing that is wrong is put where wrong points, which is apart
// so that returning it does not take the members to the heap.
type claimReader struct {
	members []member
	wrong   *error
}

func (r *claimReader) fail(err error) {
	if *r.wrong == nil {
		*r.wrong = err
	}
}

func (r *claimReader) has(name string) bool {
	return slices.ContainsFunc(r.members, func(m member) bool { return m.name == name })
}

// take removes a claim and answers its value as it was written. A missing one is told apart from a malformed one, as simplejwt does.
func (r *claimReader) take(name string) (raw string, ok bool) {
	for i, m := range r.members {
		if m.name == name {
			last := len(r.members) - 1
			r.members[i], r.members = r.members[last], r.members[:last]
			return m.raw, true
		}
	}
	r.fail(&Error{Claim: name})
	return "", false
}

// text takes a claim that must be a string with something in it.
func (r *claimReader) text(name string) string {
	raw, ok := r.take(name)
	text, isText := unquote(raw)
	if ok && (!isText || text == "") {
		r.fail(ErrInvalid)
	}
	return text
}

// integer takes a claim that must be a whole number: 1.5, 1e9 and "1" are ways to make two readers disagree.
func (r *claimReader) integer(name string, least, most int64) int64 {
	raw, ok := r.take(name)
	n, err := strconv.ParseInt(raw, 10, 64)
	if ok && (err != nil || n < least || n > most || raw[0] == '-') {
		r.fail(ErrInvalid)
	}
	return n
}

// seconds takes a claim that must be a time in whole seconds.
func (r *claimReader) seconds(name string) time.Time {
	return time.Unix(r.integer(name, 1, maxSeconds), 0).UTC()
}

// optional takes a time that need not be there; zero: it is not.
func (r *claimReader) optional(name string) time.Time {
	if !r.has(name) {
		return time.Time{}
	}
	return r.seconds(name)
}

// audience takes the claim "aud", which is a string or a list of strings (RFC 7519, section 4.1.3); nil: there is none.
func (r *claimReader) audience() []string {
	if !r.has("aud") {
		return nil
	}
	raw, _ := r.take("aud")
	if one, ok := unquote(raw); ok && one != "" {
		return []string{one}
	}
	var list []string
	if json.Unmarshal([]byte(raw), &list) != nil || len(list) == 0 || slices.Contains(list, "") { // null and [null], too
		r.fail(ErrInvalid)
	}
	return list
}

// extra is what is left; nil: nothing.
func (r *claimReader) extra() map[string]any {
	if len(r.members) == 0 {
		return nil
	}
	extra := make(map[string]any, len(r.members))
	for _, m := range r.members {
		value, err := decodeValue(m.raw)
		if err != nil || isRegistered(m.name) { // Exp beside exp, taken by a reader that folds case
			r.fail(ErrInvalid)
		}
		extra[m.name] = value
	}
	return extra
}

func decodeValue(raw string) (value any, err error) {
	d := json.NewDecoder(strings.NewReader(raw))
	d.UseNumber() // nothing is rounded
	err = d.Decode(&value)
	return value, err
}

// parseClaims reads the claims of an access token that one of our keys signed.
func parseClaims(payload string) (c Claims, notBefore time.Time, err error) {
	var (
		room  [16]member
		wrong error
	)
	members, ok := parseObject(payload, room[:0])
	if !ok {
		return Claims{}, time.Time{}, ErrInvalid
	}
	r := claimReader{members, &wrong}
	c.ExpiresAt, c.ID, c.Type = r.seconds("exp"), r.text("jti"), r.text("token_type") // in simplejwt's order, as to which is missed first
	userID := r.text("user_id")
	c.Issuer, c.Subject, c.SessionID, c.IssuedAt = r.text("iss"), r.text("sub"), r.text("sid"), r.seconds("iat")
	c.Audience = r.audience()
	c.RefreshExpiresAt, c.OriginalIssuedAt, notBefore = r.optional("refresh_exp"), r.optional("orig_iat"), r.optional("nbf")
	c.Extra = r.extra()
	if c.Subject != userID {
		r.fail(ErrInvalid)
	}
	if wrong != nil {
		return Claims{}, time.Time{}, wrong
	}
	return c, notBefore, nil
}
