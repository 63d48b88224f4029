package auth

import (
	"context"
	"encoding/json"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// UserID names a user: a UUID of version 7, or a decimal number where the setting is integer ids. Ids are never used again.
type UserID string

// User is an account, with the fields of Django's user model.
type User struct {
	ID           UserID
	Username     string
	Email        string
	FirstName    string
	LastName     string
	PasswordHash string // empty or "!…": nobody can sign in with a password
	IsActive     bool
	// AwaitsActivation says that the account is inactive because its address was not proved yet, and not because somebody disabled it.
	AwaitsActivation bool
	IsStaff          bool
	IsSuperuser      bool
	DateJoined       time.Time
	LastLogin        time.Time // zero: never
	VerifiedAt       time.Time // zero: the address was never proved
	// PublicMetadata is a JSON object that the user may see; empty means {}.
	PublicMetadata json.RawMessage
	// PrivateMetadata is a JSON object for administrators only; empty means {}.
	PrivateMetadata json.RawMessage
}

// LoginField says which field of a user names him at sign-in.
type LoginField string

// The login fields.
const (
	LoginByUsername LoginField = "username"
	LoginByEmail    LoginField = "email"
	LoginByEither   LoginField = "either" // of a [Login] only
)

// UserIDs says how ids of new users are made.
type UserIDs string

// The kinds of user ids.
const (
	UserIDsUUID    UserIDs = "uuid"
	UserIDsInteger UserIDs = "integer"
)

// UserQuery asks for a page of users, in the order of their ids.
type UserQuery struct {
	After UserID // empty: from the first
	Limit int    // at most so many; zero: 100
}

// UserStore is what [Store] promises about users.
type UserStore interface {
	// CreateUser adds a user, with the mails about it. An empty ID asks the store for the next integer. ErrUsernameTaken when the username exists.
	CreateUser(ctx context.Context, user User, event Event, mails ...OutboxMail) (User, error)
	// User finds a user, or answers ErrNotFound.
	User(ctx context.Context, id UserID) (User, error)
	// UserByUsername finds a user by the exact, normalised username, or answers ErrNotFound.
	UserByUsername(ctx context.Context, username string) (User, error)
	// UsersByEmail finds the users whose address has this [EmailKey], active ones first, then the oldest first.
	UsersByEmail(ctx context.Context, emailKey string) ([]User, error)
	// Users lists users in the order of their ids (integers by value).
	Users(ctx context.Context, query UserQuery) ([]User, error)
	// UpgradePassword replaces the password hash if it is still old, and nothing else. False: it changed meanwhile.
	UpgradePassword(ctx context.Context, id UserID, oldHash, newHash string) (bool, error)
	// SetPassword replaces the password hash if it is still change.OldHash, and in the same transaction ends the user's sessions
	// but change.Keep, with a revocation for each. False: the hash changed meanwhile, and nothing was done. ErrOneTimeToken when change.Use is not
	// the newest, living token of the user.
	SetPassword(ctx context.Context, change PasswordChange, event Event, mails ...OutboxMail) (bool, error)
	// SetActive enables or disables a user. Disabling ends every session and revokes every access token in the same transaction.
	// ErrNotFound when there is no such user.
	SetActive(ctx context.Context, id UserID, active bool, at time.Time, event Event) error
}

// PasswordChange is what [UserStore.SetPassword] carries out.
type PasswordChange struct {
	UserID           UserID
	OldHash, NewHash string
	At               time.Time
	Keep             SessionID // the zero id keeps none
	Use              TokenUse  // a token to use up; the zero one: none is needed
	// Activates makes the account active, with its address proved, which waits for that. ErrOneTimeToken when it does not wait.
	Activates bool
}

const (
	maxUsername = 150
	maxName     = 150
	maxEmail    = 254
)

// hasPassword reports whether the user can sign in with a password at all.
func (u User) hasPassword() bool { return u.PasswordHash != "" && u.PasswordHash[0] != '!' }

// NormalizeUsername gives the form in which a username is stored and compared: NFKC, as Django's. Case matters.
func NormalizeUsername(name string) string { return norm.NFKC.String(name) }

// NormalizeEmail gives the form in which an address is stored: the domain in lower case, the local part as it was given.
func NormalizeEmail(address string) string {
	local, domain, ok := cutLast(address, '@')
	if !ok {
		return address
	}
	return local + "@" + lowerASCII(domain)
}

// EmailKey gives the form in which addresses are compared: ASCII letters in lower case and nothing else changed. Unicode's foldings and normal
// forms take other letters for ASCII ones (even NFC makes a K of U+212A, the Kelvin sign), so that a mail for one person would go
// to another (the confusables attack of CVE-2019-19844).
func EmailKey(address string) string { return lowerASCII(address) }

func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

func cutLast(s string, sep byte) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// validUsername accepts Django's characters: letters, digits and @ . + - _ of any script.
func validUsername(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.Is(unicode.M, r) && !strings.ContainsRune("@.+-_", r)
	})
}

// tooLong counts code points, as Django's max_length does.
func tooLong(s string, limit int) bool { return utf8.RuneCountInString(s) > limit }
