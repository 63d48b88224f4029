package token

import (
	"encoding/json"
	"strconv"
	"time"
)

// maxSeconds is the end of the year 9999: a time beyond it is a mistake or an attack, and overflows elsewhere.
const maxSeconds = 253402300799

func validTime(t time.Time) bool { return t.Unix() > 0 && t.Unix() <= maxSeconds }

// claimReader takes claims out of an object; what is left are the extra ones. The first thing that is wrong stays in err.
type claimReader struct {
	members map[string]any
	err     error
}

// take removes a claim. A missing one is told apart from a malformed one, because simplejwt does so.
func (r *claimReader) take(name string) (any, bool) {
	value, ok := r.members[name]
	if !ok {
		r.fail(&Error{Claim: name})
	}
	delete(r.members, name)
	return value, ok
}

func (r *claimReader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// text takes a claim that must be a string with something in it.
func (r *claimReader) text(name string) string {
	value, ok := r.take(name)
	text, isText := value.(string)
	if ok && (!isText || text == "") {
		r.fail(ErrInvalid)
	}
	return text
}

// integer takes a claim that must be a whole number from 1 on: 1.5, 1e9 and "1" are ways to make two readers disagree.
func (r *claimReader) integer(name string, most int64) int64 {
	value, ok := r.take(name)
	number, _ := value.(json.Number)
	n, err := strconv.ParseInt(string(number), 10, 64)
	if ok && (err != nil || n < 1 || n > most) {
		r.fail(ErrInvalid)
	}
	return n
}

// seconds takes a claim that must be a time in whole seconds.
func (r *claimReader) seconds(name string) time.Time {
	return time.Unix(r.integer(name, maxSeconds), 0).UTC()
}

// optional takes a time that need not be there; zero: it is not.
func (r *claimReader) optional(name string) time.Time {
	if _, ok := r.members[name]; !ok {
		return time.Time{}
	}
	return r.seconds(name)
}

// audience takes the claim "aud", which is a string or a list of strings (RFC 7519, section 4.1.3); nil: there is none.
func (r *claimReader) audience() []string {
	value, ok := r.members["aud"]
	if !ok {
		return nil
	}
	delete(r.members, "aud")
	list, isList := value.([]any)
	if !isList {
		list = []any{value}
	}
	audience := make([]string, 0, len(list))
	for _, element := range list {
		one, ok := element.(string)
		if !ok || one == "" {
			r.fail(ErrInvalid)
		}
		audience = append(audience, one)
	}
	if len(audience) == 0 {
		r.fail(ErrInvalid)
	}
	return audience
}

// extra is what is left.
func (r *claimReader) extra() map[string]any {
	for name := range r.members {
		if isRegistered(name) { // Exp beside exp, taken by a reader that folds case
			r.fail(ErrInvalid)
		}
	}
	if len(r.members) == 0 {
		return nil
	}
	return r.members
}

// parseClaims reads the claims of an access token that one of our keys signed.
func parseClaims(payload string) (c Claims, notBefore time.Time, err error) {
	members, ok := parseObject(payload)
	if !ok {
		return Claims{}, time.Time{}, ErrInvalid
	}
	r := claimReader{members: members}
	c = Claims{
		ExpiresAt: r.seconds("exp"), ID: r.text("jti"), Type: r.text("token_type"), // in simplejwt's order
	}
	userID := r.text("user_id")
	c.Issuer, c.Subject, c.SessionID, c.IssuedAt = r.text("iss"), r.text("sub"), r.text("sid"), r.seconds("iat")
	c.Audience = r.audience()
	c.RefreshExpiresAt, c.OriginalIssuedAt, notBefore = r.optional("refresh_exp"), r.optional("orig_iat"), r.optional("nbf")
	c.Extra = r.extra()
	if c.Subject != userID {
		r.fail(ErrInvalid)
	}
	if r.err != nil {
		return Claims{}, time.Time{}, r.err
	}
	return c, notBefore, nil
}
