package sqlstore

import (
	"context"
	"fmt"
	"strconv"

	"github.com/cartouche-auth/cartouche/auth"
)

const selectImports = `
SELECT imported_users.user_id, imported_users.fingerprint, imported_users.closed_at, users.id
FROM imported_users LEFT JOIN users ON users.id = imported_users.user_id WHERE imported_users.user_id IN (VALUES ($1))`

const insertImportedUser = `
INSERT INTO users (id, username, email, email_key, first_name, last_name, password_hash, is_active, is_staff, is_superuser,
	date_joined, last_login, verified_at, public_metadata, private_metadata, awaits_activation)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
ON CONFLICT DO NOTHING
RETURNING id`

const insertImport = `INSERT INTO imported_users (user_id, fingerprint, imported_at) VALUES ($1, $2, $3)`

// The same statements for many rows.
var (
	findImports         = newMany(selectImports, 1)
	addImportedUsers    = newMany(insertImportedUser, 16)
	addImports          = newMany(insertImport, 3)
	addImportedSessions = newMany(insertSession, 17)
	addOpaqueTokens     = newMany(insertOpaqueToken, 2)
	addImportedTokens   = newMany(insertImportedToken, 5)
	findUnusedTokens    = newMany(selectUnusedTokens, 1)
)

// imported is what is known of a user who came in an earlier import.
type imported struct {
	fingerprint  [32]byte
	closed, gone bool
}

// ImportUsers implements auth.ImportStore.
func (s *Store) ImportUsers(ctx context.Context, users []auth.ImportedUser, event auth.Event) ([]auth.ImportResult, error) {
	var results []auth.ImportResult
	err := s.db.InTx(ctx, func(ctx context.Context, tx Tx) error {
		b := importBatch{tx: tx, users: users, results: make([]auth.ImportResult, len(users)), event: event}
		if err := b.run(ctx); err != nil {
			return err
		}
		results = b.results
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("import users: %w", err)
	}
	return results, nil
}

// importBatch is one batch in its transaction.
type importBatch struct {
	tx      Tx
	users   []auth.ImportedUser
	results []auth.ImportResult
	event   auth.Event
	known   map[auth.UserID]imported
}

func (b *importBatch) run(ctx context.Context) error {
	ids := make([]auth.UserID, len(b.users))
	for i, u := range b.users {
		ids[i] = u.User.ID
	}
	var err error
	if b.known, err = knownImports(ctx, b.tx, ids); err != nil {
		return err
	}
	added, err := b.addUsers(ctx)
	if err != nil {
		return err
	}
	ended, err := b.endTokens(ctx)
	if err != nil {
		return err
	}
	tokens, err := b.addTokens(ctx)
	if err != nil || added+tokens+ended == 0 {
		return err
	}
	event := b.event
	event.Detail = strconv.Itoa(added)
	return record(ctx, b.tx, event)
}

func knownImports(ctx context.Context, tx Tx, ids []auth.UserID) (map[auth.UserID]imported, error) {
	known := make(map[auth.UserID]imported)
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = text(string(id))
	}
	err := findImports.run(ctx, tx, func(r Row) {
		known[auth.UserID(r.Text(0))] = imported{fingerprint: hashAt(r, 1), closed: r.Int(2) != 0, gone: r.Text(3) == ""}
	}, args)
	return known, err
}

func hashAt(r Row, column int) (hash [32]byte) {
	copy(hash[:], r.Bytes(column))
	return hash
}

// addUsers stores those who were never imported, and says what became of each.
func (b *importBatch) addUsers(ctx context.Context) (int, error) {
	var rows, records []any
	var highest int64
	for i, u := range b.users {
		if was, ok := b.known[u.User.ID]; ok {
			b.results[i].Outcome = outcomeOf(was, u)
			continue
		}
		rows = append(rows, userArgs(u.User)...)
	}
	added := make(map[auth.UserID]bool)
	if err := addImportedUsers.run(ctx, b.tx, func(r Row) { added[auth.UserID(r.Text(0))] = true }, rows); err != nil {
		return 0, err
	}
	for i, u := range b.users {
		switch {
		case b.results[i].Outcome != "":
		case added[u.User.ID]:
			b.results[i].Outcome = auth.ImportNew
			records = append(records, text(string(u.User.ID)), u.Fingerprint[:], millis(b.event.At))
			if n, err := strconv.ParseInt(string(u.User.ID), 10, 64); err == nil {
				highest = max(highest, n)
			}
		default:
			b.results[i].Outcome = auth.ImportTaken
		}
	}
	if err := addImports.run(ctx, b.tx, nil, records); err != nil {
		return 0, err
	}
	_, err := b.tx.Run(ctx, nil, skipUserID, highest)
	return len(added), err
}

func outcomeOf(was imported, u auth.ImportedUser) auth.ImportOutcome {
	switch {
	case was.gone:
		return auth.ImportDeleted
	case was.fingerprint != u.Fingerprint:
		return auth.ImportChanged
	default:
		return auth.ImportUnchanged
	}
}

// ImportFingerprints implements auth.ImportStore.
func (s *Store) ImportFingerprints(ctx context.Context, ids []auth.UserID) (map[auth.UserID][32]byte, error) {
	found := make(map[auth.UserID][32]byte)
	err := s.db.InTx(ctx, func(ctx context.Context, tx Tx) error {
		known, err := knownImports(ctx, tx, ids)
		for id, was := range known {
			found[id] = was.fingerprint
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find imports: %w", err)
	}
	return found, nil
}
