package auth

import (
	"context"
	"time"

	"github.com/cartouche-auth/cartouche/secret"
)

// MailKind names what a mail is about.
type MailKind string

// The kinds of mails.
const (
	MailActivation          MailKind = "activation"           // prove the address of a new account; has a link
	MailConfirmation        MailKind = "confirmation"         // the account is there and active
	MailPasswordReset       MailKind = "password_reset"       // choose a new password; has a link
	MailPasswordChanged     MailKind = "password_changed"     // notice: the password was changed
	MailIdentifierReset     MailKind = "identifier_reset"     // choose a new login name; has a link
	MailIdentifierChanged   MailKind = "identifier_changed"   // notice: the login name was changed
	MailAddressChanged      MailKind = "address_changed"      // notice to the old address
	MailRegistrationAttempt MailKind = "registration_attempt" // notice: somebody tried to register this address again
	MailNewDevice           MailKind = "new_device"           // notice: a sign-in from a device not seen before
	MailSessionEnded        MailKind = "session_ended"        // notice: an operator or another device ended sessions
	MailSessionCompromised  MailKind = "session_compromised"  // notice: a session had two holders and was ended
)

// Mail is what a message may show. To is the address stored on the account, never one that a request brought.
type Mail struct {
	Kind MailKind
	To   string
	User User
	// UID and Token go into the link; Token is empty for notices.
	UID    string
	Token  secret.Text
	Client Client    // who caused it, for notices; with MailSessionEnded the device whose session ended, nobody if it was not one
	Reason EndReason // why sessions ended; empty for other mails
	At     time.Time
}

// Mailer words a mail and hands it over once. An error is tried again later; one that wraps [ErrMailRefused] is not. Concurrent use is safe.
type Mailer interface {
	Send(ctx context.Context, mail Mail) error
}
