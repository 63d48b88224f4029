package auth

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/cartouche-auth/cartouche/password"
	"github.com/cartouche-auth/cartouche/secret"
)

// NewUser is what a registration brings.
type NewUser struct {
	Username, Email, FirstName, LastName string
	Password                             secret.Text // empty: the account has no password (operators only)
	IsStaff, IsSuperuser                 bool        // operators only
	mustActivate, welcome                bool
}

// Register makes an account for a stranger. Whatever n says of rights is ignored. Errors: *InputError with every field that is wrong, *LimitError, password.ErrBusy, ErrUnavailable.
func (s *Service) Register(ctx context.Context, client Client, n NewUser) (User, error) {
	n.IsStaff, n.IsSuperuser = false, false
	n.mustActivate = s.accounts.SendActivation
	n.welcome = s.accounts.SendConfirmation && n.Email != ""
	if err := s.limits.take(ctx, s.now(), limit{"logins", client.bucket(), s.policy.Limits.LoginsPerAddress}); err != nil {
		return User{}, err
	}
	if n.Password.Empty() {
		return User{}, inputError("password", FieldRequired, 0)
	}
	return s.CreateUser(ctx, client, n)
}

// CreateUser makes an account. Errors: *InputError with every field that is wrong, password.ErrBusy, ErrUnavailable.
func (s *Service) CreateUser(ctx context.Context, client Client, n NewUser) (User, error) {
	n.Username, n.Email = NormalizeUsername(n.Username), NormalizeEmail(n.Email)
	if s.loginBy == LoginByEmail && n.Username == "" {
		n.Username = EmailKey(n.Email) // the username is unique, so addresses are too
	}
	if err := s.checkNewUser(n); err != nil {
		return User{}, err
	}
	if err := s.checkFree(ctx, n); err != nil {
		return User{}, err
	}
	hash, err := s.hashNew(ctx, n.Password)
	if err != nil {
		return User{}, err
	}
	now := s.now()
	user := User{
		Username: n.Username, Email: n.Email, FirstName: n.FirstName, LastName: n.LastName, PasswordHash: hash,
		IsActive: !n.mustActivate, AwaitsActivation: n.mustActivate, IsStaff: n.IsStaff, IsSuperuser: n.IsSuperuser, DateJoined: now,
	}
	if s.userIDs == UserIDsUUID {
		id, err := uuid.NewV7()
		if err != nil {
			return User{}, fmt.Errorf("make user id: %w", err)
		}
		user.ID = UserID(id.String())
	}
	mails, err := s.welcomeMails(n, user, client, now)
	if err != nil {
		return User{}, err
	}
	created, err := s.store.CreateUser(ctx, user, Event{Kind: EventUserCreated, At: now, UserID: user.ID, Client: client}, mails...)
	if errors.Is(err, ErrUsernameTaken) {
		return User{}, s.takenError()
	}
	if err == nil {
		s.wakeMailer(mails)
	}
	return created, wrap("create user", err)
}

// welcomeMails words the mail that a stranger's registration causes.
func (s *Service) welcomeMails(n NewUser, user User, client Client, now time.Time) ([]OutboxMail, error) {
	switch {
	case n.mustActivate:
		return s.mailToken(MailActivation, PurposeActivation, user, client, now)
	case n.welcome:
		return s.mail(MailConfirmation, user, client, now)
	default:
		return nil, nil
	}
}

// hashNew hashes a new password; none is a hash that never matches.
func (s *Service) hashNew(ctx context.Context, plain secret.Text) (string, error) {
	if plain.Empty() {
		return password.Unusable(), nil
	}
	hash, err := s.passwords.Hash(ctx, plain)
	return hash, wrap("hash password", err)
}

func (s *Service) checkNewUser(n NewUser) error {
	var e InputError
	add := func(bad bool, field string, code FieldCode, limit int) {
		if bad {
			e.Fields = append(e.Fields, FieldError{field, code, limit})
		}
	}
	byEmail := s.loginBy == LoginByEmail
	add((byEmail || n.mustActivate) && n.Email == "", "email", FieldRequired, 0)
	add(tooLong(n.Email, maxEmail) || len(n.Email) > maxEmail, "email", FieldTooLong, maxEmail)
	if !byEmail {
		add(n.Username == "", "username", FieldRequired, 0)
		add(n.Username != "" && !validUsername(n.Username), "username", FieldUsernameInvalid, 0)
		add(tooLong(n.Username, maxUsername), "username", FieldTooLong, maxUsername)
	}
	add(tooLong(n.FirstName, maxName), "first_name", FieldTooLong, maxName)
	add(tooLong(n.LastName, maxName), "last_name", FieldTooLong, maxName)
	if !n.Password.Empty() {
		e.Fields = append(e.Fields, s.checkNewPassword("password", n.Password, User{Username: n.Username, Email: n.Email, FirstName: n.FirstName, LastName: n.LastName})...)
	}
	if len(e.Fields) > 0 {
		return &e
	}
	return nil
}

// checkNewPassword is what every new password must satisfy.
func (s *Service) checkNewPassword(field string, plain secret.Text, _ User) []FieldError {
	text, err := password.Normalize(plain.Reveal())
	switch {
	case errors.Is(err, password.ErrTooLong):
		return []FieldError{{field, FieldPasswordTooLong, password.MaxLength}}
	case err != nil:
		return []FieldError{{field, FieldMalformed, 0}}
	case utf8.RuneCountInString(text) < s.policy.PasswordMinLength:
		return []FieldError{{field, FieldPasswordTooShort, s.policy.PasswordMinLength}}
	}
	return nil
}

// checkFree spares the work of a hash when the name is taken; the store's own condition decides.
func (s *Service) checkFree(ctx context.Context, n NewUser) error {
	_, err := s.store.UserByUsername(ctx, n.Username)
	switch {
	case errors.Is(err, ErrNotFound):
	case err != nil:
		return wrap("find user", err)
	default:
		return s.takenError()
	}
	if s.loginBy != LoginByEmail {
		return nil
	}
	users, err := s.store.UsersByEmail(ctx, EmailKey(n.Email))
	if err == nil && len(users) > 0 {
		err = s.takenError()
	}
	return err
}

func (s *Service) takenError() error {
	if s.loginBy == LoginByEmail {
		return inputError("email", FieldEmailTaken, 0)
	}
	return inputError("username", FieldUsernameTaken, 0)
}
