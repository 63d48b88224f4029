package auth

import (
	"context"
	"unicode/utf8"
)

// Sessions lists the live sessions of the principal's user, the last active first. Errors: those of Whoami.
func (s *Service) Sessions(ctx context.Context, principal Principal) ([]Session, error) {
	if _, err := s.Whoami(ctx, principal); err != nil {
		return nil, err
	}
	return s.store.Sessions(ctx, principal.UserID, s.now())
}

// CurrentSession answers the session of the principal, and the user. Errors: those of Whoami.
func (s *Service) CurrentSession(ctx context.Context, principal Principal) (Session, User, error) {
	return s.whoami(ctx, principal)
}

// maxLabel is how many code points the name of a device may have.
const maxLabel = 100

// LabelSession names one of the principal's own live sessions. A foreign session is ErrNotFound, like one that does not exist. Errors: *InputError (field
// label), ErrNotFound, those of Whoami.
func (s *Service) LabelSession(ctx context.Context, client Client, principal Principal, id SessionID, label string) error {
	if _, err := s.Whoami(ctx, principal); err != nil {
		return err
	}
	if utf8.RuneCountInString(label) > maxLabel {
		return inputError("label", FieldTooLong, maxLabel)
	}
	event := Event{Kind: EventSessionNamed, At: s.now(), UserID: principal.UserID, SessionID: id, Client: client}
	return s.store.LabelSession(ctx, principal.UserID, id, label, event)
}

// EndSession ends one of the principal's own sessions. A foreign session is ErrNotFound, like one that does not exist or has ended.
func (s *Service) EndSession(ctx context.Context, client Client, principal Principal, id SessionID) error {
	user, err := s.Whoami(ctx, principal)
	if err != nil {
		return err
	}
	session, _, err := s.store.Session(ctx, id)
	if err != nil {
		return err
	}
	if session.UserID != principal.UserID {
		return ErrNotFound
	}
	var mails []OutboxMail
	if id != principal.SessionID {
		if mails, err = s.endedMails(ctx, user, session, EndedByUser); err != nil {
			return err
		}
	}
	return s.endFor(ctx, client, session, EndedByUser, mails...)
}

// EndSessions ends the principal's sessions: all, or all but the one that asks. It answers how many it ended.
func (s *Service) EndSessions(ctx context.Context, client Client, principal Principal, keepThis bool) (int, error) {
	user, err := s.Whoami(ctx, principal)
	if err != nil {
		return 0, err
	}
	keep := SessionID{}
	if keepThis {
		keep = principal.SessionID
	}
	return s.endAll(ctx, client, user, keep, EndedByUser)
}

// RevokeSession ends any session on an operator's word. ErrNotFound when it is unknown or has ended.
func (s *Service) RevokeSession(ctx context.Context, client Client, id SessionID) error {
	session, user, err := s.store.SessionUser(ctx, id)
	if err != nil {
		return err
	}
	mails, err := s.endedMails(ctx, user, session, EndedByOperator)
	if err != nil {
		return err
	}
	return s.endFor(ctx, client, session, EndedByOperator, mails...)
}

// RevokeSessions ends every session of a user on an operator's word and answers how many it ended.
func (s *Service) RevokeSessions(ctx context.Context, client Client, id UserID) (int, error) {
	user, err := s.store.User(ctx, id)
	if err != nil {
		return 0, err
	}
	return s.endAll(ctx, client, user, SessionID{}, EndedByOperator)
}

// endedMails words the notice to whoever is signed out by somebody else, or by himself from elsewhere. The zero Session stands for several.
func (s *Service) endedMails(ctx context.Context, user User, session Session, reason EndReason) ([]OutboxMail, error) {
	if s.mailer == nil || !s.accounts.NotifySessionEnded || user.Email == "" {
		return nil, nil
	}
	m := sealedMail{Kind: MailSessionEnded, To: user.Email, Address: session.Address, Agent: session.UserAgent, Reason: reason}
	return s.boundedMail(ctx, m, user, s.now())
}

// RevokeEverything signs everybody out, everywhere, at once: for the day on which a copy of the database or of the master key was stolen. It answers how many
// sessions it ended.
func (s *Service) RevokeEverything(ctx context.Context, client Client) (int, error) {
	now := s.now()
	event := Event{Kind: EventEverythingEnded, At: now, Detail: string(EndedByOperator), Client: client}
	n, err := s.store.EndEverything(ctx, SessionEnd{Reason: EndedByOperator, At: now}, event)
	if err != nil {
		return 0, wrap("end everything", err)
	}
	s.revocations.add(now, Revocation{Kind: RevokedEverything, NotBefore: now, Reason: string(EndedByOperator)})
	return n, nil
}

// actor is who ends a session for that reason, where it is not the user.
func (r EndReason) actor() Actor {
	if r == EndedByOperator {
		return ActorOperator
	}
	return ""
}

func (s *Service) endFor(ctx context.Context, client Client, session Session, reason EndReason, mails ...OutboxMail) error {
	now := s.now()
	event := Event{Kind: EventSessionEnded, Actor: reason.actor(), At: now, UserID: session.UserID, SessionID: session.ID, Detail: string(reason), Client: client}
	done, err := s.endSession(ctx, SessionEnd{ID: session.ID, Reason: reason, At: now}, event, mails...)
	if err != nil {
		return err
	}
	if !done {
		return ErrNotFound
	}
	return nil
}

func (s *Service) endAll(ctx context.Context, client Client, user User, keep SessionID, reason EndReason) (int, error) {
	now := s.now()
	mails, err := s.endedMails(ctx, user, Session{}, reason)
	if err != nil {
		return 0, err
	}
	event := Event{Kind: EventSessionsEnded, Actor: reason.actor(), At: now, UserID: user.ID, SessionID: keep, Detail: string(reason), Client: client}
	n, err := s.store.EndSessions(ctx, user.ID, keep, SessionEnd{Reason: reason, At: now}, event, mails...)
	if err != nil {
		return 0, wrap("end sessions", err)
	}
	s.wakeMailer(mails)
	return n, s.pollRevocations(ctx)
}

// SessionsOf lists the live sessions of any user, for operators.
func (s *Service) SessionsOf(ctx context.Context, user UserID) ([]Session, error) {
	if _, err := s.store.User(ctx, user); err != nil {
		return nil, err
	}
	return s.store.Sessions(ctx, user, s.now())
}

// Explanation answers why a session is as it is.
type Explanation struct {
	Session    Session
	Live       bool
	UserActive bool
	// Reason says why it is over; empty: it is not, though its user may be disabled.
	Reason EndReason
	Events []Event
}

// WhySession explains a session, living or ended, for as long as Policy.SessionRetention keeps it. ErrNotFound when nothing is known of it.
func (s *Service) WhySession(ctx context.Context, id SessionID) (Explanation, error) {
	now := s.now()
	events, err := s.store.Events(ctx, EventQuery{SessionID: id})
	if err != nil {
		return Explanation{}, err
	}
	session, active, err := s.store.Session(ctx, id)
	if err != nil {
		return Explanation{}, err
	}
	return Explanation{Session: session, Live: session.Live(now) && active, UserActive: active, Reason: session.WhyOver(now), Events: events}, nil
}
