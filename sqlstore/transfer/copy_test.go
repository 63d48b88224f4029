package transfer_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/sqlstore"
	"github.com/cartouche-auth/cartouche/sqlstore/postgres"
	"github.com/cartouche-auth/cartouche/sqlstore/sqlite"
	"github.com/cartouche-auth/cartouche/sqlstore/transfer"
)

func TestMain(m *testing.M) { authtest.Main(m) }

// sqliteURL names a file that does not exist yet.
func sqliteURL(t *testing.T) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "auth.db")
}

// postgresURL names an empty schema, with a name of its own for whoever is connected to it: other tests use the same server.
func postgresURL(t *testing.T) string {
	t.Helper()
	return authtest.PostgresURL(t) + "&application_name=" + secret.Alphanumeric(20)
}

// inSQLite opens a SQLite database as another program would.
func inSQLite(t *testing.T, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", strings.TrimPrefix(url, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// inPostgres connects as another program would, which does not call itself as a server on the schema does.
func inPostgres(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url+"&application_name=test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

// list is the first column of an answer of PostgreSQL.
func list(t *testing.T, conn *pgx.Conn, query string, args ...any) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	values, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return values
}

const (
	rows = 1100 // more than a page
	// given is the last number that each counter of rows has given: rows that are gone had numbers too.
	given = 5000
)

// example makes a value of each type, different for each i. In the order of a language a and B stand the other way round than by their bytes.
var example = map[string]string{
	"text":    `CASE WHEN i % 2 = 0 THEN 'B' ELSE 'a' END || i || 'ä😀'' "'`,
	"bigint":  `i * 1234567890123`,
	"boolean": `i % 2 = 0`,
	"bytea":   `decode(lpad(to_hex(i), 32, '0'), 'hex')`,
}

// fill makes a schema in which every table that the migrations make has rows, and every column that may be empty is so in some.
func fill(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	if _, err := postgres.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	conn := inPostgres(t, url)
	exec := func(query string) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), query); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	exec(`SET session_replication_role = replica`) // in any order
	for _, table := range tables(t, conn) {
		var values []string
		for _, c := range list(t, conn, `SELECT data_type || ' ' || is_nullable FROM information_schema.columns
			WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position`, table) {
			kind, nullable, _ := strings.Cut(c, " ")
			value := example[kind]
			if value == "" {
				t.Fatalf("%s has a column of type %s: teach copy and this test that type", table, kind)
			}
			if nullable == "YES" {
				value = `CASE WHEN i % 3 <> 0 THEN ` + value + ` END`
			}
			values = append(values, value)
		}
		exec(`DELETE FROM ` + table)
		exec(fmt.Sprintf(`INSERT INTO %s OVERRIDING SYSTEM VALUE SELECT %s FROM generate_series(1, %d) i`, table, strings.Join(values, ", "), rows))
	}
	exec(fmt.Sprintf(`SELECT setval(quote_ident(sequencename)::regclass, %d) FROM pg_sequences WHERE schemaname = current_schema()`, given))
	return conn
}

func tables(t *testing.T, conn *pgx.Conn) []string {
	t.Helper()
	return list(t, conn, `SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema() AND tablename <> 'migrations' ORDER BY tablename`)
}

// dumpPostgres is every row, as PostgreSQL writes it.
func dumpPostgres(t *testing.T, conn *pgx.Conn) map[string][]string {
	t.Helper()
	dump := map[string][]string{}
	for _, table := range tables(t, conn) {
		dump[table] = list(t, conn, `SELECT t::text FROM `+table+` t ORDER BY t::text COLLATE "C"`)
	}
	return dump
}

// dumpSQLite is every row, as Go writes it.
func dumpSQLite(t *testing.T, url string) map[string][]string {
	t.Helper()
	db := inSQLite(t, url)
	dump := map[string][]string{}
	for _, name := range column(t, db, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'migrations'`) {
		dump[name] = column(t, db, `SELECT * FROM `+name)
		slices.Sort(dump[name])
	}
	return dump
}

// column answers each row as one text.
func column(t *testing.T, db *sql.DB, query string) (texts []string) {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	row, into := make([]any, len(names)), make([]any, len(names))
	for i := range row {
		into[i] = &row[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		if len(row) == 1 {
			texts = append(texts, fmt.Sprint(row[0]))
			continue
		}
		texts = append(texts, fmt.Sprintf("%q", row))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return texts
}

func mustCopy(t *testing.T, from, to string) []transfer.Copied {
	t.Helper()
	copied, err := transfer.Copy(t.Context(), from, to, nil)
	if err != nil {
		t.Fatalf("Copy from %s: %v", strings.SplitN(from, ":", 2)[0], err)
	}
	return copied
}

// Every table and every column that the migrations make is filled, and goes to SQLite, back to PostgreSQL and to SQLite again. A migration that adds
// what copy would lose or bend fails here.
func TestEveryRowOfEveryTableGoesThereAndBack(t *testing.T) {
	t.Parallel()
	first, second, third, fourth := postgresURL(t), sqliteURL(t), postgresURL(t), sqliteURL(t)
	original := fill(t, first)
	copied := mustCopy(t, first, second)
	var names []string
	for _, c := range copied {
		names = append(names, c.Table)
		if c.Rows != rows || len(c.Digest) != 64 {
			t.Errorf("Copy: got %+v, want %d rows and a digest", c, rows)
		}
	}
	slices.Sort(names)
	if diff := cmp.Diff(tables(t, original), names); diff != "" {
		t.Errorf("Copy: not every table (-want +got):\n%s", diff)
	}
	for _, way := range [][2]string{{second, third}, {third, fourth}} {
		again := mustCopy(t, way[0], way[1])
		slices.SortFunc(copied, func(a, b transfer.Copied) int { return strings.Compare(a.Table, b.Table) })
		slices.SortFunc(again, func(a, b transfer.Copied) int { return strings.Compare(a.Table, b.Table) })
		if diff := cmp.Diff(copied, again); diff != "" {
			t.Errorf("Copy: the digests differ (-before +after):\n%s", diff)
		}
	}
	if diff := cmp.Diff(dumpPostgres(t, original), dumpPostgres(t, inPostgres(t, third))); diff != "" {
		t.Errorf("Copy: PostgreSQL to SQLite and back (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(dumpSQLite(t, second), dumpSQLite(t, fourth)); diff != "" {
		t.Errorf("Copy: SQLite to PostgreSQL and back (-want +got):\n%s", diff)
	}
}

// Numbers that rows had who are gone are not given again: a cursor that somebody keeps would pass over what is new.
func TestNumbersAreNotGivenTwice(t *testing.T) {
	t.Parallel()
	first, second, third := postgresURL(t), sqliteURL(t), postgresURL(t)
	fill(t, first)
	mustCopy(t, first, second)
	mustCopy(t, second, third)
	counters := column(t, inSQLite(t, second), `SELECT seq FROM sqlite_sequence`)
	if len(counters) < 3 || slices.ContainsFunc(counters, func(n string) bool { return n != fmt.Sprint(given) }) {
		t.Errorf("SQLite's counters: got %v, want all %d", counters, given)
	}
	for _, name := range list(t, inPostgres(t, third), `SELECT sequencename::text FROM pg_sequences WHERE schemaname = current_schema()`) {
		if next := list(t, inPostgres(t, third), `SELECT nextval(quote_ident($1)::regclass)::text`, name); next[0] != fmt.Sprint(given+1) {
			t.Errorf("%s goes on with %s, want %d", name, next[0], given+1)
		}
	}
}

// A client that is signed in goes on in the new database, with the same master key, and does not notice.
func TestASessionGoesOnInTheOtherDatabase(t *testing.T) {
	t.Parallel()
	first, second, third := sqliteURL(t), postgresURL(t), sqliteURL(t)
	clock, client := authtest.NewClock(), auth.Client{Bucket: "test"}
	var held auth.Grant
	for i, url := range []string{first, second, third} {
		if i > 0 {
			mustCopy(t, []string{first, second}[i-1], url)
		}
		store := open(t, url)
		service := authtest.NewService(t, store, clock)
		var err error
		if i == 0 {
			login := auth.Login{Identifier: "ada", Password: secret.NewText("correct horse battery")}
			if _, err = service.CreateUser(t.Context(), client, auth.NewUser{Username: login.Identifier, Password: login.Password}); err != nil {
				t.Fatal(err)
			}
			held, err = service.Login(t.Context(), client, login)
		} else {
			if _, err := service.Authenticate(t.Context(), held.Access); err != nil {
				t.Errorf("an access token that was signed before the move: %v", err)
			}
			clock.Advance(3 * time.Minute)
			held, err = service.Refresh(t.Context(), client, held.Refresh)
		}
		if err != nil {
			t.Fatalf("database %d: %v", i+1, err)
		}
		clock.Advance(time.Minute)
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func open(t *testing.T, url string) *sqlstore.Store {
	t.Helper()
	var store *sqlstore.Store
	var err error
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		store, err = sqlite.Open(t.Context(), path)
	} else {
		store, err = postgres.Open(t.Context(), url)
	}
	if err != nil {
		t.Fatal(err)
	}
	return store
}
