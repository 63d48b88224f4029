package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/cartouche-auth/cartouche/password"
	"github.com/cartouche-auth/cartouche/ratelimit"
	"github.com/cartouche-auth/cartouche/secret"
)

// NewUser is what a registration brings.
type NewUser struct {
	Username, Email, FirstName, LastName string
	Password                             secret.Text // empty: the account has no password (operators only)
	IsStaff, IsSuperuser                 bool        // operators only
	mustActivate, welcome, quiet         bool
	by                                   Actor // empty: an operator
}

// Register makes an account for a stranger. Whatever n says of rights is ignored. Where people sign in by address and have to prove it first, an address that has an
// account is answered like a free one, after the same work, and its owner gets a mail: nobody learns who has an account (enumeration). The
// answered user has no ID then if ids are counted. Errors: *InputError with every field that is wrong, *LimitError, password.ErrBusy, ErrUnavailable.
func (s *Service) Register(ctx context.Context, client Client, n NewUser) (User, error) {
	n = s.stranger(n)
	if err := s.takeRegistration(ctx, client); err != nil {
		return User{}, err
	}
	if n.Password.Empty() {
		return User{}, inputError("password", FieldRequired, 0)
	}
	user, err := s.CreateUser(ctx, client, n)
	if n.quiet && s.userIDs == UserIDsInteger {
		user.ID = "" // a count with gaps would tell which addresses were taken
	}
	return user, err
}

// CheckRegistration tells what Register would refuse, and makes no account. It counts like a registration. Errors: those of Register.
func (s *Service) CheckRegistration(ctx context.Context, client Client, n NewUser) error {
	if err := s.takeRegistration(ctx, client); err != nil {
		return err
	}
	return s.checkNewUser(ctx, s.normalized(s.stranger(n)))
}

// stranger is what a stranger may say of himself, and what becomes of his account.
func (s *Service) stranger(n NewUser) NewUser {
	n.IsStaff, n.IsSuperuser, n.by = false, false, ActorUser
	n.mustActivate = s.accounts.SendActivation
	n.welcome = s.accounts.SendConfirmation && n.Email != ""
	n.quiet = n.mustActivate && s.loginBy == LoginByEmail
	return n
}

func (s *Service) takeRegistration(ctx context.Context, client Client) error {
	now := s.now()
	err := s.limits.Take(ctx, now, ratelimit.Of("logins", client.bucket(), s.policy.Limits.LoginsPerAddress))
	return s.noteRefusal(ctx, Event{At: now, Client: client}, err)
}

func (s *Service) normalized(n NewUser) NewUser {
	n.Username, n.Email = NormalizeUsername(n.Username), NormalizeEmail(n.Email)
	if s.loginBy == LoginByEmail && n.Username == "" {
		n.Username = EmailKey(n.Email) // the username is unique, so addresses are too
	}
	return n
}

// CreateUser makes an account. Errors: *InputError with every field that is wrong, password.ErrBusy, ErrUnavailable.
func (s *Service) CreateUser(ctx context.Context, client Client, n NewUser) (User, error) {
	n = s.normalized(n)
	if err := s.checkNewUser(ctx, n); err != nil {
		return User{}, err
	}
	user, err := s.newUser(ctx, n)
	if err != nil {
		return User{}, err
	}
	if n.quiet {
		if taken, err := s.taken(ctx, n); taken || err != nil {
			return s.turnAway(ctx, client, user, err)
		}
	}
	mails, err := s.welcomeMails(n, user, client, user.DateJoined)
	if err != nil {
		return User{}, err
	}
	event := Event{Kind: EventUserCreated, Actor: n.by, At: user.DateJoined, UserID: user.ID, Detail: rights(user), Client: client}
	created, err := s.store.CreateUser(ctx, user, event, mails...)
	switch {
	case errors.Is(err, ErrUsernameTaken) && n.quiet:
		return s.turnAway(ctx, client, user, nil)
	case errors.Is(err, ErrUsernameTaken):
		return User{}, s.takenError()
	case err == nil:
		s.wakeMailer(mails)
	}
	return created, wrap("create user", err)
}

// rights is what the audit trail says of a new user's rights.
func rights(user User) string {
	switch {
	case user.IsSuperuser:
		return "superuser"
	case user.IsStaff:
		return "staff"
	}
	return ""
}

// newUser is the user that a registration makes, with the password hashed.
func (s *Service) newUser(ctx context.Context, n NewUser) (User, error) {
	hash, err := s.hashNew(ctx, n.Password)
	if err != nil {
		return User{}, err
	}
	user := User{
		Username: n.Username, Email: n.Email, FirstName: n.FirstName, LastName: n.LastName, PasswordHash: hash,
		IsActive: !n.mustActivate, AwaitsActivation: n.mustActivate, IsStaff: n.IsStaff, IsSuperuser: n.IsSuperuser, DateJoined: s.now(),
	}
	if s.userIDs == UserIDsUUID {
		id, err := uuid.NewV7()
		if err != nil {
			return User{}, fmt.Errorf("make user id: %w", err)
		}
		user.ID = UserID(id.String())
	}
	return user, nil
}

// turnAway answers who registers a taken address as if he had got the account, and tells the owner.
func (s *Service) turnAway(ctx context.Context, client Client, user User, err error) (User, error) {
	if err != nil {
		return User{}, err
	}
	owner, err := s.ownerOf(ctx, user)
	if err != nil {
		return User{}, err
	}
	now, subject := user.DateJoined, subjectOf(user.Email)
	err = s.limits.Take(ctx, now, ratelimit.Of("mails-account", subject, s.policy.Limits.MailsPerAccount))
	if _, limited := errors.AsType[*LimitError](err); limited {
		owner, err = User{ID: UserID("nobody:" + subject)}, nil // he has been told often enough; a decoy keeps the work equal
	}
	if err != nil {
		return User{}, err
	}
	mails, err := s.attemptMail(owner, client, now)
	if err != nil || len(mails) == 0 {
		return user, err
	}
	if err := s.store.QueueMail(ctx, mails[0], Event{Kind: EventRegistrationAttempt, At: now, UserID: owner.ID, Client: client}); err != nil {
		return User{}, wrap("queue mail", err)
	}
	s.wakeMailer(mails)
	return user, nil
}

// attemptMail tells the owner. Where nobody has proved the address yet, the owner is who can: he gets a new link, for he may never have had one that
// lives, and a notice that there is an account would help nobody to it. The account stays that of the first registration, with its password.
func (s *Service) attemptMail(owner User, client Client, now time.Time) ([]OutboxMail, error) {
	if owner.AwaitsActivation {
		return s.mailToken(MailActivation, PurposeActivation, owner, client, now)
	}
	return s.mail(MailRegistrationAttempt, owner, client, now)
}

// ownerOf finds who has the address, or the username that is made of it.
func (s *Service) ownerOf(ctx context.Context, user User) (User, error) {
	users, err := s.store.UsersByEmail(ctx, EmailKey(user.Email))
	if err != nil || len(users) > 0 {
		return append(users, User{})[0], wrap("find user", err)
	}
	owner, err := s.store.UserByUsername(ctx, user.Username)
	return owner, wrap("find user", err)
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

// checkNewUser reports what is wrong with a registration as Django REST framework does: every field first, and the password when the rest is good.
func (s *Service) checkNewUser(ctx context.Context, n NewUser) error {
	e := InputError{Fields: s.checkProfile(n)}
	named := slices.ContainsFunc(e.Fields, func(f FieldError) bool { return f.Field == string(s.loginBy) })
	if !n.quiet && !named {
		taken, err := s.taken(ctx, n)
		if err != nil {
			return err
		}
		if taken {
			e.Fields = append(e.Fields, FieldError{Field: string(s.loginBy), Code: s.takenCode()})
		}
	}
	if len(e.Fields) == 0 && !n.Password.Empty() {
		e.Fields = s.checkNewPassword("password", n.Password, User{Username: n.Username, Email: n.Email, FirstName: n.FirstName, LastName: n.LastName})
	}
	if len(e.Fields) > 0 {
		return &e
	}
	return nil
}

func (s *Service) checkProfile(n NewUser) []FieldError {
	var faults []FieldError
	add := func(bad bool, field string, code FieldCode, limit int) {
		if bad {
			faults = append(faults, FieldError{Field: field, Code: code, Limit: limit})
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
	return faults
}

// checkNewPassword is what every new password of a user must satisfy. The zero User is nobody known.
func (s *Service) checkNewPassword(field string, plain secret.Text, of User) []FieldError {
	_, err := password.Normalize(plain.Reveal())
	switch {
	case errors.Is(err, password.ErrTooLong):
		return []FieldError{{Field: field, Code: FieldPasswordTooLong, Limit: password.MaxLength}}
	case err != nil:
		return []FieldError{{Field: field, Code: FieldMalformed}}
	}
	account := password.Account{Username: of.Username, FirstName: of.FirstName, LastName: of.LastName, Email: of.Email}
	if s.loginBy == LoginByEmail {
		account.Username = "" // it is made of the address
	}
	var faults []FieldError
	for _, p := range (password.Validators{MinLength: s.policy.PasswordMinLength}).Check(plain, account) {
		faults = append(faults, FieldError{Field: field, Code: FieldCode(p.Code), Limit: p.Limit, Like: p.Field})
	}
	return faults
}

// taken tells whether somebody has the name, which spares the work of a hash; the store's own condition decides.
func (s *Service) taken(ctx context.Context, n NewUser) (bool, error) {
	_, err := s.store.UserByUsername(ctx, n.Username)
	if err == nil {
		return true, nil
	}
	if !errors.Is(err, ErrNotFound) {
		return false, wrap("find user", err)
	}
	if s.loginBy != LoginByEmail {
		return false, nil
	}
	users, err := s.store.UsersByEmail(ctx, EmailKey(n.Email))
	return len(users) > 0, wrap("find user", err)
}

func (s *Service) takenError() error {
	if s.loginBy == LoginByEmail {
		return inputError("email", FieldEmailTaken, 0)
	}
	return inputError("username", FieldUsernameTaken, 0)
}
