package auth

import (
	"context"
	"time"
)

// AccountPolicy says which mails an account's life causes, and who may see whom.
type AccountPolicy struct {
	SendActivation bool // a new account is inactive until its address is proved, and again after a change of address
	// ActivationRequiresPassword asks who proves an address for the account's password too; see Service.ActivateWithPassword.
	ActivationRequiresPassword bool
	SendConfirmation           bool // say welcome to an account that has become active
	NotifyPasswordChange       bool
	NotifyIdentifierChange     bool
	NotifyNewDevice            bool // a sign-in from a device or network that the user's kept sessions have not shown before
	NotifySessionEnded         bool // a session was ended by an operator or from another device
	// ShowEmailNotFound tells strangers whether an address has an account, as old front ends may expect. It is an enumeration leak.
	ShowEmailNotFound bool
	// ShowUsers lets every user see every other one. Without it, others do not exist for who is not staff.
	ShowUsers bool
}

// AccountChange is what [AccountStore.ChangeAccount] carries out, all of it or nothing. A nil or zero field changes nothing.
type AccountChange struct {
	UserID                               UserID
	At                                   time.Time
	Use                                  TokenUse // a token to use up; the zero one: none is needed
	Username, Email, FirstName, LastName *string
	IsActive, AwaitsActivation           *bool
	IsStaff, IsSuperuser                 *bool
	VerifiedAt                           time.Time
	EndSessions                          EndReason // empty: sessions go on
	Keep                                 SessionID // this one goes on all the same
	RevokeAccess                         EndReason // kills every access token from before, with this reason; empty: none
}

// StatusChange reports whether the change kills the user's one-time tokens: they were sent to who he was before.
func (c AccountChange) StatusChange() bool { return c.Email != nil || c.IsActive != nil }

// AccountStore is what [Store] promises about changes of accounts.
type AccountStore interface {
	// ChangeAccount carries out a change with its event and mails. Errors: ErrNotFound, ErrUsernameTaken, ErrOneTimeToken when change.Use is not the
	// newest, living token of the user.
	ChangeAccount(ctx context.Context, change AccountChange, event Event, mails ...OutboxMail) (User, error)
	// DeleteUser deletes a user with everything of his but events, and revokes every access token he has. ErrNotFound when there is none.
	DeleteUser(ctx context.Context, id UserID, at time.Time, event Event) error
}
