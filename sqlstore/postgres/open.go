// Package postgres opens an auth store in a PostgreSQL database (version 13 or later). It is right for several machines: nodes share nothing but
// the database.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/cartouche-auth/cartouche/sqlstore"
)

// Open opens the store in the database that a URL names, such as postgres://user:password@host:5432/database, and brings its schema up to date;
// sqlstore.ErrNewerSchema when a newer version has been here. Parameters of the URL that pgx knows may be used, for example search_path,
// sslmode and pool_max_conns (default 16). No error ever shows the password. The caller closes the store.
func Open(ctx context.Context, url string) (*sqlstore.Store, error) {
	db, err := open(ctx, url, patience)
	if err != nil {
		return nil, fmt.Errorf("open postgres: %w", err)
	}
	return sqlstore.New(db), nil
}

// patience bounds everything that waits for the database: a connection, a free one in the pool, a lock, an answer. A database that hangs
// must cost a request seconds, not its life.
const patience = 5 * time.Second

func open(ctx context.Context, url string, patience time.Duration) (*database, error) {
	db, err := connect(ctx, url, patience)
	if err != nil {
		return nil, err
	}
	if _, err := migrate(ctx, db); err != nil {
		db.pool.Close()
		return nil, err
	}
	if db.clock, err = startClock(ctx, db); err != nil {
		db.pool.Close()
		return nil, err
	}
	db.notifier = startNotifier(ctx, db)
	return db, nil
}

const defaultMaxConns = 16

func connect(ctx context.Context, url string, patience time.Duration) (*database, error) {
	config, err := configOf(url, patience)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, translate(ctx, err)
	}
	return &database{pool: pool, patience: patience, readers: readers{late: late}}, nil
}

// configOf reads a URL. The driver's own error could quote a part of it, and with that the password, so it is not passed on.
func configOf(url string, patience time.Duration) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errors.New("the URL cannot be read: must be like postgres://user:password@host:5432/database")
	}
	plain, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, errors.New("the URL cannot be read")
	}
	// Rows are read in the binary format, which the other modes do not use. Behind a pooler without prepared statements, cache_describe works.
	if mode := config.ConnConfig.DefaultQueryExecMode; mode != pgx.QueryExecModeCacheStatement && mode != pgx.QueryExecModeCacheDescribe {
		return nil, errors.New("default_query_exec_mode: must be cache_statement or cache_describe")
	}
	if _, given := plain.RuntimeParams["pool_max_conns"]; !given {
		config.MaxConns = defaultMaxConns
	}
	if config.ConnConfig.ConnectTimeout == 0 || config.ConnConfig.ConnectTimeout > patience {
		config.ConnConfig.ConnectTimeout = patience
	}
	config.PingTimeout = patience
	// The server gives up a little before we do, so that a lock costs a statement and not a connection, and the outcome is known.
	statement := patience * 4 / 5
	parameters := config.ConnConfig.RuntimeParams
	for name, value := range map[string]string{
		"application_name":                    "cartouche",
		"statement_timeout":                   strconv.FormatInt(statement.Milliseconds(), 10),
		"idle_in_transaction_session_timeout": strconv.FormatInt(2*patience.Milliseconds(), 10),
	} {
		if _, given := parameters[name]; !given {
			parameters[name] = value
		}
	}
	return config, nil
}

// database is a pool of connections and what is known of the server's clock.
type database struct {
	pool     *pgxpool.Pool
	patience time.Duration
	clock    *clock
	readers  readers
	notifier *notifier
}

// Stats are the pool's. Whatever asks the pool takes one of its connections.
func (d *database) Stats() sqlstore.Stats {
	s := d.pool.Stat()
	return sqlstore.Stats{Pool: &sqlstore.PoolStats{
		Max: int(s.MaxConns()), Open: int(s.TotalConns()), Used: int(s.AcquiredConns()),
		Acquired: uint64(s.AcquireCount()), Waited: uint64(s.EmptyAcquireCount()), WaitTime: s.EmptyAcquireWaitTime(),
	}}
}

func (d *database) Now() time.Time { return d.clock.now() }

func (d *database) Close() error {
	d.notifier.close()
	d.clock.close()
	d.pool.Close()
	return nil
}
