package postgres

import (
	"context"
	"time"

	"github.com/cartouche-auth/cartouche/sqlstore"
)

// OpenImpatient opens a store that waits for its database no longer than it is told.
func OpenImpatient(ctx context.Context, url string, patience time.Duration) (*sqlstore.Store, error) {
	db, err := open(ctx, url, patience)
	if err != nil {
		return nil, err
	}
	return sqlstore.New(db), nil
}

// OpenDatabase opens a database without a store around it.
func OpenDatabase(ctx context.Context, url string, patience time.Duration) (sqlstore.Database, error) {
	return open(ctx, url, patience)
}

// Patience is how long a store waits for its database.
const Patience = patience

// Waiting is how many reads wait for a round trip to end.
func Waiting(db sqlstore.Database) int {
	w := &db.(*database).readers
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.waiting)
}

// MaxTrips is how many slow reads it takes for others to have to wait for one of them; MaxShared is how many waiting ones fill a round trip.
const (
	MaxTrips  = maxTrips
	MaxShared = maxShared
)

// SetLate says how long reads wait for a round trip before the next one begins. Nobody may be reading yet.
func SetLate(db sqlstore.Database, late time.Duration) { db.(*database).readers.late = late }

// Overdue tells whether a read has waited too long, and has to wait on.
func Overdue(db sqlstore.Database) bool {
	w := &db.(*database).readers
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.overdue
}
