package sqlstore

import (
	"context"
	"fmt"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
)

const sessionColumns = `sessions.id, sessions.user_id, sessions.parent, sessions.previous, sessions.generation, sessions.confirmed_at, sessions.created_at,
	sessions.idle_lifetime, sessions.idle_expires_at, sessions.absolute_expires_at, sessions.remember, sessions.method, sessions.label,
	sessions.user_agent, sessions.address, sessions.ended_at, sessions.end_reason`

// afterSession is the column that follows sessionColumns.
const afterSession = 17

// sessionAt reads sessionColumns, the first of which is column 0.
func sessionAt(r Row) auth.Session {
	return auth.Session{
		ID: idAt(r, 0), UserID: auth.UserID(r.Text(1)), Parent: idAt(r, 2), Previous: idAt(r, 3), Generation: r.Int(4),
		ConfirmedAt: timeAt(r, 5), CreatedAt: timeAt(r, 6),
		IdleLifetime: durationAt(r, 7), IdleExpiresAt: timeAt(r, 8), AbsoluteExpiresAt: timeAt(r, 9),
		Remember: r.Bool(10), Method: r.Text(11), Label: r.Text(12), UserAgent: r.Text(13), Address: r.Text(14),
		EndedAt: timeAt(r, 15), EndReason: auth.EndReason(r.Text(16)),
	}
}

const touchLogin = `UPDATE users SET last_login = $1 WHERE id = $2 AND is_active`

const insertSession = `
INSERT INTO sessions (id, user_id, parent, previous, generation, confirmed_at, created_at, idle_lifetime, idle_expires_at, absolute_expires_at,
	remember, method, label, user_agent, address, ended_at, end_reason)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`

// CreateSession implements auth.SessionStore. The first statement holds the user's row until the end, so a user who is being disabled
// either refuses this session or ends it.
func (s *Store) CreateSession(ctx context.Context, opening auth.Opening) ([]auth.SessionID, error) {
	session := opening.Session
	var evicted []auth.SessionID
	err := s.db.InTx(ctx, func(ctx context.Context, tx Tx) error {
		n, err := tx.Run(ctx, nil, touchLogin, millis(session.CreatedAt), text(string(session.UserID)))
		if err != nil {
			return err
		}
		if n == 0 {
			return auth.ErrUserInactive
		}
		if evicted, err = open(ctx, tx, opening); err != nil {
			return err
		}
		if session.Opaque != [32]byte{} {
			if _, err := tx.Run(ctx, nil, insertOpaqueToken, session.Opaque[:], session.ID[:]); err != nil {
				return err
			}
		}
		return queue(ctx, tx, opening.Mails)
	})
	if err != nil {
		return nil, fmt.Errorf("create session: %w", err)
	}
	s.notifyOf(evicted)
	return evicted, nil
}

// sessionArgs are the arguments of insertSession.
func sessionArgs(s auth.Session) []any {
	return []any{
		s.ID[:], text(string(s.UserID)), s.Parent[:], s.Previous[:], s.Generation, millis(s.ConfirmedAt), millis(s.CreatedAt),
		s.IdleLifetime.Milliseconds(), millis(s.IdleExpiresAt), millis(s.AbsoluteExpiresAt), s.Remember, text(s.Method), text(s.Label),
		text(s.UserAgent), text(s.Address), millisOrNull(s.EndedAt), string(s.EndReason),
	}
}

// confirmSession changes no indexed column and no row's size, so PostgreSQL rewrites the row within its page and no index grows.
const confirmSession = `
UPDATE sessions
SET previous = parent, parent = $1, generation = $2, confirmed_at = $3,
	idle_expires_at = CASE WHEN $3 + idle_lifetime < absolute_expires_at THEN $3 + idle_lifetime ELSE absolute_expires_at END
WHERE id = $4 AND parent = $5 AND generation < $2 AND ended_at IS NULL AND idle_expires_at > $3 AND absolute_expires_at > $3
	AND (SELECT users.is_active FROM users WHERE users.id = sessions.user_id)
RETURNING ` + sessionColumns

// ConfirmSession implements auth.SessionStore. The age of the token is no matter of the row, so a token that is too young never reaches the database.
func (s *Store) ConfirmSession(ctx context.Context, c auth.Confirmation) (auth.Session, bool, error) {
	if c.Now.Sub(c.BornAt) < c.MinAge {
		return auth.Session{}, false, ctx.Err()
	}
	var session auth.Session
	n, err := s.db.Write(ctx, func(r Row) { session = sessionAt(r) }, confirmSession, c.Own[:], c.Generation, millis(c.Now), c.SessionID[:], c.Parent[:])
	if err != nil {
		return auth.Session{}, false, err
	}
	return session, n > 0, nil
}

const selectSession = `
SELECT ` + sessionColumns + `, users.is_active FROM sessions JOIN users ON users.id = sessions.user_id WHERE sessions.id = $1`

// Session implements auth.SessionStore.
func (s *Store) Session(ctx context.Context, id auth.SessionID) (session auth.Session, userActive bool, err error) {
	n, err := s.db.Read(ctx, func(r Row) { session, userActive = sessionAt(r), r.Bool(afterSession) }, selectSession, id[:])
	if err != nil {
		return auth.Session{}, false, fmt.Errorf("find session: %w", err)
	}
	if n == 0 {
		return auth.Session{}, false, auth.ErrNotFound
	}
	return session, userActive, nil
}

const selectSessionUser = `
SELECT ` + sessionColumns + `, ` + userColumns + ` FROM sessions JOIN users ON users.id = sessions.user_id WHERE sessions.id = $1`

// SessionUser implements auth.SessionStore.
func (s *Store) SessionUser(ctx context.Context, id auth.SessionID) (auth.Session, auth.User, error) {
	var session auth.Session
	var user auth.User
	n, err := s.db.Read(ctx, func(r Row) { session, user = sessionAt(r), userAt(r, afterSession) }, selectSessionUser, id[:])
	if err != nil {
		return auth.Session{}, auth.User{}, fmt.Errorf("find session: %w", err)
	}
	if n == 0 {
		return auth.Session{}, auth.User{}, auth.ErrNotFound
	}
	return session, user, nil
}

const selectLiveSessions = `
SELECT ` + sessionColumns + ` FROM sessions
WHERE user_id = $1 AND ended_at IS NULL AND idle_expires_at > $2 AND absolute_expires_at > $2
ORDER BY confirmed_at DESC, created_at DESC, id`

// Sessions implements auth.SessionStore.
func (s *Store) Sessions(ctx context.Context, user auth.UserID, now time.Time) ([]auth.Session, error) {
	var sessions []auth.Session
	_, err := s.db.Read(ctx, func(r Row) { sessions = append(sessions, sessionAt(r)) }, selectLiveSessions, text(string(user)), millis(now))
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return sessions, nil
}

const selectKnownClients = `
SELECT DISTINCT address, user_agent FROM sessions WHERE user_id = $1 AND (address <> '' OR user_agent <> '') LIMIT 1000`

// KnownClients implements auth.SessionStore.
func (s *Store) KnownClients(ctx context.Context, user auth.UserID) ([]auth.Client, error) {
	var known []auth.Client
	_, err := s.db.Read(ctx, func(r Row) {
		known = append(known, auth.Client{Address: r.Text(0), UserAgent: r.Text(1)})
	}, selectKnownClients, text(string(user)))
	if err != nil {
		return nil, fmt.Errorf("list known clients: %w", err)
	}
	return known, nil
}

const updateLabel = `
UPDATE sessions SET label = $1 WHERE id = $2 AND user_id = $3 AND ended_at IS NULL AND idle_expires_at > $4 AND absolute_expires_at > $4`

// LabelSession implements auth.SessionStore.
func (s *Store) LabelSession(ctx context.Context, user auth.UserID, id auth.SessionID, label string, event auth.Event) error {
	err := s.db.InTx(ctx, func(ctx context.Context, tx Tx) error {
		n, err := tx.Run(ctx, nil, updateLabel, text(label), id[:], text(string(user)), millis(event.At))
		switch {
		case err != nil:
			return err
		case n == 0:
			return auth.ErrNotFound
		}
		return record(ctx, tx, event)
	})
	if err != nil {
		return fmt.Errorf("label session: %w", err)
	}
	return nil
}
