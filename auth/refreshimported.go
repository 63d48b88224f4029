package auth

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/cartouche-auth/cartouche/ratelimit"
	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/token"
)

// methodImported is the method of sessions that a token of another system opened.
const methodImported = "imported"

// refreshImported exchanges a refresh token of another system. The first time it opens a session. As long as no token of that session was confirmed, whoever
// lost the answer, or goes on with the old token, is served again; afterwards two holders are seen as they are in [Service.Refresh].
func (s *Service) refreshImported(ctx context.Context, client Client, presented secret.Text, now time.Time) (Grant, error) {
	t, err := s.foreign.ReadRefresh(presented, now)
	if err != nil {
		return Grant{}, err
	}
	return s.exchangeImported(ctx, client, t, now)
}

// AdoptSession exchanges the session cookie of another system, by the same rules as a refresh token of such a system: one session of ours, however many
// tabs ask at once and however many answers are lost. Errors: ErrTokenInvalid, when the cookie names no session that was imported or none is
// accepted any more; otherwise those of [Service.Refresh].
func (s *Service) AdoptSession(ctx context.Context, client Client, cookie secret.Text) (Grant, error) {
	now := s.now()
	t, err := s.readForeignSession(cookie, now)
	if err != nil {
		return Grant{}, err
	}
	g, err := s.exchangeImported(ctx, client, t, now)
	s.counts.refreshes.add(importedOutcome(err))
	return g, err
}

func (s *Service) readForeignSession(cookie secret.Text, now time.Time) (ForeignToken, error) {
	if s.foreign == nil || cookie.Empty() {
		return ForeignToken{}, ErrTokenInvalid
	}
	return s.foreign.ReadSession(cookie, now)
}

func (s *Service) exchangeImported(ctx context.Context, client Client, t ForeignToken, now time.Time) (Grant, error) {
	bucket := ratelimit.Of(string(t.Kind)+"-imported", hex.EncodeToString(t.Hash[:16]), s.policy.Limits.RefreshesPerSession)
	if err := s.refreshLimits.Take(ctx, now, bucket); err != nil {
		return Grant{}, s.noteRefusal(ctx, Event{At: now, UserID: t.UserID, Client: client}, err)
	}
	session, err := s.openImported(ctx, client, t, now)
	if err != nil {
		return Grant{}, err
	}
	return s.grant(ctx, session, User{}, now)
}

// openImported answers the session of a foreign token, and opens it if need be.
func (s *Service) openImported(ctx context.Context, client Client, t ForeignToken, now time.Time) (Session, error) {
	for range maxConfirmTries {
		kept, err := s.store.ImportedToken(ctx, t.Kind, t.Hash)
		switch {
		case errors.Is(err, ErrNotFound):
			return Session{}, ErrTokenInvalid // genuine, but it was not live when the import came by
		case err != nil:
			return Session{}, wrap("find imported token", err)
		case t.UserID != "" && kept.UserID != t.UserID, kept.Closed:
			return Session{}, ErrSessionEnded
		case !now.Before(kept.ExpiresAt):
			return Session{}, ErrTokenExpired
		case !kept.SessionID.IsZero():
			return s.reopenImported(ctx, client, kept, now)
		}
		session := s.newSession(User{ID: kept.UserID}, client, methodImported, kept.Remember)
		event := Event{Kind: EventLogin, At: now, UserID: kept.UserID, SessionID: session.ID, Detail: methodImported, Client: client}
		evicted, done, err := s.store.OpenImported(ctx, kept, Opening{Session: session, Bound: s.policy.MaxSessions, Event: event})
		if err != nil {
			return Session{}, wrap("open imported session", err)
		}
		if done {
			s.evict(evicted, now)
			return session, nil
		}
		user, err := s.store.User(ctx, kept.UserID)
		switch {
		case errors.Is(err, ErrNotFound):
			return Session{}, ErrUserGone
		case err != nil:
			return Session{}, wrap("find user", err)
		case !user.IsActive:
			return Session{}, ErrUserInactive
		}
	}
	return Session{}, fmt.Errorf("imported token changed %d times in a row: %w", maxConfirmTries, ErrUnavailable)
}

// reopenImported is what a foreign token gets that has opened its session already.
func (s *Service) reopenImported(ctx context.Context, client Client, kept ImportedToken, now time.Time) (Session, error) {
	session, userActive, err := s.store.Session(ctx, kept.SessionID)
	switch {
	case errors.Is(err, ErrNotFound): // signed out before it was ever used, or pruned
		return Session{}, ErrSessionEnded
	case err != nil:
		return Session{}, wrap("read session", err)
	case session.Generation == 0 && session.Live(now) && userActive:
		return session, nil
	}
	// For the rules the foreign token is the one that the first of ours took the place of.
	spent := token.Refresh{SessionID: session.ID}
	if session.Generation == 1 {
		spent.Parent = session.Previous
	}
	switch s.classify(session, userActive, spent, now) {
	case ended:
		return Session{}, endedError(session, now)
	case superseded:
		return Session{}, ErrRefreshSuperseded
	default:
		if _, err := s.endCompromised(ctx, client, session, now); err != nil {
			return Session{}, err
		}
		return Session{}, EndedAsCompromised.err()
	}
}

// logoutImported signs out who still holds a refresh token of another system.
func (s *Service) logoutImported(ctx context.Context, client Client, text secret.Text, now time.Time) (bool, error) {
	if s.foreign == nil || text.Empty() {
		return false, nil
	}
	t, err := s.foreign.ReadRefresh(text, now)
	if err != nil {
		return false, nil //nolint:nilerr // not a token that could be used: nothing to sign out
	}
	return s.endImported(ctx, client, t, now)
}

// EndForeignSession signs out who holds the session cookie of another system: the cookie is good for nothing any more, and the session that it opened ends.
// False: it names nothing that was still good. Errors: ErrUnavailable.
func (s *Service) EndForeignSession(ctx context.Context, client Client, cookie secret.Text) (bool, error) {
	now := s.now()
	t, err := s.readForeignSession(cookie, now)
	if err != nil {
		return false, nil //nolint:nilerr // not a cookie that could be used: nothing to sign out
	}
	return s.endImported(ctx, client, t, now)
}

func (s *Service) endImported(ctx context.Context, client Client, t ForeignToken, now time.Time) (bool, error) {
	kept, err := s.store.ImportedToken(ctx, t.Kind, t.Hash)
	if errors.Is(err, ErrNotFound) {
		return false, nil // any text can be presented as a cookie: it must not cost a write
	}
	if err != nil {
		return false, wrap("find imported token", err)
	}
	event := Event{Kind: EventSessionEnded, At: now, UserID: kept.UserID, Detail: string(EndedByLogout), Client: client}
	done, err := s.store.SpendImported(ctx, t.Kind, t.Hash, event)
	if err != nil || done {
		return done, wrap("spend imported token", err)
	}
	if kept, err = s.store.ImportedToken(ctx, t.Kind, t.Hash); err != nil { // it opened its session meanwhile, or long ago
		return false, wrap("find imported token", err)
	}
	event.SessionID = kept.SessionID
	return s.endSession(ctx, SessionEnd{ID: kept.SessionID, Reason: EndedByLogout, At: now}, event)
}
