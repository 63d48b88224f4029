package sqlite_test

import (
	"errors"
	"fmt"
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
	newest := len(steps(t))
	status(sqlstore.Schema{Newest: newest, Pending: steps(t)})
	for _, want := range [][]string{steps(t), nil} {
		got, err := sqlite.Migrate(t.Context(), path)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("Migrate: %v (-want +got):\n%s", err, diff)
		}
	}
	status(sqlstore.Schema{Number: newest, Newest: newest})
	newSession(t, open(t, path), "ada")
	status(sqlstore.Schema{Number: newest, Newest: newest})
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
		if !errors.Is(err, sqlstore.ErrNewerSchema) || !strings.Contains(err.Error(), "97") || !strings.Contains(err.Error(), fmt.Sprint("knows ", len(steps(t)))) {
			t.Errorf("%s: got %v, want ErrNewerSchema with both numbers", name, err)
		}
	}
	if schema.Number != 97 || schema.Newest != len(steps(t)) {
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
	if n := number(t, look(t, path), `SELECT count(*) FROM migrations`); int(n) != len(steps(t)) {
		t.Errorf("migrations: got %d rows, want %d", n, len(steps(t)))
	}
}

// steps are the names of the migrations, as the folder has them.
func steps(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("migrations/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("migrations: got %v, %v", files, err)
	}
	names := make([]string, len(files))
	for i, file := range files {
		names[i] = strings.TrimSuffix(filepath.Base(file), ".sql")
	}
	return names
}
