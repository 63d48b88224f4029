package sqlite

import (
	"context"

	"github.com/cartouche-auth/cartouche/sqlstore"
)

// OpenWith opens a store whose writing connection has further pragmas, so that a test can have a full or a read-only database.
func OpenWith(ctx context.Context, path string, pragmas ...string) (*sqlstore.Store, error) {
	db, err := open(ctx, path, pragmas...)
	if err != nil {
		return nil, err
	}
	return sqlstore.New(db), nil
}

// OpenDatabase opens a database without a store around it.
func OpenDatabase(ctx context.Context, path string) (sqlstore.Database, error) {
	return open(ctx, path)
}

// Waiting is how many jobs wait for the writer of a database.
func Waiting(db sqlstore.Database) int { return len(db.(*database).writer.queue) }
