package token

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Types of access tokens: values of [Claims].Type and of the claim "token_type".
const (
	typeNameAccess  = "access"
	typeNameSliding = "sliding"
	typeNameRefresh = "refresh"
)

// Claims is what an access token says. Times are whole seconds: fractions are cut off when the token is signed.
type Claims struct {
	// Type is "access", or "sliding" for a token that may be exchanged for a newer one.
	Type    string
	Issuer  string
	Subject string // the user: the claims "sub" and "user_id"
	// SessionID names the session: the claim "sid".
	SessionID string
	// ID names the token: the claim "jti".
	ID string
	// KeyID names the key that signed; Verify fills it in, Sign ignores it.
	KeyID string
	// Audience is the claim "aud"; nil: none.
	Audience  []string
	IssuedAt  time.Time
	ExpiresAt time.Time
	// RefreshExpiresAt and OriginalIssuedAt are the claims "refresh_exp" and "orig_iat" of a sliding token, which has one of them; zero: not that one.
	RefreshExpiresAt, OriginalIssuedAt time.Time
	// Extra is every other claim; nil: none. Verify answers a copy of its own, with numbers as json.Number.
	Extra map[string]any
}

// registered are the claims that mean something here. Nobody else may say them, in any spelling.
var registered = []string{
	"iss", "aud", "sub", "sid", "iat", "exp", "nbf", "jti", "token_type", "user_id", "refresh_exp", "orig_iat",
}

// isRegistered folds case as the laxest reader would (U+017F is an s to some): Sub beside sub would be a second subject.
func isRegistered(name string) bool {
	return slices.ContainsFunc(registered, func(r string) bool { return strings.EqualFold(r, name) })
}

// check reports every mistake of a caller that would become a token we could not read again.
func (c Claims) check() error {
	var errs []error
	mustBeText := func(name, value string) {
		if value == "" || !utf8.ValidString(value) {
			errs = append(errs, fmt.Errorf("claim %s: %q: must be text", name, value))
		}
	}
	mustBeText("iss", c.Issuer)
	mustBeText("sub", c.Subject)
	mustBeText("sid", c.SessionID)
	mustBeText("jti", c.ID)
	for _, one := range c.Audience {
		mustBeText("aud", one)
	}
	if c.Type != typeNameAccess && c.Type != typeNameSliding {
		errs = append(errs, fmt.Errorf("claim token_type: %q: must be access or sliding", c.Type))
	}
	if !c.hasItsWindow() {
		errs = append(errs, errors.New("claims refresh_exp, orig_iat: a sliding token has one of them, an access token none"))
	}
	if !validTime(c.IssuedAt) || !validTime(c.ExpiresAt) || c.ExpiresAt.Before(c.IssuedAt) {
		errs = append(errs, fmt.Errorf("claims iat, exp: %s, %s: must be times in order", c.IssuedAt, c.ExpiresAt))
	}
	for name := range c.Extra {
		if isRegistered(name) {
			errs = append(errs, fmt.Errorf("extra claim %q: is not free", name))
		}
	}
	return errors.Join(errs...)
}

// hasItsWindow tells whether a sliding token has one end of its window, and an access token none.
func (c Claims) hasItsWindow() bool {
	if c.Type == typeNameSliding {
		return c.RefreshExpiresAt.IsZero() != c.OriginalIssuedAt.IsZero()
	}
	return c.RefreshExpiresAt.IsZero() && c.OriginalIssuedAt.IsZero()
}

// appendJSON writes the claims. Those that every token has are written without reflection: this is most of what a refresh costs beside signing.
func (c Claims) appendJSON(b []byte) ([]byte, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	b = append(b, `{"token_type":`...)
	b = appendString(b, c.Type)
	b = appendText(b, "iss", c.Issuer)
	b = appendText(b, "sub", c.Subject)
	b = appendText(b, "user_id", c.Subject)
	b = appendText(b, "sid", c.SessionID)
	b = appendText(b, "jti", c.ID)
	b = appendNumber(b, "iat", c.IssuedAt.Unix())
	b = appendNumber(b, "exp", c.ExpiresAt.Unix())
	b = appendAudience(b, c.Audience)
	if !c.RefreshExpiresAt.IsZero() {
		b = appendNumber(b, "refresh_exp", c.RefreshExpiresAt.Unix())
	}
	if !c.OriginalIssuedAt.IsZero() {
		b = appendNumber(b, "orig_iat", c.OriginalIssuedAt.Unix())
	}
	if len(c.Extra) > 0 {
		return appendExtra(b, c.Extra)
	}
	return append(b, '}'), nil
}

func appendAudience(b []byte, audience []string) []byte {
	switch len(audience) {
	case 0:
		return b
	case 1: // RFC 7519, section 4.1.3
		return appendText(b, "aud", audience[0])
	}
	b = appendName(b, "aud")
	for i, one := range audience {
		b = append(b, "[,"[min(i, 1)])
		b = appendString(b, one)
	}
	return append(b, ']')
}

// appendExtra closes the object that b has begun with the extra claims.
func appendExtra(b []byte, extra map[string]any) ([]byte, error) {
	text, err := json.Marshal(extra)
	if err != nil {
		return nil, fmt.Errorf("extra claims: %w", err)
	}
	b = append(b, ',')
	b = append(b, text[1:]...)
	if _, ok := parseObject(string(b), nil); !ok { // as Verify will read it
		return nil, fmt.Errorf("extra claims: must be at most %d members and %d levels", maxMembers, maxDepth)
	}
	return b, nil
}

// clone is the claims for one caller: a map that is shared with a cache must not be.
func (c Claims) clone() Claims {
	c.Audience = slices.Clone(c.Audience)
	if c.Extra != nil {
		c.Extra = cloneValue(c.Extra).(map[string]any)
	}
	return c
}

func cloneValue(value any) any {
	switch v := value.(type) {
	case map[string]any:
		v = maps.Clone(v)
		for name, member := range v {
			v[name] = cloneValue(member)
		}
		return v
	case []any:
		v = slices.Clone(v)
		for i, element := range v {
			v[i] = cloneValue(element)
		}
		return v
	default:
		return value
	}
}
