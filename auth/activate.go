package auth

import (
	"context"
	"errors"

	"github.com/cartouche-auth/cartouche/secret"
)

// Activate proves the address of an account that waits for that, and lets its user sign in. An account that an operator disabled is not activated: its
// tokens died with it. Errors: ErrUnknownUID, ErrOneTimeToken, ErrUnavailable.
func (s *Service) Activate(ctx context.Context, client Client, uid string, token secret.Text) (User, error) {
	user, use, err := s.useOneTimeToken(ctx, PurposeActivation, uid, token)
	if err != nil {
		return User{}, err
	}
	now := s.now()
	yes, no := true, false
	change := AccountChange{UserID: user.ID, At: now, Use: use, IsActive: &yes, AwaitsActivation: &no, VerifiedAt: now}
	var mails []OutboxMail
	if s.accounts.SendConfirmation {
		if mails, err = s.mail(MailConfirmation, user, client, now); err != nil {
			return User{}, err
		}
	}
	user, err = s.store.ChangeAccount(ctx, change, Event{Kind: EventUserActivated, At: now, UserID: user.ID, Client: client}, mails...)
	if err != nil {
		return User{}, badToken(err)
	}
	s.wakeMailer(mails)
	return user, nil
}

// unknownUID and badToken tell who follows a link no more than that it does not work.
func unknownUID(err error) error {
	if errors.Is(err, ErrNotFound) {
		return ErrUnknownUID
	}
	return wrap("find user of link", err)
}

func badToken(err error) error {
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrOneTimeToken) {
		return ErrOneTimeToken
	}
	return wrap("use one-time token", err)
}
