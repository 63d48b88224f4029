package sqlite

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/cartouche-auth/cartouche/sqlstore"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrate brings the schema in a file up to date, as Open does, and answers the names of the steps that it took.
func Migrate(ctx context.Context, path string) ([]string, error) {
	path, err := prepareFile(path)
	if err != nil {
		return nil, fmt.Errorf("migrate %s: %w", path, err)
	}
	c, err := connect(ctx, path, writing)
	if err != nil {
		return nil, fmt.Errorf("migrate %s: %w", path, err)
	}
	taken, err := migrate(ctx, c)
	return taken, errors.Join(err, c.close())
}

// Status tells how far the schema in a file is, and changes nothing. A file that does not exist has no schema. sqlstore.ErrNewerSchema, together with
// the Schema, when a newer version has been here.
func Status(ctx context.Context, path string) (sqlstore.Schema, error) {
	list, err := steps()
	if err != nil {
		return sqlstore.Schema{}, err
	}
	full, err := absolute(path)
	if err != nil {
		return sqlstore.Schema{}, err
	}
	if _, err := os.Stat(full); errors.Is(err, fs.ErrNotExist) {
		return sqlstore.NoSchema(list), nil
	}
	c, err := connect(ctx, full, reading)
	if err != nil {
		return sqlstore.Schema{}, fmt.Errorf("status of %s: %w", full, err)
	}
	schema, err := schemaOf(ctx, c, list)
	return schema, errors.Join(err, c.close())
}

func steps() ([]sqlstore.Migration, error) {
	folder, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return sqlstore.ReadMigrations(folder)
}

const selectTable = `SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'migrations'`

func schemaOf(ctx context.Context, c *conn, list []sqlstore.Migration) (sqlstore.Schema, error) {
	n, err := c.run(func(sqlstore.Row) {}, selectTable, nil)
	if err != nil {
		return sqlstore.Schema{}, err
	}
	if n == 0 {
		return sqlstore.NoSchema(list), nil
	}
	return sqlstore.SchemaOf(ctx, migrator{c}, list)
}

// migrate takes the steps that are left, each in a transaction that keeps every other process from migrating too.
func migrate(ctx context.Context, c *conn) (taken []string, err error) {
	list, err := steps()
	if err != nil {
		return nil, err
	}
	schema, err := schemaOf(ctx, c, list)
	if err != nil {
		return nil, err
	}
	for len(schema.Pending) > len(taken) {
		name, err := step(ctx, c, list)
		if err != nil || name == "" {
			return taken, err
		}
		taken = append(taken, name)
	}
	return taken, nil
}

func step(ctx context.Context, c *conn, list []sqlstore.Migration) (name string, err error) {
	if err := c.script(ctx, begin); err != nil {
		return "", err
	}
	now := time.Now() //nolint:forbidigo // the database's clock, for people who read the table
	name, err = sqlstore.Step(ctx, migrator{c}, list, now.UnixMilli())
	if err == nil {
		err = c.script(background, commit)
	}
	if err != nil {
		_ = c.script(background, rollback)
		return "", err
	}
	return name, nil
}

type migrator struct{ conn *conn }

func (m migrator) Script(ctx context.Context, sql string) error { return m.conn.script(ctx, sql) }

func (m migrator) Run(_ context.Context, each sqlstore.Each, sql string, args ...any) (int, error) {
	return m.conn.run(each, sql, args)
}
