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
func OpenDatabase(ctx context.Context, url string) (sqlstore.Database, error) {
	return open(ctx, url, patience)
}
