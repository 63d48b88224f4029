package auth

import (
	"context"
	"time"

	"github.com/cartouche-auth/cartouche/ratelimit"
)

// ResendActivation mails a new activation link to the account that waits for one at this address. Errors: ErrActivationOff, ErrEmailUnknown (where the
// policy shows that), *LimitError, ErrUnavailable.
func (s *Service) ResendActivation(ctx context.Context, client Client, address string) error {
	if !s.accounts.SendActivation {
		return ErrActivationOff
	}
	return s.requestMail(ctx, client, address, mailRequest{MailActivation, PurposeActivation, func(u User) bool { return u.AwaitsActivation }})
}

// RequestPasswordReset mails a link for choosing a new password to the active account at this address, if it has a password. Errors: those of
// ResendActivation but ErrActivationOff.
func (s *Service) RequestPasswordReset(ctx context.Context, client Client, address string) error {
	return s.requestMail(ctx, client, address, mailRequest{MailPasswordReset, PurposePasswordReset, canReset})
}

// RequestIdentifierReset mails a link for choosing a new login name. Errors: those of RequestPasswordReset.
func (s *Service) RequestIdentifierReset(ctx context.Context, client Client, address string) error {
	return s.requestMail(ctx, client, address, mailRequest{MailIdentifierReset, PurposeIdentifierReset, canReset})
}

func canReset(u User) bool { return u.IsActive && u.hasPassword() }

type mailRequest struct {
	kind    MailKind
	purpose Purpose
	may     func(User) bool
}

// requestMail queues a mail for whoever has an address, and does the same work when nobody has: a decoy goes through the same statements, and the worker
// drops it. So neither the answer nor its time tells who has an account (enumeration). The mail goes to the address that is stored, never to
// the one that was asked for.
func (s *Service) requestMail(ctx context.Context, client Client, address string, request mailRequest) error {
	now := s.now()
	subject := subjectOf(address)
	err := s.limits.Take(ctx, now, ratelimit.Of("mails-account", subject, s.policy.Limits.MailsPerAccount), ratelimit.Of("mails-address", client.bucket(), s.policy.Limits.MailsPerAddress))
	if err != nil {
		return s.noteRefusal(ctx, Event{At: now, Client: client}, err)
	}
	users, err := s.store.UsersByEmail(ctx, EmailKey(address))
	if err != nil {
		return wrap("find user", err)
	}
	user, found := s.recipient(users, subject, request)
	if !found && s.accounts.ShowEmailNotFound {
		return ErrEmailUnknown
	}
	return s.queueRequested(ctx, client, user, request, now)
}

// recipient is the account that the mail is for: of several at one address the oldest that may have it. Nobody is a decoy.
func (s *Service) recipient(users []User, subject string, request mailRequest) (User, bool) {
	for _, u := range users {
		if request.may(u) {
			return u, true
		}
	}
	return User{ID: UserID("nobody:" + subject)}, false
}

func (s *Service) queueRequested(ctx context.Context, client Client, user User, request mailRequest, now time.Time) error {
	mails, err := s.mailToken(request.kind, request.purpose, user, client, now)
	if err != nil || len(mails) == 0 {
		return err
	}
	event := Event{Kind: EventResetRequested, At: now, UserID: user.ID, Detail: string(request.purpose), Client: client}
	if err := s.store.QueueMail(ctx, mails[0], event); err != nil {
		return wrap("queue mail", err)
	}
	s.wakeMailer(mails)
	return nil
}
