package sqlstore

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
)

const sealedColumns = eventColumns + `, seq, position, hash`

const (
	selectSealed   = `SELECT ` + sealedColumns + ` FROM events WHERE position > $1 ORDER BY position LIMIT $2`
	selectUnsealed = `SELECT ` + sealedColumns + ` FROM events WHERE position IS NULL AND seq > $1 ORDER BY seq LIMIT $2`
)

// SealedEvents implements auth.ChainStore.
func (s *Store) SealedEvents(ctx context.Context, after int64, limit int) ([]auth.SealedEvent, error) {
	return s.sealedEvents(ctx, s.db.Read, selectSealed, after, limit)
}

// UnsealedEvents implements auth.ChainStore.
func (s *Store) UnsealedEvents(ctx context.Context, after int64, limit int) ([]auth.SealedEvent, error) {
	return s.sealedEvents(ctx, s.db.Read, selectUnsealed, after, limit)
}

func (s *Store) sealedEvents(ctx context.Context, run runner, sql string, after int64, limit int) ([]auth.SealedEvent, error) {
	var events []auth.SealedEvent
	_, err := run(ctx, func(r Row) {
		events = append(events, auth.SealedEvent{
			Event: eventAt(r), Seq: r.Int(afterEvent), Link: auth.Link{Position: r.Int(afterEvent + 1), Hash: macAt(r, afterEvent+2)},
		})
	}, sql, after, limitOf(limit))
	if err != nil {
		return nil, fmt.Errorf("read the chain: %w", err)
	}
	return events, nil
}

// runner runs one statement.
type runner = func(ctx context.Context, each Each, sql string, args ...any) (int, error)

// macAt reads a hash. Hashes are text in the store: a list of values needs no casts then, and people can read them. What is none is zero.
func macAt(r Row, column int) (h auth.Hash) {
	if b, err := hex.DecodeString(r.Text(column)); err == nil && len(b) == len(h) {
		h = auth.Hash(b)
	}
	return h
}

const selectChain = `SELECT name, position, hash, mac FROM chain`

// The names of the marks.
const (
	markAnchor = "anchor"
	markHead   = "head"
)

// Chain implements auth.ChainStore.
func (s *Store) Chain(ctx context.Context) (auth.Chain, error) {
	marks := map[string]auth.Mark{}
	_, err := s.db.Read(ctx, func(r Row) { marks[r.Text(0)] = markAt(r, 1) }, selectChain)
	if err != nil {
		return auth.Chain{}, fmt.Errorf("read the chain: %w", err)
	}
	return auth.Chain{Anchor: marks[markAnchor], Head: marks[markHead]}, nil
}

func markAt(r Row, c int) auth.Mark {
	return auth.Mark{Link: auth.Link{Position: r.Int(c), Hash: macAt(r, c+1)}, MAC: macAt(r, c+2)}
}

const (
	// lockMark writes nothing new: whoever has written the row holds it until the end of his transaction.
	lockMark    = `UPDATE chain SET position = position WHERE name = $1 RETURNING position, hash, mac`
	selectLast  = `SELECT COALESCE(MAX(position), 0) FROM events`
	updateMark  = `UPDATE chain SET position = $1, hash = $2, mac = $3 WHERE name = $4`
	updateSeals = `UPDATE events SET position = seals.column2, hash = seals.column3 FROM (VALUES (CAST(0 AS bigint), CAST(0 AS bigint), ''), ($1, $2, $3)) AS seals
WHERE events.seq = seals.column1 AND events.position IS NULL`
	deletePruned = `DELETE FROM events WHERE position <= $1`
)

// The first row of the values only tells PostgreSQL their types; there is no event 0.
var sealEvents = newMany(updateSeals, 3)

// SealEvents implements auth.ChainStore.
func (s *Store) SealEvents(ctx context.Context, limit int, seal func(auth.Mark, int64, []auth.SealedEvent) ([]auth.Link, auth.Mark)) (n int, err error) {
	err = s.db.InTx(ctx, func(ctx context.Context, tx Tx) error {
		n = 0
		head, err := lock(ctx, tx, markHead)
		if err != nil {
			return err
		}
		events, err := s.sealedEvents(ctx, tx.Run, selectUnsealed, math.MinInt64, limit)
		if err != nil || len(events) == 0 {
			return err
		}
		var last int64
		if _, err := tx.Run(ctx, func(r Row) { last = r.Int(0) }, selectLast); err != nil {
			return err
		}
		links, next := seal(head, last, events)
		args := make([]any, 0, 3*len(links))
		for i, l := range links {
			args = append(args, events[i].Seq, l.Position, l.Hash.String())
		}
		n = len(links)
		if err := sealEvents.run(ctx, tx, nil, args); err != nil {
			return err
		}
		return move(ctx, tx, markHead, next)
	})
	if err != nil {
		return 0, fmt.Errorf("seal events: %w", err)
	}
	return n, nil
}

// lock reads a mark and keeps others from it until the end of the transaction.
func lock(ctx context.Context, tx Tx, name string) (mark auth.Mark, err error) {
	n, err := tx.Run(ctx, func(r Row) { mark = markAt(r, 0) }, lockMark, name)
	if err == nil && n == 0 {
		err = errors.New("the " + name + " of the chain of events is gone from the database") // by hand: no statement of this package deletes it
	}
	return mark, err
}

func move(ctx context.Context, tx Tx, name string, mark auth.Mark) error {
	_, err := tx.Run(ctx, nil, updateMark, mark.Position, mark.Hash.String(), mark.MAC.String(), name)
	return err
}

// PruneEvents implements auth.ChainStore.
func (s *Store) PruneEvents(ctx context.Context, before time.Time, mark func(auth.Link) auth.Mark) (total int, err error) {
	for {
		n, err := s.pruneEvents(ctx, before, mark)
		total += n
		if err != nil {
			return total, fmt.Errorf("prune events: %w", err)
		}
		if n < pruneBatch {
			return total, nil
		}
	}
}

// pruneEvents prunes a batch. The page is read again once nobody else can prune: an anchor must never go back.
func (s *Store) pruneEvents(ctx context.Context, before time.Time, mark func(auth.Link) auth.Mark) (n int, err error) {
	if first, err := s.SealedEvents(ctx, math.MinInt64, 1); err != nil || pruned(first, before) == 0 {
		return 0, err
	}
	err = s.db.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if _, err := lock(ctx, tx, markAnchor); err != nil {
			return err
		}
		events, err := s.sealedEvents(ctx, tx.Run, selectSealed, math.MinInt64, pruneBatch)
		n = pruned(events, before)
		if err != nil || n == 0 {
			return err
		}
		last := events[n-1].Link
		if _, err := tx.Run(ctx, nil, deletePruned, last.Position); err != nil {
			return err
		}
		return move(ctx, tx, markAnchor, mark(last))
	})
	return n, err
}

// pruned is how many of the events, from the first on, are old enough.
func pruned(events []auth.SealedEvent, before time.Time) (n int) {
	for n < len(events) && events[n].At.Before(before) {
		n++
	}
	return n
}
