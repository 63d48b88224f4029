package sqlite_test

import (
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartouche-auth/cartouche/sqlstore"
	"github.com/cartouche-auth/cartouche/sqlstore/sqlite"
)

func TestMigrate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "folder", "auth.db")
	status := func(want sqlstore.Schema) {
		t.Helper()
		got, err := sqlite.Status(t.Context(), path)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("Status: %v (-want +got):\n%s", err, diff)
		}
	}
	status(sqlstore.Schema{Newest: 2, Pending: []string{"0001_first", "0002_account_life"}})
	for _, want := range [][]string{{"0001_first", "0002_account_life"}, nil} {
		got, err := sqlite.Migrate(t.Context(), path)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("Migrate: %v (-want +got):\n%s", err, diff)
		}
	}
	status(sqlstore.Schema{Number: 2, Newest: 2})
	newSession(t, open(t, path), "ada")
	status(sqlstore.Schema{Number: 2, Newest: 2})
}

func TestNewerSchemaIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "auth.db")
	if _, err := sqlite.Migrate(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	db := look(t, path)
	if _, err := db.Exec(`INSERT INTO migrations (number, name, taken_at) VALUES (97, '0097_later', 0)`); err != nil {
		t.Fatal(err)
	}
	version := number(t, db, `PRAGMA data_version`)
	_, openErr := sqlite.Open(t.Context(), path)
	_, migrateErr := sqlite.Migrate(t.Context(), path)
	schema, statusErr := sqlite.Status(t.Context(), path)
	for name, err := range map[string]error{"Open": openErr, "Migrate": migrateErr, "Status": statusErr} {
		if !errors.Is(err, sqlstore.ErrNewerSchema) || !strings.Contains(err.Error(), "97") || !strings.Contains(err.Error(), "knows 2") {
			t.Errorf("%s: got %v, want ErrNewerSchema with both numbers", name, err)
		}
	}
	if schema.Number != 97 || schema.Newest != 2 {
		t.Errorf("Status: got %+v", schema)
	}
	if got := number(t, db, `PRAGMA data_version`); got != version {
		t.Error("a database of a newer version was written to")
	}
}

func TestManyOpenOneNewFileAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "auth.db")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			store, err := sqlite.Open(t.Context(), path)
			if err != nil {
				t.Errorf("Open: %v", err)
				return
			}
			if err := store.Ping(t.Context()); err != nil {
				t.Errorf("Ping: %v", err)
			}
			if err := store.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
	}
	all.Wait()
	if n := number(t, look(t, path), `SELECT count(*) FROM migrations`); n != 2 {
		t.Errorf("migrations: got %d rows, want 2", n)
	}
}
