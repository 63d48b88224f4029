package sqlstore

import (
	"context"
	"fmt"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
)

const (
	// pruneBatch is how many rows one statement looks at: few enough that nobody waits behind it.
	pruneBatch = 500
	// revocationLife is far longer than any access token lives, so a revocation that is older kills nothing any more.
	revocationLife = time.Hour
)

// Sessions are walked in the order in which they were made. That order never changes, so a refresh has no index to keep up, and a session
// that was over before the horizon was made before it: younger ones are not even looked at.
const (
	selectPruneEnd = `
SELECT created_at, id FROM sessions WHERE (created_at, id) > ($1, $2) AND created_at < $3
ORDER BY created_at, id LIMIT 1 OFFSET $4`

	pruneSessions = `
DELETE FROM sessions
WHERE (created_at, id) > ($1, $2) AND (created_at, id) <= ($3, $4)
	AND (ended_at < $5 OR idle_expires_at < $5 OR absolute_expires_at < $5)`
)

const (
	pruneRevocations = `
DELETE FROM revocations WHERE seq IN (SELECT seq FROM revocations WHERE stored_at < $1 AND not_before < $1 ORDER BY stored_at LIMIT $2)`
	pruneTokens = `
DELETE FROM one_time_tokens WHERE (user_id, purpose) IN (SELECT user_id, purpose FROM one_time_tokens WHERE expires_at < $1 LIMIT $2) AND expires_at < $1`
	// An opaque token stays known, and so does a session that was used or signed out: a later import would bring one back whose owner has signed out.
	pruneImported = `
DELETE FROM imported_tokens WHERE (kind, hash) IN
	(SELECT kind, hash FROM imported_tokens WHERE expires_at < $1 AND kind <> 'token' AND (kind <> 'session' OR session_id IS NULL)
	ORDER BY expires_at LIMIT $2) AND expires_at < $1`
	pruneLimits = `DELETE FROM limits WHERE key IN (SELECT key FROM limits WHERE arrival < $1 LIMIT $2) AND arrival < $1`
)

// Prune implements auth.SessionStore.
func (s *Store) Prune(ctx context.Context, before auth.Horizon) (int, error) {
	total, err := s.pruneSessions(ctx, millis(before.Sessions))
	if err != nil {
		return total, fmt.Errorf("prune sessions: %w", err)
	}
	for _, p := range []struct {
		sql    string
		before time.Time
	}{
		{pruneRevocations, before.Now.Add(-revocationLife)},
		{pruneTokens, before.Now},
		{pruneImported, before.Now},
		{pruneLimits, before.Now},
	} {
		n, err := s.pruneBatches(ctx, p.sql, millis(p.before))
		total += n
		if err != nil {
			return total, fmt.Errorf("prune: %w", err)
		}
	}
	return total, nil
}

// pruneBatches repeats a statement until it finds less than a batch.
func (s *Store) pruneBatches(ctx context.Context, sql string, before int64) (total int, err error) {
	for {
		n, err := s.db.Write(ctx, nil, sql, before, int64(pruneBatch))
		total += n
		if err != nil || n < pruneBatch {
			return total, err
		}
	}
}

// pruneSessions walks the sessions made before the horizon, a batch at a time, and deletes those that were over before it.
func (s *Store) pruneSessions(ctx context.Context, before int64) (total int, err error) {
	from, fromID := int64(-1), auth.SessionID{}
	for {
		to, toID := before, auth.SessionID{}
		n, err := s.db.Read(ctx, func(r Row) { to, toID = r.Int(0), idAt(r, 1) }, selectPruneEnd, from, fromID[:], before, int64(pruneBatch-1))
		if err != nil {
			return total, err
		}
		deleted, err := s.db.Write(ctx, nil, pruneSessions, from, fromID[:], to, toID[:], before)
		total += deleted
		if err != nil || n == 0 {
			return total, err
		}
		from, fromID = to, toID
	}
}
