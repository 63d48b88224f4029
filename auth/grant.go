package auth

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/token"
)

// Grant is what a sign-in or a refresh hands out.
type Grant struct {
	Session Session
	// User is filled in by sign-ins only; a refresh does not read the user.
	User User
	// Access is the access token, Refresh the refresh token.
	Access, Refresh secret.Text
	// RefreshKept says that Refresh is the token that was presented: it is too young to be replaced. A cookie jar may hold a newer one by now, so
	// the cookie must not be set again.
	RefreshKept bool
	// Device is the device cookie for the browser that signed in, which is to bring it as Client.Device: it makes the browser known to the account's rate
	// limits for DeviceLifetime, and opens nothing. Login alone fills it in.
	Device           secret.Text
	AccessExpiresAt  time.Time
	RefreshExpiresAt time.Time
	IssuedAt         time.Time
}

// AccessExpiresIn is the life of the access token, counted from its issue.
func (g Grant) AccessExpiresIn() time.Duration { return g.AccessExpiresAt.Sub(g.IssuedAt) }

// RefreshExpiresIn is the life of the refresh token, counted from its issue.
func (g Grant) RefreshExpiresIn() time.Duration { return g.RefreshExpiresAt.Sub(g.IssuedAt) }

// grant issues the tokens of a session as its row stands. It signs outside any transaction and writes nothing.
func (s *Service) grant(ctx context.Context, session Session, user User, now time.Time) (Grant, error) {
	if err := s.ready(ctx); err != nil {
		return Grant{}, err
	}
	if s.extra != nil && user.ID == "" {
		var err error
		if user, err = s.store.User(ctx, session.UserID); err != nil {
			return Grant{}, fmt.Errorf("read user for claims: %w", err)
		}
	}
	g := Grant{Session: session, User: user, IssuedAt: now, AccessExpiresAt: s.accessExpiry(session, now), RefreshExpiresAt: refreshExpiry(session)}
	access, err := s.keys.load().Sign(s.accessClaims(session, user, now, g.AccessExpiresAt))
	if err != nil {
		return Grant{}, fmt.Errorf("sign access token: %w", err)
	}
	g.Access = secret.NewText(access)
	g.Refresh = secret.NewText(s.refresh.Sign(token.Refresh{
		SessionID: session.ID, ID: [16]byte(secret.Bytes(16)), Parent: session.Parent, Generation: session.Generation + 1,
		Subject: string(session.UserID), BornAt: now, ExpiresAt: g.RefreshExpiresAt,
	}))
	return g, nil
}

func (s *Service) accessClaims(session Session, user User, now, expiresAt time.Time) token.Claims {
	c := token.Claims{
		Type: "access", Issuer: s.issuer, Subject: string(session.UserID), SessionID: session.ID.String(),
		ID: hex.EncodeToString(secret.Bytes(16)), IssuedAt: now, ExpiresAt: expiresAt,
	}
	if s.audience != "" {
		c.Audience = []string{s.audience}
	}
	if s.extra != nil {
		c.Extra = s.extra(user)
	}
	return c
}

// accessExpiry shortens the life of an access token by up to a tenth at random, so that the browsers of one sign-in wave do not refresh
// in one wave; and no access token outlives its session.
func (s *Service) accessExpiry(session Session, now time.Time) time.Time {
	life := s.policy.AccessLifetime
	life -= time.Duration(secret.Fraction() * float64(life) / 10)
	return earlier(now.Add(life), session.AbsoluteExpiresAt).Truncate(time.Second) // as the token says it
}

// refreshExpiry is the deadline that the session's row has, and no later one: a retry must not lengthen anything.
func refreshExpiry(session Session) time.Time {
	return earlier(session.IdleExpiresAt, session.AbsoluteExpiresAt)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
