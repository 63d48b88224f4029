package authtest

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/sqlstore/postgres"
	"github.com/cartouche-auth/cartouche/sqlstore/sqlite"
)

// SQLite opens a fresh store in a SQLite file, which is closed and deleted when the test ends.
func SQLite(tb testing.TB) auth.Store {
	tb.Helper()
	store, err := sqlite.Open(tb.Context(), filepath.Join(tb.TempDir(), "auth.db"))
	if err != nil {
		tb.Fatalf("open SQLite store: %v", err)
	}
	tb.Cleanup(func() {
		if err := store.Close(); err != nil {
			tb.Errorf("close SQLite store: %v", err)
		}
	})
	return store
}

// Postgres opens a fresh store in a PostgreSQL schema of its own, which is closed and dropped when the test ends. Packages that use it call [Main].
func Postgres(tb testing.TB) auth.Store {
	tb.Helper()
	store, err := postgres.Open(tb.Context(), PostgresURL(tb))
	if err != nil {
		tb.Fatalf("open PostgreSQL store: %v", err)
	}
	tb.Cleanup(func() {
		if err := store.Close(); err != nil {
			tb.Errorf("close PostgreSQL store: %v", err)
		}
	})
	return store
}

// EachStore runs a test on a fresh store of each kind, in parallel.
func EachStore(t *testing.T, test func(t *testing.T, store auth.Store)) {
	t.Helper()
	for name, open := range map[string]func(testing.TB) auth.Store{"SQLite": SQLite, "PostgreSQL": Postgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

// Main runs the tests of a package that uses PostgreSQL, stops the server that they started, and does what else is to be done afterwards:
//
//	func TestMain(m *testing.M) { authtest.Main(m) }
func Main(m *testing.M, after ...func()) {
	code := m.Run()
	for _, do := range after {
		do()
	}
	shared.stop()
	os.Exit(code)
}

// shared is the PostgreSQL of this process: started by the first test that wants one.
var shared server

type server struct {
	once    sync.Once
	cluster *cluster // nil: CARTOUCHE_TEST_POSTGRES names one, or none was started
	url     string
	err     error
}

func (s *server) start() {
	if s.url = os.Getenv("CARTOUCHE_TEST_POSTGRES"); s.url != "" {
		return
	}
	if s.cluster, s.err = startCluster(); s.err == nil {
		s.url = s.cluster.url
	}
}

func (s *server) stop() {
	if s.cluster != nil {
		s.cluster.stop()
	}
}

// PostgresURL answers the URL of a fresh, empty schema in this process's PostgreSQL, which is dropped when the test ends. The server is started
// when it is asked for the first time; CARTOUCHE_TEST_POSTGRES names another one. Where there is none, the test fails.
func PostgresURL(tb testing.TB) string {
	tb.Helper()
	shared.once.Do(shared.start)
	if shared.err != nil {
		tb.Fatalf("start PostgreSQL: %v", shared.err)
	}
	schema := "test_" + secret.Alphanumeric(20)
	administer(tb, `CREATE SCHEMA "`+schema+`"`)
	tb.Cleanup(func() { administer(tb, `DROP SCHEMA "`+schema+`" CASCADE`) })
	address, err := url.Parse(shared.url)
	if err != nil {
		tb.Fatalf("CARTOUCHE_TEST_POSTGRES: must be a URL such as postgres://user:password@host:5432/database")
	}
	query := address.Query()
	query.Set("search_path", `"`+schema+`"`)
	address.RawQuery = query.Encode()
	return address.String()
}

func administer(tb testing.TB, sql string) {
	tb.Helper()
	ctx := context.WithoutCancel(tb.Context()) // clean-up comes after the end of the test's context
	conn, err := pgx.Connect(ctx, shared.url)
	if err != nil {
		tb.Fatalf("connect to PostgreSQL: %v", err)
	}
	defer conn.Close(ctx) //nolint:errcheck // the statement has been answered
	if _, err := conn.Exec(ctx, sql); err != nil {
		tb.Fatalf("%s: %v", sql, err)
	}
}
