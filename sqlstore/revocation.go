package sqlstore

import (
	"context"
	"fmt"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
)

const selectRevocations = `SELECT kind, subject, not_before, reason FROM revocations WHERE stored_at > $1`

// Revocations implements auth.RevocationStore.
func (s *Store) Revocations(ctx context.Context, after time.Time) ([]auth.Revocation, error) {
	var list []auth.Revocation
	_, err := s.db.Read(ctx, func(r Row) {
		list = append(list, auth.Revocation{Kind: auth.RevocationKind(r.Text(0)), Subject: r.Text(1), NotBefore: timeAt(r, 2), Reason: r.Text(3)})
	}, selectRevocations, millis(after))
	if err != nil {
		return nil, fmt.Errorf("list revocations: %w", err)
	}
	return list, nil
}

// AwaitRevocation implements auth.RevocationStore.
func (s *Store) AwaitRevocation(ctx context.Context) error { return s.db.Await(ctx) }

// AfterRevocation has tell called whenever a revocation has become durable, so that other processes hear of it on another line than the database's. Tell must
// not wait. It is called once, before the store is used.
func (s *Store) AfterRevocation(tell func()) { s.revoked = tell }

// Revoke implements auth.RevocationStore.
func (s *Store) Revoke(ctx context.Context, revocation auth.Revocation, event auth.Event) error {
	err := s.inRevokingTx(ctx, func(ctx context.Context, tx Tx) error {
		if err := revoke(ctx, tx, revocation, event.At); err != nil {
			return err
		}
		return record(ctx, tx, event)
	})
	if err != nil {
		return fmt.Errorf("revoke: %w", err)
	}
	return nil
}

// inRevokingTx runs work that stores revocations, and lets other processes know once they are durable. Not before: they would find nothing.
func (s *Store) inRevokingTx(ctx context.Context, work func(context.Context, Tx) error) error {
	err := s.db.InTx(ctx, work)
	if err == nil {
		s.db.Notify()
		if s.revoked != nil {
			s.revoked()
		}
	}
	return err
}

const insertRevocation = `INSERT INTO revocations (kind, subject, not_before, reason, stored_at) VALUES ($1, $2, $3, $4, $5)`

func revoke(ctx context.Context, tx Tx, r auth.Revocation, at time.Time) error {
	_, err := tx.Run(ctx, nil, insertRevocation, string(r.Kind), text(r.Subject), millis(r.NotBefore), text(r.Reason), millis(at))
	return err
}

// revokeSessions revokes the access tokens of sessions that have just been ended.
func revokeSessions(ctx context.Context, tx Tx, ids []auth.SessionID, reason auth.EndReason, at time.Time) error {
	for _, id := range ids {
		r := auth.Revocation{Kind: auth.RevokedSession, Subject: id.String(), NotBefore: at, Reason: string(reason)}
		if err := revoke(ctx, tx, r, at); err != nil {
			return err
		}
	}
	return nil
}
