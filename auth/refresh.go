package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cartouche-auth/cartouche/ratelimit"
	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/token"
)

// Refresh exchanges a refresh token for a new grant, by the rule "confirm on use, with a minimum age":
//
// A session's row names one confirmed token, its parent. Whoever presents the parent gets a child of it. The first child that is presented at least
// Policy.RefreshMinAge after its birth becomes the parent and gets a child, and with that its siblings and the old parent are spent; a child that is
// presented earlier is kept, and gets an access token only. So two tabs, a lost answer or a retry are all served, and nobody honest is signed out; but only one
// branch can ever be confirmed, so a thief and the owner cannot both go on.
//
// Errors: ErrTokenInvalid, ErrTokenType, ErrTokenExpired, ErrSessionEnded, ErrUserInactive, ErrRefreshSuperseded (nothing was written),
// ErrSessionCompromised (the session has been ended, durably), *LimitError, ErrUnavailable (nothing was written, or it was and the same token
// will be served again). What says that the session is over is an *EndedError where the reason is still known.
func (s *Service) Refresh(ctx context.Context, client Client, presented secret.Text) (Grant, error) {
	grant, outcome, err := s.exchange(ctx, client, presented)
	if err != nil && outcome == "" {
		outcome = refreshFailure(err)
	}
	s.counts.refreshes.add(outcome)
	return grant, err
}

// exchange is Refresh, and tells the outcome where the error does not.
func (s *Service) exchange(ctx context.Context, client Client, presented secret.Text) (Grant, RefreshOutcome, error) {
	now := s.now()
	t, err := s.parseRefresh(presented, now)
	if errors.Is(err, ErrTokenInvalid) && s.foreign != nil {
		g, err := s.refreshImported(ctx, client, presented, now)
		return g, importedOutcome(err), err
	}
	if errors.Is(err, ErrTokenExpired) {
		return Grant{}, RefreshInvalid, s.whyExpired(ctx, t, now)
	}
	if err != nil {
		return Grant{}, "", err
	}
	if err := s.refreshLimits.Take(ctx, now, ratelimit.Of("refresh", SessionID(t.SessionID).String(), s.policy.Limits.RefreshesPerSession)); err != nil {
		return Grant{}, "", s.noteRefusal(ctx, Event{At: now, UserID: UserID(t.Subject), SessionID: t.SessionID, Client: client}, err)
	}
	session, outcome, err := s.confirm(ctx, client, t, now)
	if err != nil {
		return Grant{}, outcome, err
	}
	g, err := s.grant(ctx, session, User{}, now)
	if err != nil {
		return Grant{}, "", err
	}
	if outcome == RefreshYoung {
		g.Refresh, g.RefreshKept = presented, true
	}
	return g, outcome, nil
}

// parseRefresh is step 1: MAC, shape and time, without the store. Reasons are told to holders of a genuine token only; with ErrTokenExpired it answers the token
// all the same, because it is one.
func (s *Service) parseRefresh(presented secret.Text, now time.Time) (token.Refresh, error) {
	t, err := s.refresh.Parse(presented.Reveal())
	if err != nil {
		if _, err := s.verifyAccess(presented.Reveal(), now); err == nil || errors.Is(err, ErrTokenExpired) {
			return token.Refresh{}, ErrTokenType
		}
		return token.Refresh{}, ErrTokenInvalid
	}
	if !now.Before(t.ExpiresAt) {
		return t, ErrTokenExpired
	}
	return t, nil
}

// whyExpired tells the holder of an expired token what became of its session: who comes back after weeks may have been signed out long before. It is a
// courtesy, so what stands in its way is no error of its own.
func (s *Service) whyExpired(ctx context.Context, t token.Refresh, now time.Time) error {
	if s.refreshLimits.Take(ctx, now, ratelimit.Of("refresh", SessionID(t.SessionID).String(), s.policy.Limits.RefreshesPerSession)) != nil {
		return ErrTokenExpired
	}
	session, userActive, err := s.store.Session(ctx, t.SessionID)
	reason := session.WhyOver(now)
	switch {
	case errors.Is(err, ErrNotFound) && errors.Is(s.goneError(ctx, UserID(t.Subject)), ErrUserGone):
		reason = EndedByDelete
	case err != nil:
		return ErrTokenExpired
	case reason == "" && !userActive:
		reason = EndedByDisable
	case reason == "": // the session went on with newer tokens
		return ErrTokenExpired
	}
	return &EndedError{reason, ErrTokenExpired}
}

// outcome is what the row says about a token that it did not confirm.
type outcome int

const (
	changed    outcome = iota // the row would confirm it now: it changed under us
	retry                     // the parent itself: an honest retry, a second tab, a front end that dropped its new token
	young                     // a child of the parent, too young to confirm
	ended                     // signed out, expired, or the user disabled
	superseded                // overtaken on its way a moment ago
	fork                      // two holders
)

// maxConfirmTries bounds step 3e. Each further try means that another request of the same session won meanwhile.
const maxConfirmTries = 3

// confirm is steps 2 and 3: one conditional statement, and if it held nothing, one read to tell why. It answers the row that the next
// token is issued for, and the outcome: with RefreshYoung there is to be none, because the presented one is kept.
//
// A child that is too young to be confirmed gets no sibling, because two tabs can straddle the minimum age: the answer to the first would bring a
// sibling, the request of the second confirm the child, and if the first answer came last, the jar would hold a token that is spent.
func (s *Service) confirm(ctx context.Context, client Client, t token.Refresh, now time.Time) (Session, RefreshOutcome, error) {
	for range maxConfirmTries {
		session, confirmed, err := s.store.ConfirmSession(ctx, Confirmation{
			SessionID: t.SessionID, Own: t.ID, Parent: t.Parent, Generation: t.Generation, BornAt: t.BornAt, Now: now, MinAge: s.policy.RefreshMinAge,
		})
		if err != nil {
			return Session{}, "", wrap("confirm refresh token", err)
		}
		if confirmed {
			return session, RefreshConfirmed, nil
		}
		session, userActive, err := s.store.Session(ctx, t.SessionID)
		if errors.Is(err, ErrNotFound) {
			return Session{}, "", s.lostError(ctx, UserID(t.Subject)) // the token is genuine, so the session existed
		}
		if err != nil {
			return Session{}, "", wrap("read session", err)
		}
		switch s.classify(session, userActive, t, now) {
		case retry:
			return session, RefreshRetried, nil
		case young:
			return session, RefreshYoung, nil
		case ended:
			return Session{}, RefreshEnded, endedError(session, now) // whatever it ended of: a compromise is counted once
		case superseded:
			return Session{}, "", ErrRefreshSuperseded
		case fork:
			done, err := s.endCompromised(ctx, client, session, now)
			if err != nil {
				return Session{}, "", err
			}
			if done {
				return Session{}, RefreshCompromised, EndedAsCompromised.err()
			}
		case changed:
		}
	}
	return Session{}, "", fmt.Errorf("session changed %d times in a row: %w", maxConfirmTries, ErrUnavailable)
}

// classify is step 3: why the row did not confirm the token.
func (s *Service) classify(session Session, userActive bool, t token.Refresh, now time.Time) outcome {
	own, parent := TokenID(t.ID), TokenID(t.Parent)
	sinceConfirmed := now.Sub(session.ConfirmedAt)
	switch {
	case !session.Live(now) || !userActive:
		return ended
	case session.Parent == own:
		if window := s.policy.RefreshRetryWindow; window > 0 && sinceConfirmed > window {
			return fork
		}
		return retry
	case session.Parent == parent:
		if now.Sub(t.BornAt) < s.policy.RefreshMinAge {
			return young
		}
		return changed
	case session.Previous != TokenID{} && (session.Previous == own || session.Previous == parent) && sinceConfirmed < s.policy.RefreshSuperseded:
		return superseded
	default:
		return fork
	}
}

// endedError tells the holder of a genuine token why its session is over.
func endedError(session Session, now time.Time) error {
	if reason := session.WhyOver(now); reason != "" {
		return reason.err()
	}
	return EndedByDisable.err()
}

// lostError tells the holder of a genuine token why there is no session: it went with its user, or was pruned long ago.
func (s *Service) lostError(ctx context.Context, id UserID) error {
	err := s.goneError(ctx, id)
	if errors.Is(err, ErrUserGone) {
		return EndedByDelete.err()
	}
	return err
}

// endCompromised is step 3f: it ends this session and no other, durably, before anybody is told. False: the row moved meanwhile.
func (s *Service) endCompromised(ctx context.Context, client Client, session Session, now time.Time) (bool, error) {
	end := SessionEnd{ID: session.ID, Reason: EndedAsCompromised, At: now, Parent: session.Parent}
	// The thief may hang up while we write: the end must not depend on his patience.
	ctx = context.WithoutCancel(ctx)
	mails, err := s.compromisedMails(ctx, session, client, now)
	if err != nil {
		return false, err
	}
	done, err := s.endSession(ctx, end, Event{
		Kind: EventSessionCompromised, At: now, UserID: session.UserID, SessionID: session.ID, Detail: string(EndedAsCompromised), Client: client,
	}, mails...)
	if done {
		s.log.WarnContext(ctx, "session ended: two holders of its refresh tokens", "session_id", session.ID.String(), "user_id", string(session.UserID))
	}
	return done, err
}

// compromisedMails words the notice to the owner of a session that had two holders.
func (s *Service) compromisedMails(ctx context.Context, session Session, client Client, now time.Time) ([]OutboxMail, error) {
	if s.mailer == nil {
		return nil, nil
	}
	user, err := s.store.User(ctx, session.UserID)
	if err != nil || user.Email == "" {
		return nil, wrap("read owner", err)
	}
	return s.mail(MailSessionCompromised, user, client, now)
}

// endSession ends a session in the store and for this process's access tokens.
func (s *Service) endSession(ctx context.Context, end SessionEnd, event Event, mails ...OutboxMail) (bool, error) {
	done, err := s.store.EndSession(ctx, end, event, mails...)
	if err != nil {
		return false, wrap("end session", err)
	}
	if done {
		s.wakeMailer(mails)
		s.revocations.add(end.At, Revocation{Kind: RevokedSession, Subject: end.ID.String(), NotBefore: end.At, Reason: string(end.Reason)})
	}
	return done, nil
}

func wrap(operation string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", operation, err)
}
