package sqlstore

import (
	"context"
	"fmt"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
)

const selectOneTimeToken = `SELECT hash, created_at, expires_at FROM one_time_tokens WHERE user_id = $1 AND purpose = $2` //nolint:gosec // a statement, not a credential

// OneTimeToken implements auth.OneTimeTokenStore.
func (s *Store) OneTimeToken(ctx context.Context, user auth.UserID, purpose auth.Purpose) (auth.OneTimeToken, error) {
	token := auth.OneTimeToken{UserID: user, Purpose: purpose}
	n, err := s.db.Read(ctx, func(r Row) {
		copy(token.Hash[:], r.Bytes(0))
		token.CreatedAt, token.ExpiresAt = timeAt(r, 1), timeAt(r, 2)
	}, selectOneTimeToken, text(string(user)), string(purpose))
	if err != nil {
		return auth.OneTimeToken{}, fmt.Errorf("find one-time token: %w", err)
	}
	if n == 0 {
		return auth.OneTimeToken{}, auth.ErrNotFound
	}
	return token, nil
}

const putOneTimeToken = `
INSERT INTO one_time_tokens (user_id, purpose, hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (user_id, purpose) DO UPDATE SET hash = excluded.hash, created_at = excluded.created_at, expires_at = excluded.expires_at`

func issue(ctx context.Context, tx Tx, t auth.OneTimeToken) error {
	_, err := tx.Run(ctx, nil, putOneTimeToken, text(string(t.UserID)), string(t.Purpose), t.Hash[:], millis(t.CreatedAt), millis(t.ExpiresAt))
	return err
}

const takeOneTimeToken = `DELETE FROM one_time_tokens WHERE user_id = $1 AND purpose = $2 AND hash = $3 AND expires_at > $4`

// use uses a token up: of many that try at once, one deletes the row.
func use(ctx context.Context, tx Tx, user auth.UserID, u auth.TokenUse, now time.Time) error {
	if u == (auth.TokenUse{}) {
		return nil
	}
	if !u.ForeignUntil.IsZero() {
		return useLink(ctx, tx, user, u)
	}
	n, err := tx.Run(ctx, nil, takeOneTimeToken, text(string(user)), string(u.Purpose), u.Hash[:], millis(now))
	if err == nil && n == 0 {
		err = auth.ErrOneTimeToken
	}
	return err
}

const dropOneTimeTokens = `DELETE FROM one_time_tokens WHERE user_id = $1`

// dropTokens kills the tokens that a user was mailed, because he is not any more who they were mailed to.
func dropTokens(ctx context.Context, tx Tx, user auth.UserID) error {
	_, err := tx.Run(ctx, nil, dropOneTimeTokens, text(string(user)))
	return err
}
