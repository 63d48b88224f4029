// Package sqlite opens an auth store in a SQLite file. It needs no other program and no cgo, and is right for one machine: every answer waits until
// its change is on the disk, and many changes share one wait.
package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"time"

	"modernc.org/sqlite"

	"github.com/cartouche-auth/cartouche/sqlstore"
)

// Open opens the store in a file, and makes file and folder when there are none, readable by their owner only. It brings the schema up to date;
// sqlstore.ErrNewerSchema when a newer version has been here. The caller closes the store. Several processes may have one file open.
func Open(ctx context.Context, path string) (*sqlstore.Store, error) {
	db, err := open(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return sqlstore.New(db), nil
}

// open opens a database whose writing connection has further pragmas.
func open(ctx context.Context, path string, pragmas ...string) (*database, error) {
	full, err := prepareFile(path)
	if err != nil {
		return nil, err
	}
	c, err := connect(ctx, full, append(writing, pragmas...))
	if err != nil {
		return nil, err
	}
	if _, err := migrate(ctx, c); err != nil {
		_ = c.close()
		return nil, err
	}
	return &database{writer: startWriter(c), readers: newReaders(full)}, nil
}

// busyTimeout is how long another process is waited for, in milliseconds.
const busyTimeout = "5000"

// Pragmas of every connection, and those of its kind. With synchronous=FULL a change that was answered survives the loss of power, not only
// of the process.
var (
	common  = []string{"foreign_keys(1)", "trusted_schema(0)", "temp_store(MEMORY)"}
	writing = []string{"journal_mode(WAL)", "synchronous(FULL)", "journal_size_limit(67108864)", "cache_size(-8000)"}
	reading = []string{"query_only(1)", "cache_size(-4000)"}
)

// connectorOf makes connections.
func connectorOf(path string, pragmas []string) (driver.Connector, error) {
	query := url.Values{"_busy_timeout": {busyTimeout}, "_pragma": slices.Concat(common, pragmas), "_dqs": {"0"}, "_defensive": {"1"}}
	return sqlite.NewConnector((&url.URL{Scheme: "file", Path: path, RawQuery: query.Encode()}).String())
}

// connect opens one connection.
func connect(ctx context.Context, path string, pragmas []string) (*conn, error) {
	connector, err := connectorOf(path, pragmas)
	if err != nil {
		return nil, err
	}
	raw, err := connector.Connect(ctx)
	if err != nil {
		return nil, translate(err)
	}
	return newConn(raw), nil
}

// database is a file with one writing and some reading connections.
type database struct {
	writer  *writer
	readers *readers
}

// Now is the clock of the machine, which is the database's.
func (d *database) Now() time.Time { return time.Now().UTC() } //nolint:forbidigo // this is the clock that others are handed

func (d *database) Read(ctx context.Context, each sqlstore.Each, sql string, args ...any) (int, error) {
	return d.readers.run(ctx, each, sql, args)
}

func (d *database) Write(ctx context.Context, each sqlstore.Each, sql string, args ...any) (int, error) {
	return d.writer.run(ctx, each, sql, args)
}

func (d *database) InTx(ctx context.Context, work func(context.Context, sqlstore.Tx) error) error {
	return d.writer.inTx(ctx, work)
}

// Stats are the writer's: reading takes no turns.
func (d *database) Stats() sqlstore.Stats { return sqlstore.Stats{Writer: d.writer.stats()} }

// Notify does nothing: SQLite has no messages. Another process on the file looks for news once a second.
func (d *database) Notify() {}

// Await waits for ctx to end.
func (d *database) Await(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// Close waits for the reads and writes that are under way. The last connection to a file folds its log into it.
func (d *database) Close() error {
	readErr := d.readers.close()
	if err := d.writer.close(); err != nil {
		return fmt.Errorf("close database: %w", err)
	}
	if readErr != nil {
		return fmt.Errorf("close database: %w", readErr)
	}
	return nil
}

// absolute is the path as SQLite's URIs need it.
func absolute(path string) (string, error) {
	abs, err := filepath.Abs(path)
	return filepath.ToSlash(abs), err
}
