package sqlstore

import (
	"context"
	"fmt"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
)

const selectImportOpen = `SELECT user_id FROM imported_users WHERE user_id = $1 AND closed_at IS NULL`

// ImportOpen implements auth.ImportStore.
func (s *Store) ImportOpen(ctx context.Context, user auth.UserID) (bool, error) {
	n, err := s.db.Read(ctx, func(Row) {}, selectImportOpen, text(string(user)))
	if err != nil {
		return false, fmt.Errorf("find import: %w", err)
	}
	return n > 0, nil
}

const selectImportedToken = `
SELECT imported_tokens.user_id, imported_tokens.expires_at, imported_tokens.session_id, imported_users.closed_at, imported_tokens.remember
FROM imported_tokens JOIN imported_users ON imported_users.user_id = imported_tokens.user_id
WHERE imported_tokens.kind = $1 AND imported_tokens.hash = $2`

// spentID stands for the session of a token that was signed out before it opened one.
var spentID = auth.SessionID{0: 0xff, 15: 0xff}

// ImportedToken implements auth.ImportStore.
func (s *Store) ImportedToken(ctx context.Context, kind auth.ImportedKind, hash [32]byte) (auth.ImportedToken, error) {
	token := auth.ImportedToken{Kind: kind, Hash: hash}
	n, err := s.db.Read(ctx, func(r Row) {
		token.UserID, token.ExpiresAt, token.SessionID = auth.UserID(r.Text(0)), timeAt(r, 1), idAt(r, 2)
		token.Closed, token.Remember = r.Int(3) != 0, r.Bool(4)
	}, selectImportedToken, string(kind), hash[:])
	if err != nil {
		return auth.ImportedToken{}, fmt.Errorf("find imported token: %w", err)
	}
	if n == 0 {
		return auth.ImportedToken{}, auth.ErrNotFound
	}
	return token, nil
}

// holdActive holds the row of an active user until the end of the transaction: who disables him or changes his password comes before or after it.
const holdActive = `UPDATE users SET is_active = is_active WHERE id = $1 AND is_active`

const holdUser = `UPDATE users SET is_active = is_active WHERE id = $1`

const useImportedToken = `
UPDATE imported_tokens SET session_id = $1
WHERE kind = $2 AND hash = $3 AND user_id = $4 AND session_id IS NULL AND expires_at > $5
	AND EXISTS (SELECT 1 FROM imported_users WHERE imported_users.user_id = imported_tokens.user_id AND imported_users.closed_at IS NULL)`

// OpenImported implements auth.ImportStore.
func (s *Store) OpenImported(ctx context.Context, token auth.ImportedToken, opening auth.Opening) (evicted []auth.SessionID, done bool, err error) {
	session := opening.Session
	err = s.db.InTx(ctx, func(ctx context.Context, tx Tx) error {
		evicted, done = nil, false
		n, err := tx.Run(ctx, nil, holdActive, text(string(token.UserID)))
		if err != nil || n == 0 {
			return err
		}
		n, err = tx.Run(ctx, nil, useImportedToken, session.ID[:], string(token.Kind), token.Hash[:], text(string(token.UserID)), millis(session.CreatedAt))
		if err != nil || n == 0 {
			return err
		}
		done = true
		if evicted, err = open(ctx, tx, opening); err != nil {
			return err
		}
		return queue(ctx, tx, opening.Mails)
	})
	if err != nil {
		return nil, false, fmt.Errorf("open imported session: %w", err)
	}
	s.notifyOf(evicted)
	return evicted, done, nil
}

const spendImportedToken = `UPDATE imported_tokens SET session_id = $1 WHERE kind = $2 AND hash = $3 AND session_id IS NULL`

// SpendImported implements auth.ImportStore.
func (s *Store) SpendImported(ctx context.Context, kind auth.ImportedKind, hash [32]byte, event auth.Event) (bool, error) {
	var done bool
	err := s.db.InTx(ctx, func(ctx context.Context, tx Tx) error {
		n, err := tx.Run(ctx, nil, spendImportedToken, spentID[:], string(kind), hash[:])
		if done = n > 0; err != nil || !done {
			return err
		}
		return record(ctx, tx, event)
	})
	if err != nil {
		return false, fmt.Errorf("spend imported token: %w", err)
	}
	return done, nil
}

const closeImport = `UPDATE imported_users SET closed_at = $1 WHERE user_id = $2 AND closed_at IS NULL`

// shut makes everything useless that another system gave a user, because his sessions here ended too.
func shut(ctx context.Context, tx Tx, user auth.UserID, at time.Time) error {
	_, err := tx.Run(ctx, nil, closeImport, millis(at), text(string(user)))
	return err
}

const insertUsedLink = `
INSERT INTO imported_tokens (kind, hash, user_id, expires_at)
SELECT $1, $2, user_id, $3 FROM imported_users WHERE user_id = $4 AND closed_at IS NULL
ON CONFLICT DO NOTHING`

// useLink writes a link down that another system mailed: of many that try at once, one adds the row.
func useLink(ctx context.Context, tx Tx, user auth.UserID, u auth.TokenUse) error {
	if _, err := tx.Run(ctx, nil, holdUser, text(string(user))); err != nil {
		return err
	}
	n, err := tx.Run(ctx, nil, insertUsedLink, string(auth.ImportedLink), u.Hash[:], millis(u.ForeignUntil), text(string(user)))
	if err == nil && n == 0 {
		err = auth.ErrOneTimeToken
	}
	return err
}
