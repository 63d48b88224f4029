package django

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // the driver named sqlite
)

// Source is an open Django database, seen as it was at one moment. Nothing is ever written to it. It is not safe for concurrent use.
type Source struct {
	db      *sql.DB
	tx      *sql.Tx
	dialect dialect
	schema  schema
	zone    *time.Location // of points in time without one
}

// SourceConfig says where Django keeps its users. Only From is needed.
type SourceConfig struct {
	// From is postgres://… or sqlite:PATH.
	From string
	// UserTable is the table of a custom user model; empty: it is found through the foreign keys that lead to it.
	UserTable string
	// UsernameColumn is the column of the model's USERNAME_FIELD; empty: username, or email where there is none.
	UsernameColumn string
	// TimeZone is TIME_ZONE where USE_TZ is off, so that the database holds local times; nil: UTC. Where an hour comes twice, in autumn, nobody can tell
	// which one was meant.
	TimeZone *time.Location
}

// Open opens a Django database and finds its tables. The caller closes it.
func Open(ctx context.Context, c SourceConfig) (*Source, error) {
	s, err := connect(ctx, c.From)
	if err != nil {
		return nil, err
	}
	if s.zone = c.TimeZone; s.zone == nil {
		s.zone = time.UTC
	}
	if s.schema, err = s.discover(ctx, c); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close lets the database go.
func (s *Source) Close() error {
	_ = s.tx.Rollback() // nothing was written, and the connection ends anyway
	return s.db.Close()
}

func connect(ctx context.Context, from string) (*Source, error) {
	scheme, rest, _ := strings.Cut(from, ":")
	switch {
	case scheme == "sqlite" && rest != "":
		return connectSQLite(ctx, rest)
	case scheme == "postgres" || scheme == "postgresql":
		return connectPostgres(ctx, from)
	default:
		return nil, errors.New("must be postgres://USER:PASSWORD@HOST/NAME or sqlite:PATH") // never the text, which may hold a password
	}
}

func connectSQLite(ctx context.Context, path string) (*Source, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	full, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	query := url.Values{"mode": {"ro"}, "_pragma": {"query_only(1)", "trusted_schema(0)", "busy_timeout(5000)"}, "_dqs": {"0"}}
	// Without a log of its own, the file is all there is, and not even a lock needs to be written beside it.
	if log, err := os.Stat(path + "-wal"); err != nil || log.Size() == 0 {
		query.Set("immutable", "1")
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: filepath.ToSlash(full), RawQuery: query.Encode()}).String())
	if err != nil {
		return nil, err
	}
	return begin(ctx, db, sqliteDialect{}, nil)
}

func connectPostgres(ctx context.Context, from string) (*Source, error) {
	config, err := pgx.ParseConfig(from)
	if err != nil {
		return nil, errors.New("the URL cannot be read: must be like postgres://user:password@host:5432/database") // the driver's words may quote the password
	}
	maps.Copy(config.RuntimeParams, map[string]string{"timezone": "UTC", "datestyle": "ISO, YMD", "application_name": "cartouche import"})
	return begin(ctx, stdlib.OpenDB(*config), postgresDialect{}, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
}

// begin sees everything in one transaction: rows that change while we read must not make two halves that do not fit.
func begin(ctx context.Context, db *sql.DB, d dialect, options *sql.TxOptions) (*Source, error) {
	tx, err := db.BeginTx(ctx, options)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open database: %w", err), db.Close())
	}
	return &Source{db: db, tx: tx, dialect: d}, nil
}

// row is one row, every column as text; nil is NULL.
type row []*string

// rows runs a query whose columns are all text, and hands over each row. The row is the caller's to keep.
func (s *Source) rows(ctx context.Context, columns int, each func(row) error, query string, args ...any) error {
	list, err := s.tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer list.Close() //nolint:errcheck // nothing was written, and Err tells what went wrong
	into := make([]any, columns)
	for list.Next() {
		r := make(row, columns)
		for i := range r {
			into[i] = &r[i]
		}
		if err := list.Scan(into...); err != nil {
			return err
		}
		if err := each(r); err != nil {
			return err
		}
	}
	return list.Err()
}

// count runs a query for one number.
func (s *Source) count(ctx context.Context, query string, args ...any) (n int, err error) {
	err = s.tx.QueryRowContext(ctx, query, args...).Scan(&n)
	return n, err
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// stamp is a point in time as the column of a table has it: in UTC where it knows zones, by the clock on Django's wall where it does not.
func (s *Source) stamp(table, column string, at time.Time) string {
	zone := s.zone
	if s.schema.tables[table].kind(column) == zoned {
		zone = time.UTC
	}
	return at.In(zone).Format("2006-01-02 15:04:05")
}

// asText selects a column as text, so that a value that its type does not allow is reported and stops nothing.
func asText(column string) string { return "CAST(" + column + " AS text)" }
