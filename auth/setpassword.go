package auth

import (
	"context"
	"fmt"
	"time"

	"github.com/cartouche-auth/cartouche/secret"
)

// SetPassword changes the password of a signed-in user who proves the current one. Every other session of the user ends at once; the
// principal's own goes on. Wrong guesses count like failed sign-ins. Errors: ErrWrongPassword, *InputError (field new_password), *LimitError,
// password.ErrBusy, those of Whoami.
func (s *Service) SetPassword(ctx context.Context, client Client, principal Principal, current, next secret.Text) error {
	for range passwordTries {
		user, err := s.Whoami(ctx, principal)
		if err != nil {
			return err
		}
		if err := s.provePassword(ctx, guess{user: user, client: client, vouched: true}, current); err != nil {
			return err
		}
		done, err := s.changePassword(ctx, client, user, passwordWish{next: next, field: "new_password", keep: principal.SessionID})
		if err != nil || done {
			return err
		}
	}
	return fmt.Errorf("password changed %d times in a row: %w", passwordTries, ErrUnavailable)
}

// passwordTries bounds how often another change of the same hash, such as the silent upgrade by a sign-in, may get in between.
const passwordTries = 3

// provePassword checks the password of a user who is known by other means. It shares the counters of failed sign-ins (the side-door attack).
func (s *Service) provePassword(ctx context.Context, g guess, plain secret.Text) error {
	now := s.now()
	ok, err := s.tryPassword(ctx, now, &g, plain)
	if err != nil {
		return err
	}
	if !ok {
		s.record(ctx, Event{Kind: EventLoginFailed, At: now, UserID: g.user.ID, Detail: "current password", Client: g.client})
		return ErrWrongPassword
	}
	s.succeed(ctx, g)
	return nil
}

// ProvePassword checks the current password of a signed-in user. Wrong guesses count like failed sign-ins. Errors: ErrWrongPassword, *LimitError,
// password.ErrBusy, those of Whoami.
func (s *Service) ProvePassword(ctx context.Context, client Client, principal Principal, current secret.Text) error {
	user, err := s.Whoami(ctx, principal)
	if err != nil {
		return err
	}
	return s.provePassword(ctx, guess{user: user, client: client, vouched: true}, current)
}

// CheckPassword judges a new password of a user, who may be the zero User where nobody knows yet who it is. The error is an *InputError about the field.
func (s *Service) CheckPassword(field string, plain secret.Text, of User) error {
	if problems := s.checkNewPassword(field, plain, of); problems != nil {
		return &InputError{Fields: problems}
	}
	return nil
}

// ResetPassword gives a user a new password on an operator's word; every session of the user ends. Errors: ErrNotFound, *InputError (field password),
// password.ErrBusy, ErrUnavailable.
func (s *Service) ResetPassword(ctx context.Context, client Client, id UserID, next secret.Text) error {
	for range passwordTries {
		user, err := s.store.User(ctx, id)
		if err != nil {
			return err
		}
		done, err := s.changePassword(ctx, client, user, passwordWish{next: next, field: "password", by: ActorOperator})
		if err != nil || done {
			return err
		}
	}
	return fmt.Errorf("password changed %d times in a row: %w", passwordTries, ErrUnavailable)
}

// passwordWish is a new password, and what goes with it.
type passwordWish struct {
	next  secret.Text
	field string    // where the input came from
	keep  SessionID // this session goes on
	use   TokenUse
	by    Actor // empty: the user
	// activates says that the account waits for the proof of its address, and that this is it.
	activates bool
}

// changePassword replaces the password of the user as he was read. False: the hash has changed since, and nothing was done.
func (s *Service) changePassword(ctx context.Context, client Client, user User, wish passwordWish) (bool, error) {
	if problems := s.checkNewPassword(wish.field, wish.next, user); problems != nil {
		return false, &InputError{Fields: problems}
	}
	hash, err := s.passwords.Hash(ctx, wish.next)
	if err != nil {
		return false, wrap("hash password", err)
	}
	now := s.now()
	kind, mails, err := s.passwordNews(user, wish, client, now)
	if err != nil {
		return false, err
	}
	change := PasswordChange{UserID: user.ID, OldHash: user.PasswordHash, NewHash: hash, At: now, Keep: wish.keep, Use: wish.use, Activates: wish.activates}
	done, err := s.store.SetPassword(ctx, change, Event{Kind: kind, Actor: wish.by, At: now, UserID: user.ID, SessionID: wish.keep, Client: client}, mails...)
	if err != nil || !done {
		return false, wrap("set password", err)
	}
	s.wakeMailer(mails)
	s.forgetFailures(ctx, guess{user: user, client: client}) // what was guessed before was the old password
	return true, s.pollRevocations(ctx)
}

// passwordNews is the event of a new password, and the mail about it.
func (s *Service) passwordNews(user User, wish passwordWish, client Client, now time.Time) (EventKind, []OutboxMail, error) {
	event, mail, wanted := EventPasswordChanged, MailPasswordChanged, s.accounts.NotifyPasswordChange
	if wish.use != (TokenUse{}) {
		event = EventPasswordReset
	}
	if wish.activates {
		event, mail, wanted = EventActivatedAnew, MailConfirmation, s.accounts.SendConfirmation
	}
	if !wanted || user.Email == "" {
		return event, nil, nil
	}
	mails, err := s.mail(mail, user, client, now)
	return event, mails, err
}
