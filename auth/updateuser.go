package auth

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/cartouche-auth/cartouche/secret"
)

// UserUpdate is what may be changed in a profile. A nil field stays as it is.
type UserUpdate struct{ Username, Email, FirstName, LastName *string }

// UserFor finds a user for whoever asks: staff finds everybody, others themselves. Everybody else does not exist for them (ErrNotFound) or, where the
// policy shows users, is not theirs to look at (ErrForbidden). Errors: those, and those of Whoami.
func (s *Service) UserFor(ctx context.Context, principal Principal, id UserID) (User, error) {
	me, err := s.Whoami(ctx, principal)
	switch {
	case err != nil:
		return User{}, err
	case me.ID == id:
		return me, nil
	case me.IsStaff:
		return s.store.User(ctx, id)
	case !s.accounts.ShowUsers:
		return User{}, ErrNotFound
	}
	if _, err := s.store.User(ctx, id); err != nil {
		return User{}, err
	}
	return User{}, ErrForbidden // the list shows everybody; djoser keeps the detail to oneself and staff
}

// UsersFor lists users for whoever asks: staff sees everybody, others themselves, unless the policy shows users. Errors: those of Whoami.
func (s *Service) UsersFor(ctx context.Context, principal Principal, query UserQuery) ([]User, error) {
	me, err := s.Whoami(ctx, principal)
	if err != nil {
		return nil, err
	}
	if !me.IsStaff && !s.accounts.ShowUsers {
		return []User{me}, nil
	}
	return s.store.Users(ctx, query)
}

// UpdateUser changes a profile: one's own, or as staff anybody's. With activation a changed address has to be proved again, and until then the
// account is inactive. Errors: ErrNotFound, ErrForbidden, *InputError, those of Whoami.
func (s *Service) UpdateUser(ctx context.Context, client Client, principal Principal, id UserID, update UserUpdate) (User, error) {
	user, err := s.UserToChange(ctx, principal, id)
	if err != nil {
		return User{}, err
	}
	change, err := s.updateChange(user, update)
	if err != nil {
		return User{}, err
	}
	change.At = s.now()
	mails, err := s.updateMails(user, &change, client)
	if err != nil {
		return User{}, err
	}
	event := Event{
		Kind: EventUserUpdated, Actor: actorOf(user.ID, principal.UserID), At: change.At, UserID: user.ID, SessionID: principal.SessionID,
		Detail: change.fields(), Client: client,
	}
	updated, err := s.store.ChangeAccount(ctx, change, event, mails...)
	switch {
	case errors.Is(err, ErrUsernameTaken):
		return User{}, s.takenError()
	case err != nil:
		return User{}, wrap("update user", err)
	}
	s.wakeMailer(mails)
	return updated, s.pollRevocations(ctx)
}

// UserToChange finds a user whom the principal may change or delete: himself, or as staff anybody. Errors: ErrNotFound, ErrForbidden, those of Whoami.
func (s *Service) UserToChange(ctx context.Context, principal Principal, id UserID) (User, error) {
	me, err := s.Whoami(ctx, principal)
	switch {
	case err != nil:
		return User{}, err
	case me.ID == id:
		return me, nil
	case me.IsStaff:
		return s.store.User(ctx, id)
	case s.accounts.ShowUsers:
		if _, err := s.store.User(ctx, id); err != nil {
			return User{}, err
		}
		return User{}, ErrForbidden
	default:
		return User{}, ErrNotFound
	}
}

// updateChange checks an update. A field that would not change is left out.
func (s *Service) updateChange(user User, update UserUpdate) (AccountChange, error) {
	change := AccountChange{UserID: user.ID}
	var e InputError
	add := func(bad bool, field string, code FieldCode, limit int) {
		if bad {
			e.Fields = append(e.Fields, FieldError{Field: field, Code: code, Limit: limit})
		}
	}
	if update.Email != nil && *update.Email != user.Email {
		email := NormalizeEmail(*update.Email)
		change.Email = &email
		code, bad := emailFault(email)
		add(bad && (email != "" || s.loginBy == LoginByEmail || s.accounts.SendActivation), "email", code, maxEmail)
		if s.loginBy == LoginByEmail {
			key := EmailKey(email)
			change.Username = &key
		}
	}
	if update.Username != nil && *update.Username != user.Username && s.loginBy != LoginByEmail {
		name := NormalizeUsername(*update.Username)
		change.Username = &name
		code, limit, bad := usernameFault(name)
		add(bad, "username", code, limit)
	}
	change.FirstName, change.LastName = update.FirstName, update.LastName
	add(update.FirstName != nil && tooLong(*update.FirstName, maxName), "first_name", FieldTooLong, maxName)
	add(update.LastName != nil && tooLong(*update.LastName, maxName), "last_name", FieldTooLong, maxName)
	if len(e.Fields) > 0 {
		return change, &e
	}
	return change, nil
}

// fields are the names of the fields that change, for the audit trail, which does not keep what they hold.
func (c AccountChange) fields() string {
	var names []string
	for _, f := range []struct {
		name    string
		changes bool
	}{
		{"username", c.Username != nil},
		{"email", c.Email != nil},
		{"first_name", c.FirstName != nil},
		{"last_name", c.LastName != nil},
	} {
		if f.changes {
			names = append(names, f.name)
		}
	}
	return strings.Join(names, " ")
}

// updateMails words what a changed address causes: a notice to the old one, and with activation a link to the new one, until which the account sleeps.
func (s *Service) updateMails(user User, change *AccountChange, client Client) ([]OutboxMail, error) {
	if change.Email == nil {
		return nil, nil
	}
	mails, err := s.noticeOfAddress(user, client, change.At)
	if err != nil || !s.accounts.SendActivation || s.mailer == nil {
		return mails, err
	}
	yes, no := true, false
	change.IsActive, change.AwaitsActivation, change.EndSessions = &no, &yes, EndedByDisable
	renamed := user
	renamed.Email = *change.Email
	link, err := s.mailToken(MailActivation, PurposeActivation, renamed, client, change.At)
	return append(mails, link...), err
}

// noticeOfAddress tells the old address that it is not the account's any more.
func (s *Service) noticeOfAddress(user User, client Client, now time.Time) ([]OutboxMail, error) {
	if user.Email == "" {
		return nil, nil
	}
	return s.mail(MailAddressChanged, user, client, now)
}

// identifierMails words what a changed login name causes.
func (s *Service) identifierMails(user User, change AccountChange, client Client, now time.Time) ([]OutboxMail, error) {
	if change.Email != nil {
		return s.noticeOfAddress(user, client, now)
	}
	if !s.accounts.NotifyIdentifierChange || user.Email == "" {
		return nil, nil
	}
	return s.mail(MailIdentifierChanged, user, client, now)
}

// DeleteUser deletes an account for good: one's own, or as staff anybody's. Whoever asks proves his own password. Errors: ErrNotFound, ErrForbidden,
// ErrWrongPassword, *LimitError, password.ErrBusy, those of Whoami.
func (s *Service) DeleteUser(ctx context.Context, client Client, principal Principal, id UserID, current secret.Text) error {
	me, err := s.Whoami(ctx, principal)
	if err != nil {
		return err
	}
	user, err := s.UserToChange(ctx, principal, id)
	if err != nil {
		return err
	}
	if err := s.provePassword(ctx, guess{user: me, client: client, vouched: true}, current); err != nil {
		return err
	}
	now := s.now()
	event := Event{Kind: EventUserDeleted, Actor: actorOf(user.ID, me.ID), At: now, UserID: user.ID, Client: client}
	if err := s.store.DeleteUser(ctx, user.ID, now, event); err != nil {
		return wrap("delete user", err)
	}
	s.revocations.add(now, Revocation{Kind: RevokedUser, Subject: string(user.ID), NotBefore: now, Reason: string(EndedByDelete)})
	return nil
}
