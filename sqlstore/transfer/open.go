package transfer

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/cartouche-auth/cartouche/sqlstore/postgres"
	"github.com/cartouche-auth/cartouche/sqlstore/sqlite"
)

//nolint:gochecknoglobals // constants in all but name
var (
	sqliteDialect = dialect{
		columns: `
SELECT t.name, c.name, c.type, c.pk, CASE WHEN c.pk = 1 AND t.sql LIKE '%AUTOINCREMENT%' THEN t.name ELSE '' END
FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite^_%' ESCAPE '^' ORDER BY t.name, c.cid`,
		references: `SELECT t.name, f."table" FROM sqlite_schema t JOIN pragma_foreign_key_list(t.name) f WHERE t.type = 'table'`,
		counter:    `SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = '{counter}'`,
		setCounter: []string{`DELETE FROM sqlite_sequence WHERE name = '{counter}'`, `INSERT INTO sqlite_sequence (name, seq) VALUES ('{counter}', {n})`},
		size:       `SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()`,
	}
	postgresDialect = dialect{
		columns: `
SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), COALESCE(array_position(k.conkey, a.attnum), 0),
	CASE WHEN a.attidentity <> '' THEN pg_get_serial_sequence(quote_ident(c.relname), a.attname) ELSE '' END
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
	LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p'
WHERE c.relkind IN ('r', 'p') AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) ORDER BY c.relname, a.attnum`,
		references: `
SELECT c.relname::text, f.relname::text FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class f ON f.oid = k.confrelid
WHERE k.contype = 'f' AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())`,
		counter:    `SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {counter}`,
		setCounter: []string{`SELECT setval('{counter}', {n})`},
		size: `
SELECT COALESCE(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class
WHERE relkind IN ('r', 'p') AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())`,
		textKey:    ` COLLATE "C"`,
		overriding: ` OVERRIDING SYSTEM VALUE`,
	}
)

// connect opens one connection to a database of either kind.
func connect(ctx context.Context, url string, alone bool) (*side, error) {
	var db *sql.DB
	var err error
	s := &side{dialect: &postgresDialect}
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		s.dialect = &sqliteDialect
		db, err = sqlite.Direct(path, alone)
	} else {
		db, err = postgres.Direct(url)
	}
	if err != nil {
		return nil, err
	}
	if s.conn, err = db.Conn(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	s.db = db
	return s, nil
}

// begin opens a database with a transaction, or nothing.
func begin(ctx context.Context, url string, start func(context.Context, *side) error) (*side, error) {
	s, err := connect(ctx, url, true)
	if err != nil {
		return nil, err
	}
	if err := start(ctx, s); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func openSource(ctx context.Context, url string) (*side, error) {
	return begin(ctx, url, func(ctx context.Context, s *side) error {
		if !s.isPostgres() {
			var version int
			return errors.Join(s.exec(ctx, `BEGIN`), inUse(s.one(ctx, &version, `PRAGMA schema_version`))) // the first look takes the lock
		}
		if err := s.awaitOthers(ctx); err != nil {
			return err
		}
		if err := s.beginLocked(ctx, `BEGIN ISOLATION LEVEL REPEATABLE READ`, "SHARE"); err != nil {
			return err
		}
		return s.exec(ctx, `SET TRANSACTION READ ONLY`)
	})
}

func openTarget(ctx context.Context, url string) (*side, error) {
	if err := migrate(ctx, url); err != nil {
		return nil, inUse(err)
	}
	return begin(ctx, url, func(ctx context.Context, s *side) error {
		if !s.isPostgres() {
			return inUse(s.exec(ctx, `BEGIN IMMEDIATE`))
		}
		return s.beginLocked(ctx, `BEGIN`, "EXCLUSIVE") // a server that is started too early waits, and gives up
	})
}

func migrate(ctx context.Context, url string) (err error) {
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		_, err = sqlite.Migrate(ctx, path)
	} else {
		_, err = postgres.Migrate(ctx, url)
	}
	return err
}

const selectNames = `SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename`

// What holds a lock on a table for so long is more than a statement of a server.
const (
	lockTimeout   = `SET LOCAL lock_timeout = '5s'`
	noLockTimeout = `SET LOCAL lock_timeout = 0`
)

// beginLocked begins a transaction on a PostgreSQL database with locks on all tables. They come before its snapshot, which its first query takes: what was
// being written then is in it, and nothing can be written afterwards.
func (s *side) beginLocked(ctx context.Context, begin, mode string) error {
	var names []string
	err := s.each(ctx, selectNames, func(scan scan) error {
		var name string
		err := scan(&name)
		names = append(names, name)
		return err
	})
	if err != nil || len(names) == 0 {
		return errors.Join(err, s.exec(ctx, begin))
	}
	return inUse(s.exec(ctx, begin, lockTimeout, `LOCK TABLE `+strings.Join(names, ", ")+` IN `+mode+` MODE`, noLockTimeout))
}

// selectOthers counts connections of others that call themselves as we do: every Cartouche does, unless its URL says otherwise.
const selectOthers = `
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = current_setting('application_name') AND pid <> pg_backend_pid()`

// farewell is how long connections may take to go away whose program has ended. SQLite waits as long for its lock.
const farewell = 5 * time.Second

// awaitOthers refuses a PostgreSQL source that a server runs on: what it writes after the copy would be lost.
func (s *side) awaitOthers(ctx context.Context) error {
	waiting, cancel := context.WithTimeout(ctx, farewell)
	defer cancel()
	again := time.NewTicker(farewell / 50)
	defer again.Stop()
	for {
		var others int
		if err := s.one(ctx, &others, selectOthers); err != nil || others == 0 {
			return err
		}
		select {
		case <-again.C:
		case <-waiting.Done():
			return fmt.Errorf("%w (%d connections; if they are of a Cartouche in another schema, give the URL an application_name of its own)", ErrInUse, others)
		}
	}
}

// lockNotAvailable is PostgreSQL's SQLSTATE for a lock that was waited for too long.
const lockNotAvailable = "55P03"

// inUse says what a lock that cannot be had means.
func inUse(err error) error {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if (ok && e.Code == lockNotAvailable) || sqlite.Busy(err) {
		return fmt.Errorf("%w: %w", ErrInUse, err)
	}
	return err
}
