package auth

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/cartouche-auth/cartouche/secret"
)

// SessionID names a session: 16 random bytes, 32 lower-case hexadecimal digits as text.
type SessionID [16]byte

// NewSessionID makes a random id.
func NewSessionID() SessionID { return SessionID(secret.Bytes(16)) }

// ParseSessionID reads the text form of an id.
func ParseSessionID(text string) (SessionID, error) {
	var id SessionID
	if len(text) != 2*len(id) {
		return SessionID{}, fmt.Errorf("session id %q: %w", text, ErrNotFound)
	}
	if _, err := hex.Decode(id[:], []byte(text)); err != nil || id.String() != text {
		return SessionID{}, fmt.Errorf("session id %q: %w", text, ErrNotFound)
	}
	return id, nil
}

// String is the text form of the id.
func (id SessionID) String() string { return hex.EncodeToString(id[:]) }

// IsZero reports whether the id names no session.
func (id SessionID) IsZero() bool { return id == SessionID{} }

// TokenID names one refresh token inside its session.
type TokenID [16]byte

// Session is one sign-in on one device. There is one row for it, however often it is refreshed.
type Session struct {
	ID     SessionID
	UserID UserID
	// Parent names the last confirmed refresh token, Previous the one confirmed before it (zero: none).
	Parent, Previous TokenID
	// Generation counts confirmed tokens.
	Generation  int64
	ConfirmedAt time.Time
	CreatedAt   time.Time
	// IdleLifetime is how long the session outlives its last confirmed refresh.
	IdleLifetime      time.Duration
	IdleExpiresAt     time.Time
	AbsoluteExpiresAt time.Time
	Remember          bool     // false: its cookies live until the browser closes
	Method            string   // how it was opened: "password", "bridge", "sliding", "token"
	Opaque            [32]byte // SHA-256 of its opaque token; zero: it has none. Only CreateSession looks at it
	Label             string   // the person's name for the device; empty: none
	UserAgent         string
	Address           string
	EndedAt           time.Time // zero: it was not ended before its time
	EndReason         EndReason
}

// Expired reports whether the session has run out by itself.
func (s Session) Expired(now time.Time) bool {
	return !now.Before(s.IdleExpiresAt) || !now.Before(s.AbsoluteExpiresAt)
}

// Live reports whether the session can still be used.
func (s Session) Live(now time.Time) bool { return s.EndedAt.IsZero() && !s.Expired(now) }

// Confirmation asks the store to confirm a refresh token: to make it its session's parent.
type Confirmation struct {
	SessionID  SessionID
	Own        TokenID // the token that is presented
	Parent     TokenID // the token it was issued for
	Generation int64   // the generation that the token would have
	BornAt     time.Time
	Now        time.Time
	MinAge     time.Duration
}

// WhyOver says why the session is over; empty while it lives.
func (s Session) WhyOver(now time.Time) EndReason {
	switch {
	case !s.EndedAt.IsZero():
		return s.EndReason
	case !now.Before(s.AbsoluteExpiresAt):
		return ExpiredAbsolute
	case !now.Before(s.IdleExpiresAt):
		return ExpiredIdle
	default:
		return ""
	}
}

// Opening asks the store to open a session.
type Opening struct {
	Session Session
	// Bound is how many live sessions the user may have, with this one; zero: any number. Those beyond it end as EndedAsEvicted, the least recently
	// active first.
	Bound int
	Event Event
	Mails []OutboxMail
}

// SessionEnd asks the store to end one session.
type SessionEnd struct {
	ID     SessionID
	Reason EndReason
	At     time.Time
	// Parent, when not zero, makes the end conditional: only while the session is still at that token.
	Parent TokenID
}

// SessionStore is what [Store] promises about sessions.
type SessionStore interface {
	// CreateSession adds a session and sets the user's last login, if the user is active; otherwise ErrUserInactive. It answers the sessions that had to end
	// for it, which are revoked in the same transaction. However many open at once, no user is left with more than the bound.
	CreateSession(ctx context.Context, opening Opening) (evicted []SessionID, err error)
	// ConfirmSession is one conditional statement: if the session and its user live, the session is at c.Parent and the token is at least
	// MinAge old, then it moves to c.Own and its idle deadline is pushed. False: the condition did not hold, and nothing was written.
	ConfirmSession(ctx context.Context, c Confirmation) (Session, bool, error)
	// Session finds a session and says whether its user is active, or answers ErrNotFound.
	Session(ctx context.Context, id SessionID) (s Session, userActive bool, err error)
	// SessionUser finds a session with its user in one read, or answers ErrNotFound when either is gone.
	SessionUser(ctx context.Context, id SessionID) (Session, User, error)
	// Sessions lists the live sessions of a user, the last active first.
	Sessions(ctx context.Context, user UserID, now time.Time) ([]Session, error)
	// KnownClients lists where a user's sessions, living or over but still kept, were opened from: addresses and user agents, each pair once, at most 1000.
	// Sessions that say neither are left out.
	KnownClients(ctx context.Context, user UserID) ([]Client, error)
	// LabelSession names a session that lives at the time of the event. ErrNotFound when it is not the user's or has ended.
	LabelSession(ctx context.Context, user UserID, id SessionID, label string, event Event) error
	// EndSession ends a session once and records its revocation in the same transaction. False: it had ended already, is unknown,
	// or is no longer at end.Parent; nothing was written.
	EndSession(ctx context.Context, end SessionEnd, event Event, mails ...OutboxMail) (bool, error)
	// EndSessions ends every live session of a user but keep (the zero id keeps none) and answers how many it ended. The mails are queued only if it ended one.
	EndSessions(ctx context.Context, user UserID, keep SessionID, end SessionEnd, event Event, mails ...OutboxMail) (int, error)
	// EndEverything ends every session of everybody, makes useless what was imported from elsewhere, and revokes every access token. It answers how many
	// sessions it ended.
	EndEverything(ctx context.Context, end SessionEnd, event Event) (int, error)
	// Prune deletes sessions that ended or ran out before the given time, and revocations and counters whose time is over, in batches. It answers how many
	// rows went. Events are ChainStore.PruneEvents' business.
	Prune(ctx context.Context, before Horizon) (int, error)
}

// Horizon says what [SessionStore.Prune] may delete.
type Horizon struct {
	Now      time.Time
	Sessions time.Time // sessions that were over before this time
}
