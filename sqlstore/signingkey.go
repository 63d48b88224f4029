package sqlstore

import (
	"context"
	"fmt"

	"github.com/cartouche-auth/cartouche/auth"
)

const selectSigningKeys = `SELECT id, algorithm, state, sealed, created_at, state_at FROM signing_keys ORDER BY created_at, id`

// SigningKeys implements auth.SigningKeyStore.
func (s *Store) SigningKeys(ctx context.Context) ([]auth.SigningKey, error) {
	var keys []auth.SigningKey
	if _, err := s.db.Read(ctx, appendKeys(&keys), selectSigningKeys); err != nil {
		return nil, fmt.Errorf("list signing keys: %w", err)
	}
	return keys, nil
}

func appendKeys(keys *[]auth.SigningKey) Each {
	return func(r Row) {
		*keys = append(*keys, auth.SigningKey{
			ID: r.Text(0), Algorithm: r.Text(1), State: auth.KeyState(r.Text(2)), Sealed: append([]byte(nil), r.Bytes(3)...),
			CreatedAt: timeAt(r, 4), StateAt: timeAt(r, 5),
		})
	}
}

// lockSigningKeys holds a row until the transaction ends: it is the lock that lets one process at a time change the keys.
const lockSigningKeys = `UPDATE counters SET value = value + 1 WHERE name = 'signing_keys'`

const upsertSigningKey = `
INSERT INTO signing_keys (id, algorithm, state, sealed, created_at, state_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (id) DO UPDATE SET algorithm = excluded.algorithm, state = excluded.state, sealed = excluded.sealed,
	created_at = excluded.created_at, state_at = excluded.state_at`

// ChangeSigningKeys implements auth.SigningKeyStore.
func (s *Store) ChangeSigningKeys(ctx context.Context, change func([]auth.SigningKey) ([]auth.SigningKey, []auth.Event, error)) error {
	err := s.db.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if _, err := tx.Run(ctx, nil, lockSigningKeys); err != nil {
			return err
		}
		var keys []auth.SigningKey
		if _, err := tx.Run(ctx, appendKeys(&keys), selectSigningKeys); err != nil {
			return err
		}
		changed, events, err := change(keys)
		if err != nil || len(changed) == 0 {
			return err
		}
		return storeKeys(ctx, tx, changed, events)
	})
	if err != nil {
		return fmt.Errorf("change signing keys: %w", err)
	}
	return nil
}

func storeKeys(ctx context.Context, tx Tx, keys []auth.SigningKey, events []auth.Event) error {
	for _, k := range keys {
		sealed := k.Sealed
		if sealed == nil {
			sealed = []byte{} // gone, which is not unknown
		}
		_, err := tx.Run(ctx, nil, upsertSigningKey, k.ID, k.Algorithm, string(k.State), sealed, millis(k.CreatedAt), millis(k.StateAt))
		if err != nil {
			return err
		}
	}
	for _, event := range events {
		if err := record(ctx, tx, event); err != nil {
			return err
		}
	}
	return nil
}
