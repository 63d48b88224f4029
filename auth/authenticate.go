package auth

import (
	"context"
	"errors"
	"time"

	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/token"
)

// Authenticate tells who presents an access token, without asking the store: the signature, the times and the revocations that this process
// knows decide. Errors: ErrTokenInvalid, ErrTokenExpired, ErrTokenType; for revoked ones ErrSessionEnded, ErrSessionCompromised, ErrUserInactive; and
// *token.Error for a token of ours that lacks a claim.
func (s *Service) Authenticate(ctx context.Context, access secret.Text) (Principal, error) {
	claims, err := s.verify(ctx, access.Reveal(), s.now())
	if err != nil {
		return Principal{}, err
	}
	return principalOf(claims)
}

func principalOf(c token.Claims) (Principal, error) {
	id, err := ParseSessionID(c.SessionID)
	if err != nil {
		return Principal{}, ErrTokenInvalid
	}
	return Principal{UserID: UserID(c.Subject), SessionID: id, IssuedAt: c.IssuedAt, ExpiresAt: c.ExpiresAt, Claims: c.Extra}, nil
}

// verify checks an access token. A key that this process has not seen yet makes it read the keys again, but not often.
func (s *Service) verify(ctx context.Context, text string, now time.Time) (token.Claims, error) {
	if err := s.ready(ctx); err != nil {
		return token.Claims{}, err
	}
	claims, err := s.verifyAccess(text, now)
	if errors.Is(err, token.ErrUnknownKey) && s.reloadKeys(ctx) {
		claims, err = s.verifyAccess(text, now)
	}
	return claims, err
}

// verifyAccess checks an access token with what this process knows. With ErrTokenExpired it answers the claims all the same: they are genuine.
func (s *Service) verifyAccess(text string, now time.Time) (token.Claims, error) {
	claims, err := s.verifier.Verify(text, now)
	switch {
	case err == nil:
	case errors.Is(err, token.ErrExpired):
		return claims, ErrTokenExpired
	case errors.Is(err, token.ErrWrongType):
		return token.Claims{}, ErrTokenType
	default:
		return token.Claims{}, errors.Join(ErrTokenInvalid, err)
	}
	if reason, dead := s.revoked.kills(claims.SessionID, claims.Subject, claims.KeyID, claims.IssuedAt); dead {
		return token.Claims{}, reason.err()
	}
	return claims, nil
}

// Whoami looks at the user and the session of a principal in one read of the store, and answers the user if both live: so an end, a disabled
// account or a lost right bites at once on our own routes, on every node. Errors: ErrUserGone, ErrUserInactive, ErrSessionEnded, ErrUnavailable.
func (s *Service) Whoami(ctx context.Context, principal Principal) (User, error) {
	user, lives, err := s.store.UserBySession(ctx, principal.SessionID, s.now())
	if err != nil {
		return User{}, s.goneError(ctx, principal, err)
	}
	if err := principal.check(user, lives); err != nil {
		return User{}, err
	}
	return user, nil
}

// whoami is Whoami for those who need the session too, which is twice as much to read.
func (s *Service) whoami(ctx context.Context, principal Principal) (Session, User, error) {
	session, user, err := s.store.SessionUser(ctx, principal.SessionID)
	if err != nil {
		return Session{}, User{}, s.goneError(ctx, principal, err)
	}
	if err := principal.check(user, session.EndedAt.IsZero() && s.now().Before(session.AbsoluteExpiresAt)); err != nil {
		return Session{}, User{}, err
	}
	return session, user, nil
}

// check holds a principal against the user of his session as the store has him now, and whether the session lives.
func (p Principal) check(user User, sessionLives bool) error {
	switch {
	case user.ID != p.UserID:
		return ErrTokenInvalid
	case !user.IsActive:
		return ErrUserInactive
	case !sessionLives:
		return ErrSessionEnded
	}
	return nil
}

// goneError says why a principal could not be read. It tells a deleted user from a session that was deleted.
func (s *Service) goneError(ctx context.Context, principal Principal, err error) error {
	if !errors.Is(err, ErrNotFound) {
		return wrap("read principal", err)
	}
	_, err = s.store.User(ctx, principal.UserID)
	switch {
	case errors.Is(err, ErrNotFound):
		return ErrUserGone
	case err != nil:
		return wrap("read user", err)
	default:
		return ErrSessionEnded
	}
}

// PrincipalOf answers the principal of a refresh token whose session lives, for reading only: nothing is confirmed or written. It is how a page that
// holds no access token yet learns whether somebody is signed in. Errors: those of Refresh and Whoami.
func (s *Service) PrincipalOf(ctx context.Context, refresh secret.Text) (Principal, error) {
	t, err := s.parseRefresh(refresh, s.now())
	if err != nil {
		return Principal{}, err
	}
	principal := Principal{UserID: UserID(t.Subject), SessionID: t.SessionID, IssuedAt: t.BornAt, ExpiresAt: t.ExpiresAt}
	_, err = s.Whoami(ctx, principal)
	return principal, err
}

// VerifyToken tells whether a token, access or refresh, is good now. For a refresh token it asks the store whether the session lives.
// Errors: those of Authenticate and Refresh. Nothing is written.
func (s *Service) VerifyToken(ctx context.Context, text secret.Text) error {
	now := s.now()
	if _, err := s.verify(ctx, text.Reveal(), now); !errors.Is(err, ErrTokenType) {
		return err
	}
	t, err := s.parseRefresh(text, now)
	if err != nil {
		return err
	}
	session, userActive, err := s.store.Session(ctx, t.SessionID)
	switch {
	case errors.Is(err, ErrNotFound):
		return ErrSessionEnded
	case err != nil:
		return wrap("read session", err)
	case !session.Live(now) || !userActive:
		return endedError(session, now)
	}
	return nil
}
