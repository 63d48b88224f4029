package sqlstore

import (
	"context"

	"github.com/cartouche-auth/cartouche/auth"
)

// A session of the other system can be prolonged there until its owner comes here, so its end is taken over. The other kinds say when they end.
//
//nolint:gosec // a statement, not a credential
const insertImportedToken = `
INSERT INTO imported_tokens (kind, hash, user_id, expires_at, remember) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (kind, hash) DO UPDATE SET expires_at = excluded.expires_at
	WHERE imported_tokens.kind = 'session' AND imported_tokens.session_id IS NULL
		AND imported_tokens.user_id = excluded.user_id AND imported_tokens.expires_at < excluded.expires_at
RETURNING kind, hash`

// The kind is no condition: PostgreSQL, which knows little of a table that is being filled, would walk the index of kinds for each user.
//
//nolint:gosec // likewise
const selectUnusedTokens = `
SELECT kind, hash, user_id, expires_at FROM imported_tokens WHERE session_id IS NULL AND user_id IN (VALUES ($1))`

const deleteUnusedToken = `DELETE FROM imported_tokens WHERE kind = $1 AND hash = $2 AND session_id IS NULL` //nolint:gosec // likewise

type importedKey struct {
	kind auth.ImportedKind
	hash [32]byte
}

// mayHave tells whether a user of the batch may have tokens.
func (b *importBatch) mayHave(i int) bool {
	outcome := b.results[i].Outcome
	return outcome != auth.ImportTaken && outcome != auth.ImportDeleted && !b.known[b.users[i].User.ID].closed
}

// endTokens takes back what an earlier import brought and what has died at the source since, by a sign-out or a new password there. What opened a
// session here stays: from then on its owner signs out here.
func (b *importBatch) endTokens(ctx context.Context) (int, error) {
	var ids []any
	place := make(map[auth.UserID]int)
	living := make(map[importedKey]bool)
	for i, u := range b.users {
		if _, known := b.known[u.User.ID]; !known || !u.AllTokens {
			continue
		}
		ids = append(ids, text(string(u.User.ID)))
		place[u.User.ID] = i
		for _, t := range u.Tokens {
			living[importedKey{t.Kind, t.Hash}] = true
		}
	}
	var dead []importedKey
	err := findUnusedTokens.run(ctx, b.tx, func(r Row) {
		key := importedKey{auth.ImportedKind(r.Text(0)), hashAt(r, 1)}
		if canEnd(key.kind) && !living[key] && timeAt(r, 3).After(b.event.At) {
			dead = append(dead, key)
			b.results[place[auth.UserID(r.Text(2))]].Ended++
		}
	}, ids)
	if err != nil {
		return 0, err
	}
	for _, key := range dead {
		if _, err := b.tx.Run(ctx, nil, deleteUnusedToken, string(key.kind), key.hash[:]); err != nil {
			return 0, err
		}
	}
	return len(dead), nil
}

// canEnd tells whether a token ends here with its end at the source. An opaque one has a session, whose end is for its owner to say; a link is not imported.
func canEnd(kind auth.ImportedKind) bool {
	return kind == auth.ImportedRefresh || kind == auth.ImportedSession
}

// addTokens stores the tokens of everybody who may have them, and opens the sessions of those that are new.
func (b *importBatch) addTokens(ctx context.Context) (int, error) {
	var rows []any
	owner := make(map[importedKey]int)
	for i, u := range b.users {
		if !b.mayHave(i) {
			continue
		}
		for _, t := range u.Tokens {
			key := importedKey{t.Kind, t.Hash}
			if _, twice := owner[key]; twice {
				continue
			}
			owner[key] = i
			rows = append(rows, string(t.Kind), t.Hash[:], text(string(u.User.ID)), millis(t.ExpiresAt), t.Remember)
		}
	}
	added := make(map[importedKey]bool)
	err := addImportedTokens.run(ctx, b.tx, func(r Row) {
		key := importedKey{auth.ImportedKind(r.Text(0)), hashAt(r, 1)}
		added[key] = true
		result := &b.results[owner[key]]
		result.Tokens = append(result.Tokens, key.kind)
	}, rows)
	if err != nil {
		return 0, err
	}
	return len(added), b.openSessions(ctx, added)
}

func (b *importBatch) openSessions(ctx context.Context, added map[importedKey]bool) error {
	var sessions, opaque []any
	for _, u := range b.users {
		for _, t := range u.Tokens {
			if t.Session != nil && added[importedKey{t.Kind, t.Hash}] {
				sessions = append(sessions, sessionArgs(*t.Session)...)
				opaque = append(opaque, t.Session.Opaque[:], t.Session.ID[:])
			}
		}
	}
	if err := addImportedSessions.run(ctx, b.tx, nil, sessions); err != nil {
		return err
	}
	return addOpaqueTokens.run(ctx, b.tx, nil, opaque)
}
