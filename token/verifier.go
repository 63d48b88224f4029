package token

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Bounds and defaults of [VerifierConfig].
const (
	maxLeeway      = 30 * time.Second
	defaultMaxLife = 15 * time.Minute
	defaultSeen    = 10_000
	// clockError is how far a token may come from the future even without leeway: nodes that follow one database's clock are not apart by nothing.
	clockError = time.Second
)

// VerifierConfig is what a [Verifier] is made of. Keyring and Issuer are needed.
type VerifierConfig struct {
	// Keyring answers the keys of this moment. It is called once a token, so it must be quick; nil keys verify nothing.
	Keyring func() *Keyring
	// Refresh tells our refresh tokens from a stranger's; nil: both are invalid.
	Refresh *RefreshKeys
	// Issuer is the one issuer, compared exactly.
	Issuer string
	// Audience must be in the claim "aud"; empty: there must be no such claim (RFC 7519, section 4.1.3: it would name somebody else).
	Audience string
	// MaxLife is the longest life that a token may have, even a signed one; default 15 minutes.
	MaxLife time.Duration
	// Leeway is how far apart the clocks of who signs and who verifies may be; default none, at most 30 seconds.
	Leeway time.Duration
	// CacheSize is how many genuine tokens are remembered, so that each costs one signature; default 10,000; negative: none.
	CacheSize int
}

// Verifier checks access tokens. Concurrent use is safe.
type Verifier struct {
	config VerifierConfig
	seen   *cache
}

// NewVerifier builds a Verifier. It reports every mistake in the configuration, joined.
func NewVerifier(c VerifierConfig) (*Verifier, error) {
	var errs []error
	if c.Keyring == nil {
		errs = append(errs, errors.New("keyring: missing"))
	}
	if c.Issuer == "" {
		errs = append(errs, errors.New("issuer: missing"))
	}
	if c.MaxLife == 0 {
		c.MaxLife = defaultMaxLife
	}
	if c.MaxLife < 0 {
		errs = append(errs, fmt.Errorf("longest life: %s: must be positive", c.MaxLife))
	}
	if c.Leeway < 0 || c.Leeway > maxLeeway {
		errs = append(errs, fmt.Errorf("leeway: %s: must be 0 to %s", c.Leeway, maxLeeway))
	}
	if len(errs) > 0 {
		return nil, fmt.Errorf("verifier: %w", errors.Join(errs...))
	}
	return &Verifier{config: c, seen: newCache(c.CacheSize)}, nil
}

// Verify answers what a genuine access token says, if now is its time. Errors: ErrInvalid; ErrUnknownKey, when the form is right and the key is not in the
// ring; and for genuine tokens only: ErrExpired, with the claims, which are true all the same; ErrWrongType; *Error.
// Whether a genuine token was revoked is for the caller to ask, each time.
func (v *Verifier) Verify(text string, now time.Time) (Claims, error) {
	if len(text) > MaxSize {
		return Claims{}, ErrInvalid
	}
	ring := v.config.Keyring()
	g, seen := v.seen.get(text)
	if !seen || !ring.has(g.key) {
		var err error
		if g, err = v.check(ring, text); err != nil {
			return Claims{}, err
		}
		v.seen.add(text, g)
	}
	return v.inTime(g, now)
}

// genuine is a token of ours, whatever the time.
type genuine struct {
	claims    Claims
	notBefore time.Time // zero: from the beginning
	key       Key
}

// check makes sure of everything but the time: first the form, then the signature, and only then what the claims say.
func (v *Verifier) check(ring *Keyring, text string) (genuine, error) {
	t, ok := parseCompact(text)
	switch {
	case !ok:
		return genuine{}, ErrInvalid
	case t.header.kind == typeRefresh && v.config.Refresh != nil && v.config.Refresh.genuine(t):
		return genuine{}, ErrWrongType
	case t.header.kind != typeAccess: // one kind must not pass for another, whoever signed it (RFC 8725, section 3.11)
		return genuine{}, ErrInvalid
	}
	key, ok := ring.find(t.header.keyID)
	if !ok {
		return genuine{}, ErrUnknownKey
	}
	// The key decides the algorithm; the token may only agree. So nobody can ask for a public key to be used as an HMAC secret.
	if t.header.algorithm != key.Algorithm || key.material.method.Verify(t.signed, t.signature, key.material.public()) != nil {
		return genuine{}, ErrInvalid
	}
	claims, notBefore, err := parseClaims(t.payload)
	if err != nil {
		return genuine{}, err
	}
	claims.KeyID = key.ID
	return genuine{claims, notBefore, key}, v.checkClaims(claims)
}

// checkClaims checks what does not depend on the time.
func (v *Verifier) checkClaims(c Claims) error {
	life := c.ExpiresAt.Sub(c.IssuedAt)
	switch {
	case c.Issuer != v.config.Issuer, life < 0, life > v.config.MaxLife:
		return ErrInvalid
	case v.config.Audience == "" && c.Audience != nil, v.config.Audience != "" && !slices.Contains(c.Audience, v.config.Audience):
		return ErrInvalid
	case c.Type != typeNameAccess && c.Type != typeNameSliding:
		return ErrWrongType
	case c.Type == typeNameSliding && c.RefreshExpiresAt.IsZero() && c.OriginalIssuedAt.IsZero():
		return &Error{Claim: "refresh_exp"}
	case !c.hasItsWindow():
		return ErrInvalid
	default:
		return nil
	}
}

// inTime holds a genuine token against the clock, also one that was seen before.
func (v *Verifier) inTime(g genuine, now time.Time) (Claims, error) {
	switch {
	case g.claims.IssuedAt.After(now.Add(max(v.config.Leeway, clockError))), g.notBefore.After(now.Add(v.config.Leeway)):
		return Claims{}, ErrInvalid
	case !now.Before(g.claims.ExpiresAt.Add(v.config.Leeway)):
		return g.claims.clone(), ErrExpired
	default:
		return g.claims.clone(), nil
	}
}
