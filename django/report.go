package django

import (
	"cmp"
	"slices"
)

// Report is what an import did, or would do. It names every row that is not here as it is there.
type Report struct {
	DryRun    bool   `json:"dry_run"`
	UserTable string `json:"user_table"`
	Users     int    `json:"users"` // rows that were read
	New       int    `json:"new"`
	Unchanged int    `json:"unchanged"` // imported earlier
	Skipped   int    `json:"skipped"`   // see Problems
	// Living tokens and sessions that keep their owners signed in, and are new.
	RefreshTokens int `json:"refresh_tokens"`
	OpaqueTokens  int `json:"opaque_tokens"`
	Sessions      int `json:"sessions"`
	// TokensEnded came in an earlier import, were not used since, and have died in Django.
	TokensEnded int `json:"tokens_ended"`
	// TokensLeft are living ones that end with the move; see Problems, and without a key there is no more to say of them than their number.
	TokensLeft int `json:"tokens_left"`
	// SessionsLeft are living sessions of Django's that are not taken over; see Problems. Without a key all are, anonymous visitors' too.
	SessionsLeft int       `json:"sessions_left"`
	LeftColumns  []string  `json:"left_columns"` // columns of users that have no place here
	Problems     []Problem `json:"problems"`
}

// Nothing tells whether an import changes nothing.
func (r Report) Nothing() bool {
	return r.New+r.RefreshTokens+r.OpaqueTokens+r.Sessions+r.TokensEnded == 0
}

// ProblemKind says what kind of trouble there is with a row.
type ProblemKind string

// The kinds of problems. Rows of the first five are not imported.
const (
	ProblemNoID        ProblemKind = "no_id"         // no usable primary key
	ProblemBadName     ProblemKind = "bad_username"  // no usable username
	ProblemTaken       ProblemKind = "taken"         // id or username belong to another account here
	ProblemDeleted     ProblemKind = "deleted"       // imported earlier, and deleted here since
	ProblemChanged     ProblemKind = "changed"       // imported earlier, and changed in Django since: the account here stays as it is
	ProblemField       ProblemKind = "bad_field"     // imported without the field, or with a part of it
	ProblemPassword    ProblemKind = "bad_password"  // imported, but no password will ever match: a reset is needed
	ProblemSameEmail   ProblemKind = "same_email"    // imported; another user has the address too
	ProblemSameName    ProblemKind = "same_username" // imported; another user has the name in other letters
	ProblemTokenShape  ProblemKind = "bad_token"     // a token that cannot be read, so its owner signs in again
	ProblemSession     ProblemKind = "bad_session"   // sessions that cannot be read, so their owners sign in again
	ProblemUnnormal    ProblemKind = "unnormal_name" // imported; the name is not in the form in which names are looked up
	ProblemAwaitsProof ProblemKind = "awaits_proof"  // imported; the account is new and inactive, and its activation link goes on working
)

// Problem is one line of the report.
type Problem struct {
	Kind   ProblemKind `json:"kind"`
	ID     string      `json:"id"` // primary key; empty: the row has none
	Column string      `json:"column,omitempty"`
	Text   string      `json:"text"`
	// Skipped says that the row was not imported, or not again.
	Skipped bool `json:"skipped"`
}

// sorted puts the problems that lose most first, and otherwise leaves them in their order.
func (r *Report) sorted() {
	slices.SortStableFunc(r.Problems, func(a, b Problem) int {
		rank := func(p Problem) int {
			if p.Skipped {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Kind, b.Kind))
	})
}
