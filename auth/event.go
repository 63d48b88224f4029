package auth

import (
	"context"
	"strings"
	"time"

	"github.com/cartouche-auth/cartouche/secret"
)

// EventKind names what happened.
type EventKind string

// The kinds of events.
const (
	EventUserCreated        EventKind = "user.created"
	EventUserDisabled       EventKind = "user.disabled"
	EventUserEnabled        EventKind = "user.enabled"
	EventLogin              EventKind = "login.succeeded"
	EventLoginFailed        EventKind = "login.failed"
	EventPasswordChanged    EventKind = "password.changed"
	EventPasswordRehashed   EventKind = "password.rehashed"
	EventSessionEnded       EventKind = "session.ended"
	EventSessionsEnded      EventKind = "sessions.ended"
	EventSessionCompromised EventKind = "session.compromised"
	EventEverythingEnded    EventKind = "everything.ended"
	EventUserActivated      EventKind = "user.activated"
	// EventActivatedAnew: who proved the address chose a new password in place of the one that the account was registered with.
	EventActivatedAnew     EventKind = "user.activated_anew"
	EventUserUpdated       EventKind = "user.updated"
	EventRightsChanged     EventKind = "user.rights_changed"
	EventUserDeleted       EventKind = "user.deleted"
	EventIdentifierChanged EventKind = "identifier.changed"
	EventResetRequested    EventKind = "reset.requested"
	EventMailGivenUp       EventKind = "mail.given_up"
	// EventRegistrationAttempt: somebody registered an address that has an account. UserID is the owner.
	EventRegistrationAttempt EventKind = "registration.attempted"
	EventKeyRotated          EventKind = "key.rotated"
	EventKeyRevoked          EventKind = "key.revoked"
)

// Event is one line of the audit trail. It never holds a password, a token or a cookie.
type Event struct {
	Kind      EventKind
	At        time.Time
	UserID    UserID    // whom it concerns; empty: nobody known
	SessionID SessionID // which session; zero: none
	Detail    string    // a short machine word, such as a reason or a key id
	Client    Client
}

// EventQuery asks for the newest events of a user or a session.
type EventQuery struct {
	UserID    UserID    // empty: of anybody
	SessionID SessionID // zero: of any session
	Limit     int       // zero: 100
}

// EventStore is what [Store] promises about events.
type EventStore interface {
	// RecordEvent appends an event.
	RecordEvent(ctx context.Context, event Event) error
	// Events lists events, the newest first.
	Events(ctx context.Context, query EventQuery) ([]Event, error)
}

// Client is where a request comes from.
type Client struct {
	Address   string // as text, already freed of proxies; empty: unknown
	UserAgent string // as the client says; at most 512 bytes are kept
	RequestID string
	// Bucket groups addresses for rate limits (an IPv6 network counts as one source); empty: Address.
	Bucket string
	// Device is the device cookie that the browser brings, whoever made it; empty: none. See Grant.Device.
	Device secret.Text
}

func (c Client) bucket() string {
	if c.Bucket != "" {
		return c.Bucket
	}
	return c.Address
}

// agent is the user agent as it is kept: short, and text whatever the client sent.
func (c Client) agent() string {
	const limit = 512
	return strings.ToValidUTF8(c.UserAgent[:min(len(c.UserAgent), limit)], "")
}
