package sqlstore_test

import (
	"database/sql"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/sqlstore/postgres"
	"github.com/cartouche-auth/cartouche/sqlstore/sqlite"
)

// statements finds every SQL statement of the package: the constants that begin like one, by their names.
func statements(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	var parsed []*ast.File
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, file)
	}
	// What is imported is not looked at; constants of text do not need it.
	checker := types.Config{Error: func(error) {}}
	pkg, _ := checker.Check("sqlstore", set, parsed, nil)
	found := make(map[string]string)
	for _, name := range pkg.Scope().Names() {
		c, ok := pkg.Scope().Lookup(name).(*types.Const)
		if !ok || c.Val().Kind() != constant.String {
			continue
		}
		if text := strings.TrimSpace(constant.StringVal(c.Val())); regexp.MustCompile(`^(SELECT|INSERT|UPDATE|DELETE)\b`).MatchString(text) {
			found[name] = text
		}
	}
	if len(found) < 30 {
		t.Fatalf("found only %d statements", len(found))
	}
	return found
}

var placeholder = regexp.MustCompile(`\$(\d+)`)

func TestStatementsNumberTheirPlaceholdersInOrder(t *testing.T) {
	t.Parallel()
	for name, text := range statements(t) {
		highest := 0
		for _, match := range placeholder.FindAllStringSubmatch(text, -1) {
			n, _ := strconv.Atoi(match[1])
			if n > highest+1 {
				t.Errorf("%s: $%d comes before $%d; SQLite counts by first appearance", name, n, highest+1)
			}
			highest = max(highest, n)
		}
	}
}

func TestStatementsDoNotAskTheDatabaseForTheTime(t *testing.T) {
	t.Parallel()
	clock := regexp.MustCompile(`(?i)\b(now|current_\w+|clock_timestamp|strftime|unixepoch|datetime)\b`)
	for name, text := range statements(t) {
		if found := clock.FindString(text); found != "" {
			t.Errorf("%s: uses %s", name, found)
		}
	}
}

func TestPostgreSQLUnderstandsEveryStatement(t *testing.T) {
	t.Parallel()
	url := authtest.PostgresURL(t)
	if _, err := postgres.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for name, text := range statements(t) {
		if _, err := conn.Prepare(t.Context(), name, text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// scans are the statements that may read a whole table, and why.
var scans = map[string]string{
	"selectSigningKeys": "a handful of rows",
	"selectNumber":      "a handful of rows",
	"selectUsers":       "a page, by the index of its order",
	"selectEvents":      "a page, by the key",
	"selectChain":       "two rows",
	"updateSeals":       "the rows that it brings",
	"endEverySession":   "everybody is meant",
	"closeEveryImport":  "everybody is meant",
	"selectMailQueue":   "the front of it, by the key",
	"pruneLimits":       "counters have no index but their key: each use would have to write it",
}

func TestSQLiteNeverReadsAWholeTable(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "auth.db")
	if _, err := sqlite.Migrate(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for name, text := range statements(t) {
		for _, step := range plan(t, db, text) {
			if strings.HasPrefix(step, "SCAN") && scans[name] == "" && !strings.Contains(step, "CONSTANT ROW") {
				t.Errorf("%s: %s", name, step)
			}
		}
	}
}

// ofLiveSessions are the statements that look for the sessions of a user that were not ended. How many were is not their business (a sign-in each minute).
var ofLiveSessions = []string{"evictSessions", "selectLiveSessions", "endLiveSessions", "endUserSessions"}

func TestSQLiteReadsLiveSessionsOnly(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "auth.db")
	if _, err := sqlite.Migrate(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	all := statements(t)
	for _, name := range ofLiveSessions {
		if steps := strings.Join(plan(t, db, all[name]), "; "); !strings.Contains(steps, "USING INDEX sessions_live (user_id=?)") {
			t.Errorf("%s: %s", name, steps)
		}
	}
}

func TestPostgreSQLReadsLiveSessionsOnly(t *testing.T) {
	t.Parallel()
	url := authtest.PostgresURL(t)
	if _, err := postgres.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), manySessions+"; SET plan_cache_mode = force_generic_plan"); err != nil {
		t.Fatal(err)
	}
	all := statements(t)
	for _, name := range ofLiveSessions {
		prepared, err := conn.Prepare(t.Context(), name, all[name])
		if err != nil {
			t.Fatal(err)
		}
		nothing := strings.Repeat(", NULL", len(prepared.ParamOIDs))[len(", "):]
		steps, err := conn.Query(t.Context(), `EXPLAIN EXECUTE "`+name+`" (`+nothing+`)`, pgx.QueryExecModeSimpleProtocol)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := pgx.CollectRows(steps, pgx.RowTo[string])
		if text := strings.Join(lines, "\n"); err != nil || !strings.Contains(text, "sessions_live") || strings.Contains(text, "sessions_user") {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
	}
}

// manySessions are a hundred users who each signed in and out a hundred times.
const manySessions = `
INSERT INTO users (id, username, email, email_key, first_name, last_name, password_hash, is_active, is_staff, is_superuser, date_joined, public_metadata,
	private_metadata) SELECT u, u, '', '', '', '', '!', TRUE, FALSE, FALSE, 0, '', '' FROM generate_series(1, 100) u;
INSERT INTO sessions (id, user_id, parent, previous, generation, confirmed_at, created_at, idle_lifetime, idle_expires_at, absolute_expires_at, remember, method, label, user_agent,
	address, ended_at, end_reason) SELECT decode(lpad(to_hex(u * 1000 + n), 32, '0'), 'hex'), u, '', '', 0, n, n, 0, 0, 0, FALSE, '', '', '', '',
	CASE WHEN n > 2 THEN n END, '' FROM generate_series(1, 100) u, generate_series(1, 100) n;
ANALYZE`

// plan is how SQLite would carry a statement out.
func plan(t *testing.T, db *sql.DB, text string) (steps []string) {
	t.Helper()
	highest := 0
	for _, match := range placeholder.FindAllStringSubmatch(text, -1) {
		n, _ := strconv.Atoi(match[1])
		highest = max(highest, n)
	}
	rows, err := db.Query("EXPLAIN QUERY PLAN "+text, make([]any, highest)...)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, step)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return steps
}
