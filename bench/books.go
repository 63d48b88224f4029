package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// books tell what is in a database at rest.
type books interface {
	read(ctx context.Context) (stock, error)
}

// stock is what a database holds.
type stock struct {
	rows, bytes int64
	written     int64 // rows inserted, updated and deleted so far; PostgreSQL only
	log         int64 // bytes of write-ahead log so far; PostgreSQL only
}

// books opens the books of a site.
func (w *world) books(ctx context.Context, s site, database string) (books, error) {
	if database == "sqlite" {
		return sqliteBooks{s.sqliteFile()}, nil
	}
	c, err := w.postgres(ctx)
	return postgresBooks{c, growthSchema}, err
}

// sqliteBooks are those of a file.
type sqliteBooks struct{ path string }

func (b sqliteBooks) read(ctx context.Context) (s stock, err error) {
	db, err := sql.Open("sqlite", "file:"+b.path)
	if err != nil {
		return stock{}, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	const pages = `SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size`
	if err := db.QueryRowContext(ctx, pages).Scan(&s.bytes); err != nil {
		return stock{}, err
	}
	tables, err := sqliteTables(ctx, db)
	if err != nil {
		return stock{}, err
	}
	for _, table := range tables {
		var n int64
		if err := db.QueryRowContext(ctx, fmt.Sprintf("SELECT count(*) FROM %q", table)).Scan(&n); err != nil {
			return stock{}, err
		}
		s.rows += n
	}
	return s, nil
}

func sqliteTables(ctx context.Context, db *sql.DB) (tables []string, err error) {
	rows, err := db.QueryContext(ctx, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		tables = append(tables, name)
	}
	return tables, rows.Err()
}

// postgresBooks are those of a schema whose server connects under the schema's name.
type postgresBooks struct {
	cluster *cluster
	schema  string
}

func (b postgresBooks) read(ctx context.Context) (s stock, err error) {
	conn, err := pgx.Connect(ctx, b.cluster.url)
	if err != nil {
		return stock{}, err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	if err := b.atRest(ctx, conn); err != nil {
		return stock{}, err
	}
	const totals = `SELECT sum(pg_total_relation_size(relid))::bigint, sum(n_tup_ins + n_tup_upd + n_tup_del)::bigint FROM pg_stat_user_tables WHERE schemaname = $1`
	if err := conn.QueryRow(ctx, totals, b.schema).Scan(&s.bytes, &s.written); err != nil {
		return stock{}, err
	}
	const log = `SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint`
	if err := conn.QueryRow(ctx, log).Scan(&s.log); err != nil {
		return stock{}, err
	}
	rows, err := conn.Query(ctx, `SELECT relname::text FROM pg_stat_user_tables WHERE schemaname = $1`, b.schema)
	if err != nil {
		return stock{}, err
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return stock{}, err
	}
	for _, table := range tables {
		var n int64
		if err := conn.QueryRow(ctx, "SELECT count(*) FROM "+pgx.Identifier{b.schema, table}.Sanitize()).Scan(&n); err != nil {
			return stock{}, err
		}
		s.rows += n
	}
	return s, nil
}

// statisticsDelay is longer than PostgreSQL before 15 takes to make known what a session that ended has written.
const statisticsDelay = time.Second

// atRest waits until the server's connections are gone and their statistics are in.
func (b postgresBooks) atRest(ctx context.Context, conn *pgx.Conn) error {
	for {
		var connected int
		if err := conn.QueryRow(ctx, `SELECT count(*) FROM pg_stat_activity WHERE application_name = $1`, b.schema).Scan(&connected); err != nil {
			return err
		}
		if connected == 0 {
			return pause(ctx, statisticsDelay)
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
}
