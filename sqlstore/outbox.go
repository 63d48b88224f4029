package sqlstore

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
)

const insertMail = `INSERT INTO mails (user_id, sealed, queued_at, tries, next_try_at, claimed_until) VALUES ($1, $2, $3, 0, $3, 0)`

// queue puts mails into the outbox, with the tokens that they carry.
func queue(ctx context.Context, tx Tx, mails []auth.OutboxMail) error {
	for _, m := range mails {
		if m.Token != nil {
			if err := issue(ctx, tx, *m.Token); err != nil {
				return err
			}
		}
		if _, err := tx.Run(ctx, nil, insertMail, text(string(m.UserID)), m.Sealed, millis(m.QueuedAt)); err != nil {
			return err
		}
	}
	return nil
}

// QueueMail implements auth.OutboxStore.
func (s *Store) QueueMail(ctx context.Context, mail auth.OutboxMail, event auth.Event) error {
	err := s.db.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if err := queue(ctx, tx, []auth.OutboxMail{mail}); err != nil {
			return err
		}
		return record(ctx, tx, event)
	})
	if err != nil {
		return fmt.Errorf("queue mail: %w", err)
	}
	return nil
}

// The condition stands outside too: a node that waited for another's claim looks at the row again.
const claimMails = `
UPDATE mails SET claimed_until = $1
WHERE next_try_at <= $2 AND claimed_until <= $2
	AND seq IN (SELECT seq FROM mails WHERE next_try_at <= $2 AND claimed_until <= $2 ORDER BY next_try_at, seq LIMIT $3)
RETURNING seq, user_id, sealed, queued_at, tries`

// ClaimMails implements auth.OutboxStore.
func (s *Store) ClaimMails(ctx context.Context, now, until time.Time, limit int) ([]auth.OutboxMail, error) {
	if any, err := s.mailIsDue(ctx, now); err != nil || !any {
		return nil, err
	}
	var mails []auth.OutboxMail
	_, err := s.db.Write(ctx, func(r Row) {
		mails = append(mails, auth.OutboxMail{
			Seq: r.Int(0), UserID: auth.UserID(r.Text(1)), Sealed: slices.Clone(r.Bytes(2)), QueuedAt: timeAt(r, 3), Tries: int(r.Int(4)),
		})
	}, claimMails, millis(until), millis(now), int64(limit))
	if err != nil {
		return nil, fmt.Errorf("claim mails: %w", err)
	}
	slices.SortFunc(mails, func(a, b auth.OutboxMail) int { return int(a.Seq - b.Seq) })
	return mails, nil
}

const selectMailDue = `SELECT 1 FROM mails WHERE next_try_at <= $1 AND claimed_until <= $1 LIMIT 1`

// mailIsDue spares the write that would claim nothing: nodes ask every second.
func (s *Store) mailIsDue(ctx context.Context, now time.Time) (bool, error) {
	n, err := s.db.Read(ctx, func(Row) {}, selectMailDue, millis(now))
	if err != nil {
		return false, fmt.Errorf("look for mails: %w", err)
	}
	return n > 0, nil
}

const deleteMail = `DELETE FROM mails WHERE seq = $1`

// MailDone implements auth.OutboxStore.
func (s *Store) MailDone(ctx context.Context, seq int64) error {
	if _, err := s.db.Write(ctx, nil, deleteMail, seq); err != nil {
		return fmt.Errorf("delete mail: %w", err)
	}
	return nil
}

// However long the queue is, looking at it costs no more than this.
const selectMailQueue = `SELECT COUNT(*), MIN(queued_at) FROM (SELECT queued_at FROM mails ORDER BY seq LIMIT 10000) AS front`

// MailQueue implements auth.OutboxStore.
func (s *Store) MailQueue(ctx context.Context) (auth.MailQueue, error) {
	var queue auth.MailQueue
	_, err := s.db.Read(ctx, func(r Row) {
		queue.Waiting = int(r.Int(0))
		if queue.Waiting > 0 {
			queue.Oldest = timeAt(r, 1)
		}
	}, selectMailQueue)
	if err != nil {
		return auth.MailQueue{}, fmt.Errorf("count mails: %w", err)
	}
	return queue, nil
}

const retryMail = `UPDATE mails SET tries = tries + 1, next_try_at = $1, claimed_until = 0 WHERE seq = $2`

// RetryMail implements auth.OutboxStore.
func (s *Store) RetryMail(ctx context.Context, seq int64, at time.Time) error {
	if _, err := s.db.Write(ctx, nil, retryMail, millis(at), seq); err != nil {
		return fmt.Errorf("retry mail: %w", err)
	}
	return nil
}
