package sqlstore

import (
	"context"

	"github.com/cartouche-auth/cartouche/auth"
)

// evictSessions ends what is beyond the newest $6 besides the session $4. PostgreSQL and SQLite agree on no way to say "no limit".
const evictSessions = `
UPDATE sessions SET ended_at = $1, end_reason = $2
WHERE id IN (
	SELECT id FROM sessions
	WHERE user_id = $3 AND id <> $4 AND ended_at IS NULL AND idle_expires_at > $1 AND absolute_expires_at > $1
	ORDER BY confirmed_at DESC, created_at DESC, id LIMIT $5 OFFSET $6)
	AND ended_at IS NULL
RETURNING id`

const noLimit = 1 << 40

// open adds a session with its event, and ends those that are too many with it. Whoever calls holds the row of the user: of two that open at once, the
// second sees the session of the first, so that no burst of sign-ins goes past the bound.
func open(ctx context.Context, tx Tx, opening auth.Opening) ([]auth.SessionID, error) {
	session, event := opening.Session, opening.Event
	if _, err := tx.Run(ctx, nil, insertSession, sessionArgs(session)...); err != nil {
		return nil, err
	}
	if err := record(ctx, tx, event); err != nil || opening.Bound == 0 {
		return nil, err
	}
	var evicted []auth.SessionID
	at := session.CreatedAt
	_, err := tx.Run(ctx, func(r Row) { evicted = append(evicted, idAt(r, 0)) }, evictSessions,
		millis(at), string(auth.EndedAsEvicted), text(string(session.UserID)), session.ID[:], int64(noLimit), int64(opening.Bound-1))
	if err != nil {
		return nil, err
	}
	for _, id := range evicted {
		event.Kind, event.SessionID, event.Detail, event.Actor = auth.EventSessionEnded, id, string(auth.EndedAsEvicted), auth.ActorSystem
		if err := record(ctx, tx, event); err != nil {
			return nil, err
		}
	}
	return evicted, revokeSessions(ctx, tx, evicted, auth.EndedAsEvicted, at)
}

// notifyOf lets other processes know of sessions that have been ended, once that is durable.
func (s *Store) notifyOf(ended []auth.SessionID) {
	if len(ended) > 0 {
		s.db.Notify()
	}
}
