package sqlstore

import (
	"context"
	"fmt"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
)

const endSession = `UPDATE sessions SET ended_at = $1, end_reason = $2 WHERE id = $3 AND ended_at IS NULL AND (parent = $4 OR $5)`

// EndSession implements auth.SessionStore.
func (s *Store) EndSession(ctx context.Context, end auth.SessionEnd, event auth.Event, mails ...auth.OutboxMail) (bool, error) {
	var done bool
	err := s.inRevokingTx(ctx, func(ctx context.Context, tx Tx) error {
		anyParent := end.Parent == [16]byte{}
		n, err := tx.Run(ctx, nil, endSession, millis(end.At), string(end.Reason), end.ID[:], end.Parent[:], anyParent)
		if done = n > 0; err != nil || !done {
			return err
		}
		if err := revokeSessions(ctx, tx, []auth.SessionID{end.ID}, end.Reason, end.At); err != nil {
			return err
		}
		if err := queue(ctx, tx, mails); err != nil {
			return err
		}
		return record(ctx, tx, event)
	})
	if err != nil {
		return false, fmt.Errorf("end session: %w", err)
	}
	return done, nil
}

const endLiveSessions = `
UPDATE sessions SET ended_at = $1, end_reason = $2
WHERE user_id = $3 AND id <> $4 AND ended_at IS NULL AND idle_expires_at > $1 AND absolute_expires_at > $1
RETURNING id`

// EndSessions implements auth.SessionStore.
func (s *Store) EndSessions(ctx context.Context, user auth.UserID, keep auth.SessionID, end auth.SessionEnd, event auth.Event, mails ...auth.OutboxMail) (int, error) {
	var ended []auth.SessionID
	err := s.inRevokingTx(ctx, func(ctx context.Context, tx Tx) error {
		ended = ended[:0]
		_, err := tx.Run(ctx, func(r Row) { ended = append(ended, idAt(r, 0)) }, endLiveSessions,
			millis(end.At), string(end.Reason), text(string(user)), keep[:])
		if err != nil {
			return err
		}
		if err := revokeSessions(ctx, tx, ended, end.Reason, end.At); err != nil {
			return err
		}
		if err := shut(ctx, tx, user, end.At); err != nil {
			return err
		}
		if len(ended) > 0 {
			if err := queue(ctx, tx, mails); err != nil {
				return err
			}
		}
		return record(ctx, tx, event)
	})
	if err != nil {
		return 0, fmt.Errorf("end sessions: %w", err)
	}
	return len(ended), nil
}

const (
	endEverySession  = `UPDATE sessions SET ended_at = $1, end_reason = $2 WHERE ended_at IS NULL`
	closeEveryImport = `UPDATE imported_users SET closed_at = $1 WHERE closed_at IS NULL`
)

// EndEverything implements auth.SessionStore.
func (s *Store) EndEverything(ctx context.Context, end auth.SessionEnd, event auth.Event) (int, error) {
	var n int
	err := s.inRevokingTx(ctx, func(ctx context.Context, tx Tx) error {
		var err error
		if n, err = tx.Run(ctx, nil, endEverySession, millis(end.At), string(end.Reason)); err != nil {
			return err
		}
		if _, err := tx.Run(ctx, nil, closeEveryImport, millis(end.At)); err != nil {
			return err
		}
		if err := revoke(ctx, tx, auth.Revocation{Kind: auth.RevokedEverything, NotBefore: end.At, Reason: string(end.Reason)}, end.At); err != nil {
			return err
		}
		return record(ctx, tx, event)
	})
	if err != nil {
		return 0, fmt.Errorf("end everything: %w", err)
	}
	return n, nil
}

// endUserSessions ends also sessions that have run out by themselves: should the clock be set back, none may come to life again.
const endUserSessions = `UPDATE sessions SET ended_at = $1, end_reason = $2 WHERE user_id = $3 AND id <> $4 AND ended_at IS NULL RETURNING id`

func endAll(ctx context.Context, tx Tx, user auth.UserID, keep auth.SessionID, reason auth.EndReason, at time.Time) ([]auth.SessionID, error) {
	var ended []auth.SessionID
	_, err := tx.Run(ctx, func(r Row) { ended = append(ended, idAt(r, 0)) }, endUserSessions, millis(at), string(reason), text(string(user)), keep[:])
	if err != nil {
		return nil, err
	}
	return ended, shut(ctx, tx, user, at)
}
