package main

import (
	"context"
	"strings"

	"github.com/cartouche-auth/cartouche/cmd/cartouche/internal/config"
	"github.com/cartouche-auth/cartouche/sqlstore"
	"github.com/cartouche-auth/cartouche/sqlstore/postgres"
	"github.com/cartouche-auth/cartouche/sqlstore/sqlite"
)

// openStore opens the database and brings its schema up to date.
func openStore(ctx context.Context, c config.Config) (store *sqlstore.Store, err error) {
	if path, ok := sqlitePath(c); ok {
		store, err = sqlite.Open(ctx, path)
	} else {
		store, err = postgres.Open(ctx, c.Database)
	}
	return store, inSetting("database", err)
}

// schemaOf tells how far the schema is.
func schemaOf(ctx context.Context, c config.Config) (schema sqlstore.Schema, err error) {
	if path, ok := sqlitePath(c); ok {
		schema, err = sqlite.Status(ctx, path)
	} else {
		schema, err = postgres.Status(ctx, c.Database)
	}
	return schema, inSetting("database", err)
}

// migrate brings the schema up to date and answers the steps that it took.
func migrate(ctx context.Context, c config.Config) (taken []string, err error) {
	if path, ok := sqlitePath(c); ok {
		taken, err = sqlite.Migrate(ctx, path)
	} else {
		taken, err = postgres.Migrate(ctx, c.Database)
	}
	return taken, inSetting("database", err)
}

func sqlitePath(c config.Config) (string, bool) { return strings.CutPrefix(c.Database, "sqlite:") }
