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
	if revocation, dead := s.revocations.set.Find(claims); dead {
		return token.Claims{}, revokedError(revocation)
	}
	return claims, nil
}

// revokedError is why a revocation refuses a token. Whoever has a leaked key signs what he likes, so a token of such a key is not genuine, and its holder learns
// nothing.
func revokedError(r Revocation) error {
	if r.Kind == RevokedKey {
		return ErrTokenInvalid
	}
	return EndReason(r.Reason).err()
}

// Whoami looks at the user and the session of a principal in one read of the store, and answers the user if both live: so an end, a disabled
// account or a lost right bites at once on our own routes, on every node. Errors: ErrUserGone, ErrUserInactive, ErrSessionEnded, ErrUnavailable.
func (s *Service) Whoami(ctx context.Context, principal Principal) (User, error) {
	user, lives, err := s.store.UserBySession(ctx, principal.SessionID, s.now())
	switch {
	case err != nil && !errors.Is(err, ErrNotFound):
		return User{}, wrap("read principal", err)
	case err == nil && lives && user.IsActive && user.ID == principal.UserID:
		return user, nil
	}
	_, user, err = s.whoami(ctx, principal) // the whole session says why not
	return user, err
}

// whoami is Whoami for those who need the session too, which is twice as much to read.
func (s *Service) whoami(ctx context.Context, principal Principal) (Session, User, error) {
	session, user, err := s.store.SessionUser(ctx, principal.SessionID)
	now := s.now()
	switch {
	case errors.Is(err, ErrNotFound):
		return Session{}, User{}, s.goneError(ctx, principal.UserID)
	case err != nil:
		return Session{}, User{}, wrap("read principal", err)
	case user.ID != principal.UserID:
		return Session{}, User{}, ErrTokenInvalid
	case !user.IsActive:
		return Session{}, User{}, EndedByDisable.err()
	case !session.EndedAt.IsZero() || !now.Before(session.AbsoluteExpiresAt):
		return Session{}, User{}, &EndedError{session.WhyOver(now), ErrSessionEnded}
	}
	return session, user, nil
}

// goneError tells a deleted user from a session that was deleted long after its end.
func (s *Service) goneError(ctx context.Context, id UserID) error {
	_, err := s.store.User(ctx, id)
	switch {
	case errors.Is(err, ErrNotFound):
		return &EndedError{EndedByDelete, ErrUserGone}
	case err != nil:
		return wrap("read user", err)
	default:
		return ErrSessionEnded
	}
}

// PrincipalOf answers the principal of a refresh token whose session lives, for reading only: nothing is confirmed or written. It is how a page that
// holds no access token yet learns whether somebody is signed in. Errors: those of Refresh and Whoami.
func (s *Service) PrincipalOf(ctx context.Context, refresh secret.Text) (Principal, error) {
	now := s.now()
	t, err := s.parseRefresh(refresh, now)
	if errors.Is(err, ErrTokenExpired) {
		return Principal{}, s.whyExpired(ctx, t, now)
	}
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
		return s.lostError(ctx, UserID(t.Subject))
	case err != nil:
		return wrap("read session", err)
	case !session.Live(now) || !userActive:
		return endedError(session, now)
	}
	return nil
}
