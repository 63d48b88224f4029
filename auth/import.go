package auth

import (
	"context"
	"time"

	"github.com/cartouche-auth/cartouche/secret"
)

// ImportedKind says what a token of another system was.
type ImportedKind string

// The kinds of imported tokens.
const (
	ImportedRefresh ImportedKind = "refresh" // a refresh token, by its jti; it opens a session when it is first presented
	ImportedOpaque  ImportedKind = "token"   // an opaque token, by its text; its session is opened by the import
	// ImportedSession is a session that a browser keeps in a cookie, by its key; it opens a session of ours when it is first presented.
	ImportedSession ImportedKind = "session"
	// ImportedLink is a link that another system mailed. It is written down when it has been used.
	ImportedLink ImportedKind = "link"
)

// EventImported is the kind of the event that users came from another system. Its detail is their number.
const EventImported EventKind = "users.imported"

// ImportedUser is a user of another system, as an import brings him.
type ImportedUser struct {
	User        User
	Fingerprint [32]byte // of what was read, so that a later import sees what changed since
	Tokens      []ImportedToken
	// AllTokens says that Tokens are all that live at the source by now: others that came in an earlier import, and were not presented yet, go.
	AllTokens bool
}

// ImportedToken is a living token of another system. The store has its hash only.
type ImportedToken struct {
	Kind      ImportedKind
	Hash      [32]byte // SHA-256
	UserID    UserID
	ExpiresAt time.Time
	Remember  bool // the session that it opens outlives the browser
	// Session is opened by the import, for ImportedOpaque only.
	Session *Session
	// SessionID is the session that the token opened; zero: it was not presented yet.
	SessionID SessionID
	// Closed says that the user's password was changed, or all his sessions ended, since the import: nothing that the other system gave him is good any more.
	Closed bool
}

// ImportOutcome says what became of one user of an import.
type ImportOutcome string

// The outcomes of an import.
const (
	ImportNew       ImportOutcome = "new"
	ImportUnchanged ImportOutcome = "unchanged" // imported before, and the same at the source
	ImportChanged   ImportOutcome = "changed"   // imported before, and different at the source by now; nothing was changed here
	ImportDeleted   ImportOutcome = "deleted"   // imported before, and deleted here since; he does not come back
	ImportTaken     ImportOutcome = "taken"     // id or username belong to somebody who was not imported; nothing was changed
)

// ImportResult is what became of one user.
type ImportResult struct {
	Outcome ImportOutcome
	Tokens  []ImportedKind // of the tokens that are new, or live longer than they did
	Ended   int            // tokens that went; see ImportedUser.AllTokens
}

// ImportStore is what [Store] promises about imports.
type ImportStore interface {
	// ImportUsers stores a batch of users with their tokens, all of it or nothing, and answers what became of each, in their order. Who has been imported
	// before stays as he is, and only gets tokens that are new, unless his old ones are closed. An ImportedSession that opened nothing yet takes over
	// a later end. At most 1000 users at a time.
	ImportUsers(ctx context.Context, users []ImportedUser, event Event) ([]ImportResult, error)
	// ImportFingerprints finds what was imported of these users, without those who were not.
	ImportFingerprints(ctx context.Context, ids []UserID) (map[UserID][32]byte, error)
	// ImportOpen reports whether a user was imported and nothing has closed what the other system gave him.
	ImportOpen(ctx context.Context, user UserID) (bool, error)
	// ImportedToken finds a token of another system, or answers ErrNotFound.
	ImportedToken(ctx context.Context, kind ImportedKind, hash [32]byte) (ImportedToken, error)
	// OpenImported opens the session of an imported token, once. False: the token has opened one, has expired or is closed, or the user is not
	// active; nothing was written. The last sign-in of the user stays as it is.
	OpenImported(ctx context.Context, token ImportedToken, opening Opening) (evicted []SessionID, done bool, err error)
	// SpendImported makes a token useless that has opened no session. False: there is none.
	SpendImported(ctx context.Context, kind ImportedKind, hash [32]byte, event Event) (bool, error)
}

// ForeignToken is what a genuine token of another system says.
type ForeignToken struct {
	Kind      ImportedKind
	Hash      [32]byte
	UserID    UserID    // empty: it does not say, and the import knew
	ExpiresAt time.Time // zero: likewise
}

// ForeignTokens reads what another system gave to clients. Package django implements it. Concurrent use is safe.
type ForeignTokens interface {
	// ReadRefresh checks a refresh token. Errors: ErrTokenInvalid, ErrTokenType, ErrTokenExpired.
	ReadRefresh(text secret.Text, now time.Time) (ForeignToken, error)
	// ReadSession names the session of a cookie. Whether there is such a session is for the store to say. Errors: ErrTokenInvalid, also when none is
	// accepted any more.
	ReadSession(cookie secret.Text, now time.Time) (ForeignToken, error)
}

// ForeignLinks checks the tokens in links that another system mailed. Package django implements it. Concurrent use is safe.
type ForeignLinks interface {
	// CheckLink reports whether a token is a user's, and until when.
	CheckLink(user User, text secret.Text, now time.Time) (expiresAt time.Time, ok bool)
}
