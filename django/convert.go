package django

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/password"
)

// Bounds of what an account can hold.
const (
	maxUserID   = 64 // bytes, as in links
	maxUsername = 150
	maxName     = 150
	maxEmail    = 254
	maxHash     = 1024
	// activationLife is how long Django's links live by default: who registered earlier and is inactive was shut out, or never came back.
	activationLife = 3 * 24 * time.Hour
)

// converter makes accounts of rows. It notes what it could not keep.
type converter struct {
	login       string // the column of names
	groupRights map[string][]string
	now         time.Time
	zone        *time.Location // of times without one
	note        func(Problem)
}

// reading is one row on its way.
type reading struct {
	converter
	row userRow
}

// user makes an account of a row. False: it cannot be one, and the reason is noted.
func (c converter) user(row userRow, b belongings) (auth.ImportedUser, bool) {
	r := reading{c, row}
	if row.key == "" || len(row.key) > maxUserID || !clean(row.key) {
		r.problem(ProblemNoID, "", "the primary key cannot be used", true)
		return auth.ImportedUser{}, false
	}
	name, ok := r.username()
	if !ok {
		return auth.ImportedUser{}, false
	}
	u := auth.User{
		ID: auth.UserID(row.key), Username: name, Email: r.email(), FirstName: r.text("first_name", maxName), LastName: r.text("last_name", maxName),
		PasswordHash: r.password(), IsActive: r.flag("is_active", true), IsStaff: r.flag("is_staff", false), IsSuperuser: r.flag("is_superuser", false),
		DateJoined: r.time("date_joined"), LastLogin: r.time("last_login"),
	}
	u.AwaitsActivation = !u.IsActive && u.LastLogin.IsZero() && c.now.Sub(u.DateJoined) < activationLife && len(b.refresh[row.key])+len(b.keys[row.key]) == 0
	if u.AwaitsActivation {
		r.problem(ProblemAwaitsProof, "is_active", "registered a moment ago and is inactive: waits for activation", false)
	}
	if u.DateJoined.IsZero() {
		u.DateJoined = c.now
	}
	u.PrivateMetadata = c.metadata(b.groups[row.key], b.permissions[row.key])
	return auth.ImportedUser{User: u, Fingerprint: fingerprint(row, u.PrivateMetadata)}, true
}

// metadata keeps groups and permissions as data.
func (c converter) metadata(groups, permissions []string) json.RawMessage {
	var through []string
	for _, g := range groups {
		through = append(through, c.groupRights[g]...)
	}
	slices.Sort(through)
	type rights struct {
		Groups           []string `json:"groups"`
		Permissions      []string `json:"permissions"`
		GroupPermissions []string `json:"group_permissions"`
	}
	document, err := json.Marshal(map[string]rights{"django": {
		append([]string{}, groups...), append([]string{}, permissions...), append([]string{}, slices.Compact(through)...),
	}})
	if err != nil {
		panic(err) // never, of strings
	}
	return document
}

// fingerprint is of everything that an account keeps but the last sign-in, which is another one with every visit.
func fingerprint(row userRow, metadata json.RawMessage) [32]byte {
	h := sha256.New()
	names := make([]string, 0, len(row.columns))
	for name := range row.columns {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		value := row.columns[name]
		switch {
		case name == "last_login":
		case value == nil:
			h.Write(fmt.Appendf(nil, "%q=NULL\n", name))
		default:
			h.Write(fmt.Appendf(nil, "%q=%q\n", name, *value))
		}
	}
	h.Write(metadata)
	return [32]byte(h.Sum(nil))
}

func (r reading) problem(kind ProblemKind, column, text string, skipped bool) {
	r.note(Problem{Kind: kind, ID: strings.ToValidUTF8(r.row.key, "\uFFFD"), Column: column, Text: text, Skipped: skipped})
}

// username is the name that the row signs in by. Where that is an address, names are kept in the form in which addresses are compared.
func (r reading) username() (string, bool) {
	value := r.row.columns[r.login]
	switch {
	case value == nil || *value == "":
		r.problem(ProblemBadName, r.login, "is empty", true)
	case !clean(*value):
		r.problem(ProblemBadName, r.login, "is not text that can be used", true)
	case r.login == "email" && len(*value) <= maxEmail:
		return auth.EmailKey(*value), true
	case utf8.RuneCountInString(*value) > maxUsername:
		r.problem(ProblemBadName, r.login, fmt.Sprintf("has more than %d characters", maxUsername), true)
	default:
		if auth.NormalizeUsername(*value) != *value {
			r.problem(ProblemUnnormal, r.login, "is not in normal form (NFKC), so nobody can sign in by it", false)
		}
		return *value, true
	}
	return "", false
}

// clean tells whether both databases can hold a text.
func clean(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

func (r reading) text(column string, limit int) string {
	value := r.row.columns[column]
	switch {
	case value == nil:
		if _, given := r.row.columns[column]; given {
			r.problem(ProblemField, column, "is NULL: left empty", false)
		}
		return ""
	case !clean(*value):
		r.problem(ProblemField, column, "is not text that can be used: bad characters replaced", false)
		return cut(strings.ReplaceAll(strings.ToValidUTF8(*value, "\uFFFD"), "\x00", "\uFFFD"), limit)
	case utf8.RuneCountInString(*value) > limit:
		r.problem(ProblemField, column, fmt.Sprintf("has more than %d characters: cut", limit), false)
		return cut(*value, limit)
	}
	return *value
}

func cut(s string, limit int) string {
	for i := range s {
		if limit == 0 {
			return s[:i]
		}
		limit--
	}
	return s
}

// email is the address, as it stands. A part of an address would be somebody else's.
func (r reading) email() string {
	value := r.row.columns["email"]
	switch {
	case value == nil:
		return "" // custom models use NULL for none
	case !clean(*value), strings.ContainsAny(*value, "\r\n"):
		r.problem(ProblemField, "email", "is not an address: left empty", false)
		return ""
	case len(*value) > maxEmail:
		r.problem(ProblemField, "email", fmt.Sprintf("has more than %d bytes: left empty", maxEmail), false)
		return ""
	}
	return *value
}

// password is the hash, verbatim.
func (r reading) password() string {
	value := r.row.columns["password"]
	if value == nil || !clean(*value) || len(*value) > maxHash {
		r.problem(ProblemPassword, "password", "is no hash: nobody can sign in by password until it is reset", false)
		return "!"
	}
	switch scheme := password.Scheme(*value); {
	case scheme == "unusable":
	case scheme == "none":
		r.problem(ProblemPassword, "password", "is empty: nobody can sign in by password until it is reset", false)
	case scheme == "unknown", strings.HasSuffix(scheme, "-unreadable"), strings.HasSuffix(scheme, "-too-costly"), strings.HasSuffix(scheme, "-unsupported"):
		r.problem(ProblemPassword, "password", "is a hash of no known kind ("+scheme+"): nobody can sign in by password until it is reset", false)
	}
	return *value
}

func (r reading) flag(column string, absent bool) bool {
	value, given := r.row.columns[column]
	if !given {
		return absent
	}
	if value != nil {
		switch strings.ToLower(*value) {
		case "1", "t", "true":
			return true
		case "0", "f", "false":
			return false
		}
	}
	r.problem(ProblemField, column, "is neither true nor false: taken as false", false)
	return false
}

// layouts are how the databases write points in time.
var layouts = []string{"2006-01-02 15:04:05.999999999-07", "2006-01-02 15:04:05.999999999-07:00", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999Z07:00"}

func (r reading) time(column string) time.Time {
	value := r.row.columns[column]
	if value == nil {
		if _, given := r.row.columns[column]; given && column != "last_login" {
			r.problem(ProblemField, column, "is NULL: taken as now", false)
		}
		return time.Time{}
	}
	at, ok := parseTime(*value, r.zone)
	if !ok {
		r.problem(ProblemField, column, "is not a time that can be used: "+unreadable(column), false)
	}
	return at
}

func unreadable(column string) string {
	if column == "last_login" {
		return "taken as never"
	}
	return "taken as now"
}

// parseTime reads a point in time; one without a zone is in the given one.
func parseTime(text string, zone *time.Location) (time.Time, bool) {
	for _, layout := range layouts {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil && at.Year() >= 1900 && at.Year() <= 9999 {
			return at.UTC(), true
		}
	}
	return time.Time{}, false
}
