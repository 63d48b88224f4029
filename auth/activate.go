package auth

import (
	"context"
	"errors"

	"github.com/cartouche-auth/cartouche/secret"
)

// Activate proves the address of an account that waits for that, and lets its user sign in. An account that an operator disabled is not activated: its
// tokens died with it. Whoever chose the account's password goes on knowing it; where the policy asks for the password, see ActivateWithPassword.
// Errors: ErrUnknownUID, ErrOneTimeToken, *InputError (field password) where the policy asks for it, ErrUnavailable.
func (s *Service) Activate(ctx context.Context, client Client, uid string, token secret.Text) (User, error) {
	user, use, err := s.useOneTimeToken(ctx, PurposeActivation, uid, token)
	if err != nil {
		return User{}, err
	}
	if s.accounts.ActivationRequiresPassword {
		return User{}, inputError("password", FieldRequired, 0)
	}
	return s.activate(ctx, client, user, use)
}

// ActivateWithPassword is Activate by somebody who also proves the account's password. So neither who has only the mailbox nor who has only the password
// makes an account that both trust: who registers a foreign address does not get it activated by its owner (the pre-hijack). Wrong guesses count like
// failed sign-ins, and leave the link alive. Errors: ErrUnknownUID, ErrOneTimeToken, ErrWrongPassword, *LimitError, password.ErrBusy, ErrUnavailable.
func (s *Service) ActivateWithPassword(ctx context.Context, client Client, uid string, token, plain secret.Text) (User, error) {
	user, use, err := s.useOneTimeToken(ctx, PurposeActivation, uid, token)
	if err != nil {
		return User{}, err
	}
	if err := s.provePassword(ctx, guess{user: user, client: client, vouched: true}, plain); err != nil {
		return User{}, err
	}
	return s.activate(ctx, client, user, use)
}

// ActivateAnew is Activate by somebody who did not choose the account's password: the new one takes its place, and every session of the user ends, so that
// nothing of who registered the address remains. Errors: ErrUnknownUID, ErrOneTimeToken, *InputError (field new_password), password.ErrBusy, ErrUnavailable.
func (s *Service) ActivateAnew(ctx context.Context, client Client, uid string, token, next secret.Text) error {
	return s.passwordByLink(ctx, client, link{PurposeActivation, uid, token}, next)
}

// ActivationRequiresPassword reports whether Activate refuses, and ActivateWithPassword is the way.
func (s *Service) ActivationRequiresPassword() bool { return s.accounts.ActivationRequiresPassword }

func (s *Service) activate(ctx context.Context, client Client, user User, use TokenUse) (User, error) {
	now := s.now()
	yes, no := true, false
	change := AccountChange{UserID: user.ID, At: now, Use: use, IsActive: &yes, AwaitsActivation: &no, VerifiedAt: now}
	var mails []OutboxMail
	if s.accounts.SendConfirmation {
		var err error
		if mails, err = s.mail(MailConfirmation, user, client, now); err != nil {
			return User{}, err
		}
	}
	user, err := s.store.ChangeAccount(ctx, change, Event{Kind: EventUserActivated, At: now, UserID: user.ID, Client: client}, mails...)
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
