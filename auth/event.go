package auth

import (
	"context"
	"maps"
	"slices"
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
	// EventPasswordReset: who followed a mailed link chose a new password.
	EventPasswordReset EventKind = "password.reset"
	EventSessionNamed  EventKind = "session.named"
	// EventLimited: a rate limit refused something. It is recorded at most once in ten minutes for each limit and subject, by each node.
	EventLimited EventKind = "limit.exceeded"
)

// Actor is who did it.
type Actor string

// The actors. A member of staff who does something to another's account is ActorStaff with his own id.
const (
	ActorUser     Actor = "user"     // whom the event concerns
	ActorStranger Actor = "stranger" // somebody who proved nothing
	ActorOperator Actor = "operator" // a command on the server
	ActorSystem   Actor = "system"   // the service by itself
)

// ActorStaff is a member of staff.
func ActorStaff(id UserID) Actor { return Actor("staff:" + string(id)) }

// actorOf is who does something to the account of a user.
func actorOf(user, by UserID) Actor {
	if user == by {
		return ActorUser
	}
	return ActorStaff(by)
}

// Outcome says how it went.
type Outcome string

// The outcomes. Failure: it was tried and did not work; denied: it was refused by a rule.
const (
	OutcomeSuccess Outcome = "success"
	OutcomeFailure Outcome = "failure"
	OutcomeDenied  Outcome = "denied"
)

// eventKinds says of each kind how it went, and who did it where the event does not say so.
var eventKinds = map[EventKind]struct {
	outcome Outcome
	actor   Actor
}{
	EventUserCreated:         {OutcomeSuccess, ActorOperator},
	EventUserDisabled:        {OutcomeSuccess, ActorOperator},
	EventUserEnabled:         {OutcomeSuccess, ActorOperator},
	EventLogin:               {OutcomeSuccess, ActorUser},
	EventLoginFailed:         {OutcomeFailure, ActorStranger},
	EventPasswordChanged:     {OutcomeSuccess, ActorUser},
	EventPasswordReset:       {OutcomeSuccess, ActorUser},
	EventPasswordRehashed:    {OutcomeSuccess, ActorSystem},
	EventSessionEnded:        {OutcomeSuccess, ActorUser},
	EventSessionsEnded:       {OutcomeSuccess, ActorUser},
	EventSessionNamed:        {OutcomeSuccess, ActorUser},
	EventSessionCompromised:  {OutcomeDenied, ActorStranger},
	EventEverythingEnded:     {OutcomeSuccess, ActorOperator},
	EventUserActivated:       {OutcomeSuccess, ActorUser},
	EventActivatedAnew:       {OutcomeSuccess, ActorUser},
	EventUserUpdated:         {OutcomeSuccess, ActorUser},
	EventRightsChanged:       {OutcomeSuccess, ActorOperator},
	EventUserDeleted:         {OutcomeSuccess, ActorUser},
	EventIdentifierChanged:   {OutcomeSuccess, ActorUser},
	EventResetRequested:      {OutcomeSuccess, ActorStranger},
	EventMailGivenUp:         {OutcomeFailure, ActorSystem},
	EventRegistrationAttempt: {OutcomeDenied, ActorStranger},
	EventKeyRotated:          {OutcomeSuccess, ActorSystem},
	EventKeyRevoked:          {OutcomeSuccess, ActorOperator},
	EventImported:            {OutcomeSuccess, ActorOperator},
	EventLimited:             {OutcomeDenied, ActorStranger},
}

// EventKinds lists the kinds of events that there are, in the order of the alphabet.
func EventKinds() []EventKind { return slices.Sorted(maps.Keys(eventKinds)) }

// Event is one line of the audit trail. It never holds a password, a token or a cookie, nor what somebody typed who is not known.
type Event struct {
	Kind      EventKind
	Actor     Actor // empty: whoever usually does it, see By
	At        time.Time
	UserID    UserID    // whom it concerns; empty: nobody known
	SessionID SessionID // which session; zero: none
	Detail    string    // a short machine word, such as a reason or a key id
	Client    Client
}

// By is who did it: the actor, or whoever usually does what is of this kind.
func (e Event) By() Actor {
	if e.Actor != "" {
		return e.Actor
	}
	return eventKinds[e.Kind].actor
}

// Outcome says how it went; empty for a kind that this version does not know.
func (e Event) Outcome() Outcome { return eventKinds[e.Kind].outcome }

// EventQuery asks for the newest events of a user or a session.
type EventQuery struct {
	UserID    UserID    // empty: of anybody
	SessionID SessionID // zero: of any session
	Kind      EventKind // empty: of any kind
	Since     time.Time // not before that; zero: ever
	Limit     int       // zero: 100
}

// EventStore is what [Store] promises about events.
type EventStore interface {
	// RecordEvent appends an event. Here as in every method that takes an event, the actor that is kept is [Event.By].
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
