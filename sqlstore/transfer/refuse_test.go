package transfer_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/sqlstore/transfer"
)

// used is a database with one user.
func used(t *testing.T, url string) string {
	t.Helper()
	store := open(t, url)
	if _, err := store.CreateUser(t.Context(), auth.User{Username: "ada", IsActive: true}, auth.Event{Kind: auth.EventUserCreated}); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	return url
}

// change changes a database as another program would, and lets it go.
func change(t *testing.T, url, statement string) {
	t.Helper()
	if !strings.HasPrefix(url, "sqlite:") {
		if _, err := inPostgres(t, url).Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
		return
	}
	db := inSQLite(t, url)
	if _, err := db.Exec(statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	const shout = `
		CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.username := upper(NEW.username); RETURN NEW; END $$;
		CREATE TRIGGER shout BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION shout()`
	type newURL func(*testing.T) string
	tests := map[string]struct {
		from         newURL
		change       string // a statement on the source, which has a user then
		to           newURL
		changeTarget string
		want         error
		words        string
	}{
		"a source that does not exist":  {from: sqliteURL, to: sqliteURL, want: auth.ErrUnavailable, words: "the source: "},
		"a source without a schema":     {from: postgresURL, to: sqliteURL, words: "is this the right database?"},
		"a SQLite target with rows":     {from: sqliteURL, change: `SELECT 1`, to: sqliteURL, changeTarget: `SELECT 1`, want: transfer.ErrNotEmpty, words: "name a new"},
		"a PostgreSQL target with rows": {from: sqliteURL, change: `SELECT 1`, to: postgresURL, changeTarget: `SELECT 1`, want: transfer.ErrNotEmpty, words: "name a new"},
		"a source of an older version": {
			from: sqliteURL, change: `DELETE FROM migrations WHERE number = (SELECT max(number) FROM migrations)`, to: sqliteURL,
			want: transfer.ErrSchemasDiffer, words: "run cartouche migrate on the source first",
		},
		"a table of somebody else": {
			from: postgresURL, change: `CREATE TABLE orders (id bigint PRIMARY KEY)`, to: sqliteURL,
			want: transfer.ErrSchemasDiffer, words: "only the source has the table orders",
		},
		"a type that the copy does not know": {
			from: sqliteURL, change: `ALTER TABLE users ADD COLUMN height REAL`, to: sqliteURL,
			words: "column height of table users has type REAL, which cannot be copied",
		},
		"a column that only one side has": {
			from: sqliteURL, change: `ALTER TABLE users ADD COLUMN nickname TEXT`, to: sqliteURL, want: transfer.ErrSchemasDiffer, words: "table users",
		},
		"a value of another kind than its column": {
			from: sqliteURL, change: `UPDATE users SET email = x'00ff'`, to: postgresURL, words: "column email holds a []uint8",
		},
		"a target that changes what is written": {
			from: sqliteURL, change: `SELECT 1`, to: empty, changeTarget: shout, want: transfer.ErrNotTheSame, words: "table users",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from, to := test.from(t), test.to(t)
			if test.change != "" {
				change(t, used(t, from), test.change)
			}
			if test.changeTarget == `SELECT 1` {
				used(t, to)
			} else if test.changeTarget != "" {
				change(t, to, test.changeTarget)
			}
			_, err := transfer.Copy(t.Context(), from, to, nil)
			if err == nil || (test.want != nil && !errors.Is(err, test.want)) || !strings.Contains(err.Error(), test.words) {
				t.Errorf("Copy: got %v, want %v that says %q", err, test.want, test.words)
			}
		})
	}
}

// empty is a database on PostgreSQL with a schema and no rows.
func empty(t *testing.T) string {
	t.Helper()
	url := postgresURL(t)
	if err := open(t, url).Close(); err != nil {
		t.Fatal(err)
	}
	return url
}

// A target that was refused in the middle is as it was.
func TestWhatDidNotArriveWholeIsUndone(t *testing.T) {
	t.Parallel()
	from, to := used(t, sqliteURL(t)), empty(t)
	before, err := transfer.Measure(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	change(t, to, `ALTER TABLE users ADD CONSTRAINT nobody CHECK (username = '')`)
	if _, err := transfer.Copy(t.Context(), from, to, nil); err == nil {
		t.Error("Copy: got no error")
	}
	after, err := transfer.Measure(t.Context(), to)
	if err != nil || !slices.Equal(before.Tables, after.Tables) || rowsOf(after, "users") != 0 {
		t.Errorf("after a copy that failed: got %+v, %v; want %+v", after.Tables, err, before.Tables)
	}
}

func rowsOf(stats transfer.Stats, table string) int {
	for _, t := range stats.Tables {
		if t.Table == table {
			return t.Rows
		}
	}
	return -1
}

// What a server writes after the copy has begun would be lost, and its users with it.
func TestADatabaseThatAServerHasOpenIsRefused(t *testing.T) {
	t.Parallel()
	for kind, newURL := range map[string]func(*testing.T) string{"SQLite": sqliteURL, "PostgreSQL": postgresURL} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			url := used(t, newURL(t))
			server := open(t, url)
			_, err := transfer.Copy(t.Context(), url, sqliteURL(t), nil)
			if !errors.Is(err, transfer.ErrInUse) {
				t.Errorf("Copy: got %v, want ErrInUse", err)
			}
			if err := server.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// A database is not copied into itself, whatever it is called, and nobody waits for ever.
func TestADatabaseIsNotItsOwnTarget(t *testing.T) {
	t.Parallel()
	for kind, newURL := range map[string]func(*testing.T) string{"SQLite": sqliteURL, "PostgreSQL": postgresURL} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			url := used(t, newURL(t))
			if _, err := transfer.Copy(t.Context(), url, url, nil); err == nil || !strings.Contains(err.Error(), "the same database") {
				t.Errorf("Copy: got %v", err)
			}
			other := strings.Replace(strings.Replace(url, "postgres://", "postgresql://", 1), "/auth.db", "/./auth.db", 1)
			if _, err := transfer.Copy(t.Context(), url, other, nil); !errors.Is(err, transfer.ErrInUse) || other == url {
				t.Errorf("Copy by another name: got %v, want ErrInUse", err)
			}
		})
	}
}

func TestMeasure(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, time.January, 1, 12, 0, 0, 0, time.UTC)
	for kind, newURL := range map[string]func(*testing.T) string{"SQLite": sqliteURL, "PostgreSQL": postgresURL} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			url := used(t, newURL(t))
			server := open(t, url) // a running server is no hindrance
			defer server.Close()
			users, err := server.Users(t.Context(), auth.UserQuery{Limit: 1})
			if err != nil {
				t.Fatal(err)
			}
			for i := range 3 {
				session := auth.Session{
					ID: auth.NewSessionID(), UserID: users[0].ID, CreatedAt: noon.Add(time.Duration(i) * time.Hour), ConfirmedAt: noon, IdleExpiresAt: noon,
					AbsoluteExpiresAt: noon, Method: "password",
				}
				if _, err := server.CreateSession(t.Context(), auth.Opening{Session: session, Event: auth.Event{Kind: auth.EventLogin, At: noon}}); err != nil {
					t.Fatal(err)
				}
			}
			stats, err := transfer.Measure(t.Context(), url)
			if err != nil || rowsOf(stats, "sessions") != 3 || rowsOf(stats, "users") != 1 || rowsOf(stats, "mails") != 0 || stats.Bytes < 8192 {
				t.Errorf("Measure: got %+v, %v", stats, err)
			}
			if !stats.OldestSession.Equal(noon) || !stats.NewestSession.Equal(noon.Add(2*time.Hour)) || stats.Schema < 4 {
				t.Errorf("Measure: got %+v", stats)
			}
		})
	}
}
