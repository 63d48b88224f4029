package auth

import (
	"context"
	"errors"
	"net/mail"

	"github.com/cartouche-auth/cartouche/secret"
)

// SetIdentifier changes the field by which a signed-in user signs in, who proves the current password. Sessions go on. Errors: ErrWrongPassword,
// *InputError (field new_username or new_email), *LimitError, password.ErrBusy, those of Whoami.
func (s *Service) SetIdentifier(ctx context.Context, client Client, principal Principal, current secret.Text, next string) error {
	user, err := s.Whoami(ctx, principal)
	if err != nil {
		return err
	}
	if err := s.provePassword(ctx, guess{user: user, client: client, vouched: true}, current); err != nil {
		return err
	}
	return s.changeIdentifier(ctx, client, user, next, TokenUse{})
}

// CheckIdentifier judges a new login name of a signed-in user, and changes nothing. Errors: *InputError, those of Whoami.
func (s *Service) CheckIdentifier(ctx context.Context, principal Principal, next string) error {
	user, err := s.Whoami(ctx, principal)
	if err != nil {
		return err
	}
	_, err = s.identifierChange(ctx, user, next)
	return err
}

// ConfirmIdentifierReset gives the account of a mailed link another login name. Errors: ErrUnknownUID, ErrOneTimeToken, *InputError, ErrUnavailable.
func (s *Service) ConfirmIdentifierReset(ctx context.Context, client Client, uid string, token secret.Text, next string) error {
	user, use, err := s.useOneTimeToken(ctx, PurposeIdentifierReset, uid, token)
	if err != nil {
		return err
	}
	return s.changeIdentifier(ctx, client, user, next, use)
}

func (s *Service) changeIdentifier(ctx context.Context, client Client, user User, next string, use TokenUse) error {
	now := s.now()
	change, err := s.identifierChange(ctx, user, next)
	if err != nil {
		return err
	}
	change.At, change.Use = now, use
	mails, err := s.identifierMails(user, change, client, now)
	if err != nil {
		return err
	}
	_, err = s.store.ChangeAccount(ctx, change, Event{Kind: EventIdentifierChanged, At: now, UserID: user.ID, Detail: change.fields(), Client: client}, mails...)
	switch {
	case errors.Is(err, ErrUsernameTaken):
		return inputError("new_"+string(s.loginBy), s.takenCode(), 0)
	case err != nil:
		return badToken(err)
	}
	s.wakeMailer(mails)
	return s.pollRevocations(ctx)
}

// identifierChange checks a new login name: also one's own is taken, as the Django peers have it.
func (s *Service) identifierChange(ctx context.Context, user User, next string) (AccountChange, error) {
	change := AccountChange{UserID: user.ID}
	field := "new_" + string(s.loginBy)
	if s.loginBy == LoginByEmail {
		next = NormalizeEmail(next)
		key := EmailKey(next)
		change.Email, change.Username = &next, &key
		if code, ok := emailFault(next); ok {
			return change, inputError(field, code, maxEmail)
		}
	} else {
		next = NormalizeUsername(next)
		change.Username = &next
		if code, limit, ok := usernameFault(next); ok {
			return change, inputError(field, code, limit)
		}
	}
	_, err := s.store.UserByUsername(ctx, *change.Username)
	switch {
	case errors.Is(err, ErrNotFound):
		return change, nil
	case err != nil:
		return change, wrap("find user", err)
	default:
		return change, inputError(field, s.takenCode(), 0)
	}
}

func (s *Service) takenCode() FieldCode {
	if s.loginBy == LoginByEmail {
		return FieldEmailTaken
	}
	return FieldUsernameTaken
}

// usernameFault says what is wrong with a username.
func usernameFault(name string) (code FieldCode, limit int, bad bool) {
	switch {
	case name == "":
		return FieldBlank, 0, true
	case tooLong(name, maxUsername):
		return FieldTooLong, maxUsername, true
	case !validUsername(name):
		return FieldUsernameInvalid, 0, true
	}
	return "", 0, false
}

// emailFault says what is wrong with an address. It takes one plain address and nothing around it, since net/mail also reads names, comments and lists.
func emailFault(address string) (code FieldCode, bad bool) {
	if address == "" {
		return FieldBlank, true
	}
	if len(address) > maxEmail {
		return FieldTooLong, true
	}
	if parsed, err := mail.ParseAddress(address); err != nil || parsed.Address != address || parsed.Name != "" {
		return FieldEmailInvalid, true
	}
	return "", false
}
