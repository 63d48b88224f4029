package main_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/cartouche-auth/cartouche/authtest"
	cartouche "github.com/cartouche-auth/cartouche/cmd/cartouche"
	"github.com/cartouche-auth/cartouche/secret"
)

var update = flag.Bool("update", false, "rewrite golden files and reference pages")

// TestMain is two programs: called by the name of the command it is the command, and otherwise it runs the tests.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "cartouche" {
		cartouche.Main()
	}
	authtest.Main(m)
}

// install puts the command into a folder and answers its path.
func install(tb testing.TB, folder string) string {
	tb.Helper()
	self, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	path := filepath.Join(folder, "cartouche")
	if err := os.Symlink(self, path); err != nil {
		tb.Fatal(err)
	}
	return path
}

// TestScripts are the scripts that need no database, or a SQLite file of their own.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, params(t, "testdata/script", nil))
}

// TestStores are the scripts that go the same way on each database.
func TestStores(t *testing.T) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		testscript.Run(t, params(t, "testdata/stores", func(env *testscript.Env) string {
			return "sqlite:" + filepath.Join(env.WorkDir, "data", "users.db")
		}))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		testscript.Run(t, params(t, "testdata/stores", func(*testscript.Env) string {
			return authtest.PostgresURL(t) + "&application_name=" + secret.Alphanumeric(20) // others are on the same server
		}))
	})
}

// params are how scripts run: with the command in the path, and where a database is given, with the variable that names it.
func params(tb testing.TB, dir string, database func(*testscript.Env) string) testscript.Params {
	tb.Helper()
	bin := tb.TempDir()
	install(tb, bin)
	return testscript.Params{
		Dir:                 dir,
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                scriptCommands(),
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", bin+string(filepath.ListSeparator)+env.Getenv("PATH"))
			if database != nil {
				env.Setenv("CARTOUCHE_DATABASE", database(env))
			}
			return nil
		},
	}
}
