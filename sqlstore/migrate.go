package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// ErrNewerSchema reports a database whose schema was made by a newer version of this program. Nothing was changed.
var ErrNewerSchema = errors.New("database schema is newer than this program")

// Migration is one step of the schema. Steps are numbered from 1 without gaps, only ever go forward, and are never edited after a release.
type Migration struct {
	Number int
	Name   string // such as 0001_first
	SQL    string // any number of statements
}

// Schema says how far the schema of a database is.
type Schema struct {
	Number  int      // the last step that was taken; zero: the database is empty
	Newest  int      // the last step that this program knows
	Pending []string // the names of the steps that are to be taken
}

// ReadMigrations reads the steps NNNN_name.sql of a folder, in their order.
func ReadMigrations(folder fs.FS) ([]Migration, error) {
	names, err := fs.Glob(folder, "*.sql")
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	list := make([]Migration, len(names))
	for i, file := range names { // Glob sorts
		number, _, _ := strings.Cut(file, "_")
		if n, err := strconv.Atoi(number); err != nil || n != i+1 {
			return nil, fmt.Errorf("migration %s: must have the number %d", file, i+1)
		}
		sql, err := fs.ReadFile(folder, file)
		if err != nil {
			return nil, fmt.Errorf("read migrations: %w", err)
		}
		list[i] = Migration{Number: i + 1, Name: strings.TrimSuffix(path.Base(file), ".sql"), SQL: string(sql)}
	}
	return list, nil
}

// Migrator is what a database offers for its migration.
type Migrator interface {
	// Script runs any number of statements, without arguments.
	Script(ctx context.Context, sql string) error
	Tx
}

const createMigrations = `CREATE TABLE IF NOT EXISTS migrations (number bigint NOT NULL PRIMARY KEY, name text NOT NULL, taken_at bigint NOT NULL)`

const selectNumber = `SELECT COALESCE(MAX(number), 0) FROM migrations`

const insertMigration = `INSERT INTO migrations (number, name, taken_at) VALUES ($1, $2, $3)`

// Step takes the next step inside a transaction that holds the database's lock for migrations, and answers its name; empty when the schema
// is up to date. ErrNewerSchema when it is ahead of us. The time is Unix milliseconds, for people who read the table.
func Step(ctx context.Context, m Migrator, list []Migration, at int64) (string, error) {
	if err := m.Script(ctx, createMigrations); err != nil {
		return "", fmt.Errorf("migrate: %w", err)
	}
	schema, err := SchemaOf(ctx, m, list)
	if err != nil || len(schema.Pending) == 0 {
		return "", err
	}
	next := list[schema.Number]
	if err := m.Script(ctx, next.SQL); err != nil {
		return "", fmt.Errorf("migration %s: %w", next.Name, err)
	}
	if _, err := m.Run(ctx, nil, insertMigration, int64(next.Number), next.Name, at); err != nil {
		return "", fmt.Errorf("migration %s: %w", next.Name, err)
	}
	return next.Name, nil
}

// SchemaOf tells how far a database is that has the table of migrations. ErrNewerSchema, together with the Schema, when it is ahead of us.
func SchemaOf(ctx context.Context, tx Tx, list []Migration) (Schema, error) {
	var number int64
	if _, err := tx.Run(ctx, func(r Row) { number = r.Int(0) }, selectNumber); err != nil {
		return Schema{}, fmt.Errorf("read schema: %w", err)
	}
	schema := Schema{Number: int(number), Newest: len(list)}
	if schema.Number > schema.Newest {
		return schema, fmt.Errorf("schema %d, this program knows %d: %w", schema.Number, schema.Newest, ErrNewerSchema)
	}
	for _, m := range list[schema.Number:] {
		schema.Pending = append(schema.Pending, m.Name)
	}
	return schema, nil
}

// NoSchema is the Schema of a database that is empty.
func NoSchema(list []Migration) Schema {
	schema := Schema{Newest: len(list)}
	for _, m := range list {
		schema.Pending = append(schema.Pending, m.Name)
	}
	return schema
}
