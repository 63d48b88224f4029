package auth

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/cartouche-auth/cartouche/secret"
)

// Sliding says how long the one token of a sliding sign-in lives, and how long it may be exchanged for a newer one.
type Sliding struct {
	Lifetime time.Duration // life of one token; at most 15 minutes
	Window   time.Duration // from the sign-in to the last exchange
	// Original asks for the claim orig_iat (old drf-jwt) in place of refresh_exp (simplejwt).
	Original bool
}

// LoginSliding signs in like [Service.Login], for front ends that know one token only: the grant has an access token that [Service.Slide]
// exchanges, and no refresh token. Errors: those of Login.
func (s *Service) LoginSliding(ctx context.Context, client Client, login Login, sliding Sliding) (Grant, error) {
	user, err := s.checkLogin(ctx, client, login)
	if err != nil {
		return Grant{}, err
	}
	session := s.newSession(user, client, "sliding", true)
	session.IdleLifetime = sliding.Window
	session.AbsoluteExpiresAt = earlier(session.CreatedAt.Add(sliding.Window), session.AbsoluteExpiresAt)
	session.IdleExpiresAt = session.AbsoluteExpiresAt
	g, err := s.open(ctx, client, user, session)
	if err != nil {
		return Grant{}, err
	}
	return s.slid(g, sliding, hex.EncodeToString(secret.Bytes(16)))
}

// Slide exchanges a live sliding token for one with a later expiry, the same id and the same end of its window. It writes nothing.
// Errors: those of Authenticate and Whoami, ErrWindowOver.
func (s *Service) Slide(ctx context.Context, presented secret.Text, sliding Sliding) (Grant, error) {
	now := s.now()
	claims, err := s.verify(ctx, presented.Reveal(), now)
	if err != nil {
		return Grant{}, err
	}
	if claims.Type != "sliding" {
		return Grant{}, ErrTokenType
	}
	principal, err := principalOf(claims)
	if err != nil {
		return Grant{}, err
	}
	window := claims.RefreshExpiresAt
	if sliding.Original {
		window = claims.OriginalIssuedAt.Add(sliding.Window)
	}
	if !now.Before(window) {
		return Grant{}, ErrWindowOver
	}
	session, user, err := s.whoami(ctx, principal)
	if err != nil {
		return Grant{}, err
	}
	return s.slid(Grant{Session: session, User: user, IssuedAt: now}, sliding, claims.ID)
}

// slid signs the one token of a sliding grant.
func (s *Service) slid(g Grant, sliding Sliding, id string) (Grant, error) {
	now := g.IssuedAt
	g.AccessExpiresAt = earlier(now.Add(sliding.Lifetime), g.Session.AbsoluteExpiresAt)
	g.RefreshExpiresAt = g.Session.AbsoluteExpiresAt
	g.Refresh = secret.Text{}
	claims := s.accessClaims(g.Session, g.User, now, g.AccessExpiresAt)
	claims.Type, claims.ID = "sliding", id
	if sliding.Original {
		claims.OriginalIssuedAt = g.Session.CreatedAt
	} else {
		claims.RefreshExpiresAt = g.RefreshExpiresAt
	}
	access, err := s.keys.load().Sign(claims)
	if err != nil {
		return Grant{}, wrap("sign sliding token", err)
	}
	g.Access = secret.NewText(access)
	return g, nil
}
