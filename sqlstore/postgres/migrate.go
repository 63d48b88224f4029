package postgres

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/cartouche-auth/cartouche/sqlstore"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrate brings the schema of a database up to date, as Open does, and answers the names of the steps that it took.
func Migrate(ctx context.Context, url string) ([]string, error) {
	db, err := connect(ctx, url, patience)
	if err != nil {
		return nil, fmt.Errorf("migrate postgres: %w", err)
	}
	defer db.pool.Close()
	return migrate(ctx, db)
}

// Status tells how far the schema of a database is, and changes nothing. sqlstore.ErrNewerSchema, together with the Schema, when a newer
// version has been here.
func Status(ctx context.Context, url string) (sqlstore.Schema, error) {
	db, err := connect(ctx, url, patience)
	if err != nil {
		return sqlstore.Schema{}, fmt.Errorf("status of postgres: %w", err)
	}
	defer db.pool.Close()
	list, err := steps()
	if err != nil {
		return sqlstore.Schema{}, err
	}
	return schemaOf(ctx, db, list)
}

func steps() ([]sqlstore.Migration, error) {
	folder, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return sqlstore.ReadMigrations(folder)
}

const selectTable = `SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = current_schema() AND tablename = 'migrations'`

func schemaOf(ctx context.Context, db *database, list []sqlstore.Migration) (schema sqlstore.Schema, err error) {
	err = db.withConn(ctx, func(ctx context.Context, c *pgxpool.Conn) error {
		n, err := run(ctx, c.Conn(), func(sqlstore.Row) {}, selectTable, nil)
		if err != nil {
			return err
		}
		if n == 0 {
			schema = sqlstore.NoSchema(list)
			return nil
		}
		schema, err = sqlstore.SchemaOf(ctx, tx{c.Conn()}, list)
		return err
	})
	return schema, err
}

// migrate takes the steps that are left, each in a transaction that keeps every other process from migrating too.
func migrate(ctx context.Context, db *database) (taken []string, err error) {
	list, err := steps()
	if err != nil {
		return nil, err
	}
	schema, err := schemaOf(ctx, db, list)
	if err != nil {
		return nil, err
	}
	for len(schema.Pending) > len(taken) {
		name, err := step(ctx, db.pool, list)
		if err != nil || name == "" {
			return taken, translate(ctx, err)
		}
		taken = append(taken, name)
	}
	return taken, nil
}

// lockMigrations lets one process at a time migrate; the number is ours alone. Rows cannot be locked where there may be no table yet. A migration may
// take as long as it needs, and so may waiting for one.
const lockMigrations = `SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; SELECT pg_advisory_xact_lock(7093182260915408197)`

const selectNow = `SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint`

func step(ctx context.Context, pool *pgxpool.Pool, list []sqlstore.Migration) (name string, err error) {
	err = pgx.BeginFunc(ctx, pool, func(t pgx.Tx) error {
		m := migrator{tx{t.Conn()}}
		if err := m.Script(ctx, lockMigrations); err != nil {
			return err
		}
		var now int64
		if _, err := m.Run(ctx, func(r sqlstore.Row) { now = r.Int(0) }, selectNow); err != nil {
			return err
		}
		name, err = sqlstore.Step(ctx, m, list, now)
		return err
	})
	return name, err
}

type migrator struct{ tx }

func (m migrator) Script(ctx context.Context, sql string) error {
	return m.conn.PgConn().Exec(ctx, sql).Close()
}
