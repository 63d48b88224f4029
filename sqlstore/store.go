// Package sqlstore keeps users, sessions, keys and events in SQL. Every statement of the project stands here, once, in words that SQLite and
// PostgreSQL both understand, beside the method that runs it. Packages sqlite and postgres open a database and make a [Store] of it.
//
// Statements have their condition in the WHERE, so that one round trip decides and no lock outlives it. Points in time are Unix
// milliseconds, and none of them comes from the database itself: the caller brings the time.
package sqlstore

import (
	"context"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
)

// Store is an [auth.Store] over a SQL database. Concurrent use is safe, also by several processes on one database.
type Store struct {
	db      Database
	revoked func() // nil: nobody else is told
}

var _ auth.Store = (*Store)(nil)

// New makes a Store of an open database, whose schema is up to date. Most callers want sqlite.Open or postgres.Open.
func New(db Database) *Store { return &Store{db: countEvents(db)} }

// Through is the same store, but that everything it asks of its database goes through what wrap makes, for instance to trace it. Closing either closes both.
func (s *Store) Through(wrap func(Database) Database) *Store {
	other := *s
	other.db = wrap(s.db)
	return &other
}

// Close waits for what is under way and lets the database go. Calls that come later answer auth.ErrUnavailable.
func (s *Store) Close() error { return s.db.Close() }

// Now is the database's clock.
func (s *Store) Now() time.Time { return s.db.Now() }

const touchPing = `UPDATE counters SET value = value + 1 WHERE name = 'ping'`

// Ping asks whether the database answers and takes writes, by writing: a database that is read-only or full answers reads all the same.
func (s *Store) Ping(ctx context.Context) error {
	_, err := s.db.Write(ctx, nil, touchPing)
	return err
}
