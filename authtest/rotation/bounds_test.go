package rotation_test

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/sqlstore/postgres"
	"github.com/cartouche-auth/cartouche/sqlstore/sqlite"
)

// database is what is below a store.
type database struct {
	*sql.DB
	tables  string // a query for their names
	version string // columns that change whenever a row is written, be it with the same values
}

// eachDatabase runs a test with two servers and a view below their store. parameter is one more of the PostgreSQL URL.
func eachDatabase(t *testing.T, parameter string, test func(c *cluster, db database), change ...func(*auth.Config)) {
	t.Helper()
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "auth.db")
		store, err := sqlite.Open(t.Context(), path)
		if err != nil {
			t.Fatalf("open SQLite store: %v", err)
		}
		t.Cleanup(func() { store.Close() })
		test(newCluster(t, store, change...), database{below(t, "sqlite", "file:"+path+"?mode=ro"), `SELECT name FROM sqlite_master WHERE type = 'table'`, ""})
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		address := authtest.PostgresURL(t)
		u, err := url.Parse(address)
		if err != nil {
			t.Fatalf("PostgresURL: %v", err)
		}
		u.RawQuery += parameter
		store, err := postgres.Open(t.Context(), u.String())
		if err != nil {
			t.Fatalf("open PostgreSQL store: %v", err)
		}
		t.Cleanup(func() { store.Close() })
		test(newCluster(t, store, change...), database{
			below(t, "pgx", address), `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()`, ", xmin::text, ctid::text",
		})
	})
}

func below(t *testing.T, driver, source string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatalf("open %s: %v", driver, err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// dump reads every row of every table: by table, each row's values as text.
func (db database) dump(t *testing.T) map[string][][]string {
	t.Helper()
	all := map[string][][]string{}
	for _, name := range db.rows(t, db.tables) {
		all[name[0]] = db.rows(t, `SELECT *`+db.version+` FROM "`+name[0]+`"`)
	}
	return all
}

func (db database) rows(t *testing.T, query string) [][]string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	var list [][]string
	for rows.Next() {
		values, places := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			places[i] = &values[i]
		}
		if err := rows.Scan(places...); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		row := make([]string, len(values))
		for i, v := range values {
			if bytes, ok := v.([]byte); ok {
				v = string(bytes)
			}
			row[i] = fmt.Sprint(v)
		}
		list = append(list, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	slices.SortFunc(list, func(a, b []string) int { return slices.Compare(a, b) })
	return list
}

// TestI9WriteBound looks below the store: a retry and a token that is too young write nothing at all, a confirmation writes one row of one table, and
// two hundred of them leave as many rows as before.
func TestI9WriteBound(t *testing.T) {
	eachDatabase(t, "", func(c *cluster, db database) {
		h := c.confirmed(c.refresh(c.nodes[0], c.signIn()))
		before := db.dump(c.t)
		for _, by := range []carrier{byCookie, byBody} {
			for _, n := range c.nodes {
				n.refresh(by, h)
			}
		}
		if diff := cmp.Diff(before, db.dump(c.t)); diff != "" {
			c.t.Errorf("rows written by tokens that are too young (-before +after):\n%s", diff)
		}
		next := c.confirmed(h)
		after := db.dump(c.t)
		if got, want := changed(before, after), map[string]int{"sessions": 1}; !maps.Equal(got, want) {
			c.t.Errorf("rows written by a confirmation: got %v, want %v", got, want)
		}
		for range 10 {
			c.refresh(c.nodes[0], h) // the parent again
		}
		if diff := cmp.Diff(after, db.dump(c.t)); diff != "" {
			c.t.Errorf("rows written by retries (-before +after):\n%s", diff)
		}
		for range 200 {
			next = c.confirmed(next)
		}
		if got, want := counts(db.dump(c.t)), counts(before); !maps.Equal(got, want) {
			c.t.Errorf("rows after 200 refreshes: got %v, want %v", got, want)
		}
	})
}

// changed counts the rows of each table that are not as they were.
func changed(before, after map[string][][]string) map[string]int {
	n := map[string]int{}
	for table, rows := range after {
		for _, row := range rows {
			if !slices.ContainsFunc(before[table], func(old []string) bool { return slices.Equal(old, row) }) {
				n[table]++
			}
		}
	}
	return n
}

func counts(dump map[string][][]string) map[string]int {
	n := map[string]int{}
	for table, rows := range dump {
		n[table] = len(rows)
	}
	return n
}

// TestI10ConnectionBound gives the store one connection. Refreshes that needed a second one would wait for each other for ever, and so would a
// refresh that held its connection while it signs, because the extra claim, which is made while signing, asks the store.
func TestI10ConnectionBound(t *testing.T) {
	eachDatabase(t, "&pool_max_conns=1", func(c *cluster, _ database) {
		c.change = func(config *auth.Config) {
			config.Limits = auth.LimitsOff
			config.ExtraClaims = func(user auth.User) map[string]any {
				if err := c.store.RecordEvent(context.Background(), auth.Event{Kind: auth.EventLogin, At: c.clock.Now(), UserID: user.ID}); err != nil {
					c.t.Errorf("RecordEvent while signing: %v", err)
				}
				return map[string]any{"who": user.Username}
			}
		}
		c.restart(0)
		c.restart(1)
		h := c.refresh(c.nodes[0], c.signIn())
		c.clock.Advance(minAge)
		ctx, cancel := context.WithTimeout(c.t.Context(), time.Minute)
		defer cancel()
		done := make(chan []reply)
		go func() { done <- c.inParallel(32, func(n *node, _ int) reply { return n.refresh(byBody, h) }) }()
		select {
		case answers := <-done:
			for _, a := range answers {
				wantServed(c.t, "one of 32 refreshes at once", a)
			}
		case <-ctx.Done():
			c.t.Fatal("32 refreshes over one connection wait for each other")
		}
	})
}
