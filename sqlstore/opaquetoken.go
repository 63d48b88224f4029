package sqlstore

import (
	"context"
	"fmt"

	"github.com/cartouche-auth/cartouche/auth"
)

const insertOpaqueToken = `INSERT INTO opaque_tokens (hash, session_id) VALUES ($1, $2)` //nolint:gosec // a statement, not a credential

const selectOpaqueSession = `
SELECT ` + sessionColumns + `, ` + userColumns + ` FROM opaque_tokens JOIN sessions ON sessions.id = opaque_tokens.session_id
	JOIN users ON users.id = sessions.user_id WHERE opaque_tokens.hash = $1`

// OpaqueSession implements auth.OpaqueTokenStore.
func (s *Store) OpaqueSession(ctx context.Context, hash [32]byte) (auth.Session, auth.User, error) {
	var session auth.Session
	var user auth.User
	n, err := s.db.Read(ctx, func(r Row) { session, user = sessionAt(r), userAt(r, afterSession) }, selectOpaqueSession, hash[:])
	if err != nil {
		return auth.Session{}, auth.User{}, fmt.Errorf("find opaque token: %w", err)
	}
	if n == 0 {
		return auth.Session{}, auth.User{}, auth.ErrNotFound
	}
	return session, user, nil
}
