package sqlstore

import (
	"context"
	"sync/atomic"

	"github.com/cartouche-auth/cartouche/auth"
)

// eventCounts are a Database that counts the events which are recorded in it, by their kind. Every event goes through one statement, so it is enough to
// look for that; what is undone is not counted. Kinds that the domain does not know are not counted either, so that there are few of them.
type eventCounts struct {
	Database
	counts map[auth.EventKind]*atomic.Uint64
}

func countEvents(db Database) eventCounts {
	counts := map[auth.EventKind]*atomic.Uint64{}
	for _, kind := range auth.EventKinds() {
		counts[kind] = new(atomic.Uint64)
	}
	return eventCounts{db, counts}
}

// Write implements Database.
func (c eventCounts) Write(ctx context.Context, each Each, sql string, args ...any) (int, error) {
	n, err := c.Database.Write(ctx, each, sql, args...)
	if err == nil && sql == insertEvent {
		c.add(args[0])
	}
	return n, err
}

// InTx implements Database.
func (c eventCounts) InTx(ctx context.Context, work func(ctx context.Context, tx Tx) error) error {
	var seen eventsSeen
	err := c.Database.InTx(ctx, func(ctx context.Context, tx Tx) error {
		seen = eventsSeen{Tx: tx, kinds: seen.kinds[:0]} // an earlier try was undone
		return work(ctx, &seen)
	})
	if err == nil {
		for _, kind := range seen.kinds {
			c.add(kind)
		}
	}
	return err
}

func (c eventCounts) add(kind any) {
	name, _ := kind.(string)
	if count, ok := c.counts[auth.EventKind(name)]; ok {
		count.Add(1)
	}
}

// Stats implements Database.
func (c eventCounts) Stats() Stats {
	stats := c.Database.Stats()
	stats.Events = make(map[auth.EventKind]uint64, len(c.counts))
	for kind, count := range c.counts {
		stats.Events[kind] = count.Load()
	}
	return stats
}

// eventsSeen notes the events of one transaction.
type eventsSeen struct {
	Tx
	kinds []any
}

// Run implements Tx.
func (s *eventsSeen) Run(ctx context.Context, each Each, sql string, args ...any) (int, error) {
	n, err := s.Tx.Run(ctx, each, sql, args...)
	if err == nil && sql == insertEvent {
		s.kinds = append(s.kinds, args[0])
	}
	return n, err
}
