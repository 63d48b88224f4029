package auth

import (
	"context"
	"errors"

	"github.com/cartouche-auth/cartouche/secret"
)

// Logout ends the session that any of the presented tokens names: a refresh token, live, spent or expired, or an access token, expired or not.
// It answers whether it ended one; a second time it answers false and no error, so signing out is idempotent. Tokens that are not genuine name no
// session, nor does an opaque token whose session has ended. Errors: ErrUnavailable, when the end could not be stored: the caller must not report success then.
func (s *Service) Logout(ctx context.Context, client Client, presented ...secret.Text) (bool, error) {
	if err := s.ready(ctx); err != nil {
		return false, err
	}
	now := s.now()
	var done bool
	for _, text := range presented {
		id, user, ok, err := s.presentedSession(ctx, text)
		if err != nil {
			return done, err
		}
		if !ok {
			one, err := s.logoutImported(ctx, client, text, now)
			if err != nil {
				return done, err
			}
			done = done || one
			continue
		}
		event := Event{Kind: EventSessionEnded, At: now, UserID: user, SessionID: id, Detail: string(EndedByLogout), Client: client}
		one, err := s.endSession(ctx, SessionEnd{ID: id, Reason: EndedByLogout, At: now}, event)
		if err != nil {
			return done, err
		}
		done = done || one
	}
	return done, nil
}

// presentedSession is the session that a token names; only an opaque one has to be looked up.
func (s *Service) presentedSession(ctx context.Context, text secret.Text) (SessionID, UserID, bool, error) {
	if !IsOpaque(text) {
		id, user, ok := s.sessionOf(text)
		return id, user, ok, nil
	}
	principal, err := s.AuthenticateOpaque(ctx, text)
	if errors.Is(err, ErrUnavailable) {
		return SessionID{}, "", false, err
	}
	return principal.SessionID, principal.UserID, err == nil, nil
}

// Blacklist ends the session of a refresh token, as simplejwt's view of that name does: the token must be genuine and live.
// Errors: those of Refresh but the superseded and compromised ones.
func (s *Service) Blacklist(ctx context.Context, client Client, refresh secret.Text) error {
	now := s.now()
	_, err := s.parseRefresh(refresh, now)
	if errors.Is(err, ErrTokenInvalid) && s.foreign != nil {
		_, err = s.foreign.ReadRefresh(refresh, now)
	}
	if err != nil {
		return err
	}
	done, err := s.Logout(ctx, client, refresh)
	if err != nil {
		return err
	}
	if !done {
		return ErrSessionEnded
	}
	return nil
}

// SessionOf answers the session that a genuine token names, live or not, without asking the store. Package httpapi binds CSRF tokens to it.
func (s *Service) SessionOf(text secret.Text) (SessionID, bool) {
	id, _, ok := s.sessionOf(text)
	return id, ok
}

func (s *Service) sessionOf(text secret.Text) (SessionID, UserID, bool) {
	if text.Empty() {
		return SessionID{}, "", false
	}
	if t, err := s.refresh.Parse(text.Reveal()); err == nil {
		return t.SessionID, UserID(t.Subject), true
	}
	claims, err := s.verifyAccess(text.Reveal(), s.now())
	if err != nil && !errors.Is(err, ErrTokenExpired) {
		return SessionID{}, "", false
	}
	id, err := ParseSessionID(claims.SessionID)
	return id, UserID(claims.Subject), err == nil
}
