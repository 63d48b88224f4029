package auth

import (
	"errors"
	"fmt"
	"strings"
)

// Errors that callers ask for with [errors.Is]. The HTTP status of each is known only to package httpapi.
var (
	// ErrNotFound reports that no such user, session or key exists.
	ErrNotFound = errors.New("not found")
	// ErrBadCredentials reports a sign-in that is refused: unknown user, wrong password or disabled account. It never says which.
	ErrBadCredentials = errors.New("no active account with the given credentials")
	// ErrLoginInactive is the ErrBadCredentials of a disabled account whose password was right. Only who proved the password may be told.
	ErrLoginInactive = fmt.Errorf("account is disabled: %w", ErrBadCredentials)
	// ErrLoginNotActivated is the ErrLoginInactive of an account that waits for its activation.
	ErrLoginNotActivated = fmt.Errorf("account is not activated: %w", ErrLoginInactive)
	// ErrWrongPassword reports that the current password, asked of a signed-in user, is wrong.
	ErrWrongPassword = errors.New("wrong password")
	// ErrUserInactive reports a valid token of a user who has been disabled.
	ErrUserInactive = errors.New("user is inactive")
	// ErrUserGone reports a valid token of a user who does not exist any more.
	ErrUserGone = errors.New("user not found")
	// ErrTokenInvalid reports a token that was never ours, or was altered.
	ErrTokenInvalid = errors.New("token is invalid")
	// ErrTokenExpired reports a genuine token whose time is over.
	ErrTokenExpired = errors.New("token is expired")
	// ErrTokenType reports a genuine token of another kind than the one asked for.
	ErrTokenType = errors.New("token has wrong type")
	// ErrSessionEnded reports a genuine token of a session that was signed out, revoked or has run out.
	ErrSessionEnded = errors.New("session has ended")
	// ErrSessionCompromised reports that a second holder of a session's tokens was seen, and the session ended for both.
	ErrSessionCompromised = errors.New("session is compromised")
	// ErrRefreshSuperseded reports a refresh token that was overtaken on its way by its own successor. Nothing was changed and
	// nobody is signed out: the newest token of the session goes on working.
	ErrRefreshSuperseded = errors.New("refresh token was superseded")
	// ErrWindowOver reports a live sliding token that may not be exchanged any more.
	ErrWindowOver = errors.New("sliding token can no longer be exchanged")
	// ErrUnknownUID reports a link that names nobody.
	ErrUnknownUID = errors.New("user id in link is unknown")
	// ErrOneTimeToken reports a one-time token that is wrong, used, replaced by a newer one, expired, or for another purpose. It never says which.
	ErrOneTimeToken = errors.New("one-time token is not valid")
	// ErrActivationOff reports that accounts need no activation here.
	ErrActivationOff = errors.New("activation is off")
	// ErrEmailUnknown reports an address without an account. It is used only where AccountPolicy.ShowEmailNotFound says so.
	ErrEmailUnknown = errors.New("no account has this address")
	// ErrForbidden reports a principal who may see a thing but not change it.
	ErrForbidden = errors.New("not allowed")
	// ErrUsernameTaken reports that another user has that username.
	ErrUsernameTaken = errors.New("username is taken")
	// ErrUnavailable reports that the store does not answer, or is read-only. The operation may be tried again.
	ErrUnavailable = errors.New("store is unavailable")
	// ErrKeyTooYoung reports a signing key that other services cannot have seen yet, so that it must not sign.
	ErrKeyTooYoung = errors.New("pending key was published too recently")
	// ErrMailRefused reports a mail that no later try can deliver, such as one to an address that does not exist.
	ErrMailRefused = errors.New("mail was refused for good")
	// ErrKeysSealed reports signing keys that the given master key does not open.
	ErrKeysSealed = errors.New("signing keys are sealed under another master key")
)

// FieldCode names what is wrong with one field of an input.
type FieldCode string

// The codes of [FieldError].
const (
	FieldRequired         FieldCode = "required"
	FieldTooLong          FieldCode = "max_length"
	FieldUsernameInvalid  FieldCode = "invalid_username"
	FieldUsernameTaken    FieldCode = "username_taken"
	FieldEmailInvalid     FieldCode = "invalid_email"
	FieldEmailTaken       FieldCode = "email_taken"
	FieldPasswordTooShort FieldCode = "password_too_short"
	FieldPasswordTooLong  FieldCode = "password_too_long"
	FieldPasswordSimilar  FieldCode = "password_too_similar"
	FieldPasswordCommon   FieldCode = "password_too_common"
	FieldPasswordNumeric  FieldCode = "password_entirely_numeric"
	FieldMalformed        FieldCode = "malformed"
	FieldBlank            FieldCode = "blank"
)

// FieldError says what is wrong with one field.
type FieldError struct {
	Field string
	Code  FieldCode
	// Limit is the length that the code speaks of; zero for codes without one.
	Limit int
	// Like is what of the account a password is too similar to, in words; empty for other codes.
	Like string
}

// InputError reports every field that is wrong, at once.
type InputError struct{ Fields []FieldError }

// Error lists the fields and their codes.
func (e *InputError) Error() string {
	parts := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		parts[i] = f.Field + ": " + string(f.Code)
	}
	return "invalid input: " + strings.Join(parts, ", ")
}

func inputError(field string, code FieldCode, limit int) error {
	return &InputError{Fields: []FieldError{{Field: field, Code: code, Limit: limit}}}
}
