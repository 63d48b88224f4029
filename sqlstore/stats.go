package sqlstore

import (
	"time"

	"github.com/cartouche-auth/cartouche/auth"
)

// Stats are what a database does now, and what it has done since it was opened. The part of the other kind of database is nil.
type Stats struct {
	Writer *WriterStats
	Pool   *PoolStats
	// Events were recorded by this process, by their kind: every kind that there is, and no other.
	Events map[auth.EventKind]uint64
}

// WriterStats are about the one connection of SQLite that writes, and commits in groups.
type WriterStats struct {
	Waiting int    // writes that wait for their turn now
	Writes  uint64 // that were taken
	Commits uint64 // transactions that they shared; Writes over Commits is the size of a group
}

// PoolStats are about the connections to PostgreSQL.
type PoolStats struct {
	Max, Open, Used int           // connections: allowed, open, and at work now
	Acquired        uint64        // times that a connection was taken
	Waited          uint64        // of those, how often one had to be waited for
	WaitTime        time.Duration // that all of those together waited
}

// Stats are the counters of the database. It asks nothing of it.
func (s *Store) Stats() Stats { return s.db.Stats() }
