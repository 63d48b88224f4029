package main_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver named pgx

	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/django"
)

// crowd is how many users the site has whose import is killed, besides the three of the script, one of whom cannot come.
const crowd = 3000

// An import that is killed in its midst is simply run again: everybody and everything arrives, once.
func TestImportThatIsKilledIsRunAgain(t *testing.T) {
	t.Parallel()
	for name, database := range map[string]func(t *testing.T) (driver, name, setting string){
		"SQLite": func(t *testing.T) (string, string, string) {
			t.Helper()
			path := filepath.Join(t.TempDir(), "users.db")
			return "sqlite", path, "sqlite:" + path
		},
		"PostgreSQL": func(t *testing.T) (string, string, string) {
			t.Helper()
			url := authtest.PostgresURL(t)
			return "pgx", url, url
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			driver, source, setting := database(t)
			i := importing{t: t, command: install(t, t.TempDir()), dir: t.TempDir(), database: setting}
			djangoSite(t, i.dir)
			if err := os.Chmod(filepath.Join(i.dir, "secret_key.txt"), 0o600); err != nil {
				t.Fatal(err)
			}
			i.addCrowd()
			i.killedAmid()
			before := i.report("--dry-run")
			if before.New == 0 || before.Unchanged == 0 {
				t.Fatalf("it was not killed in its midst: %+v", before)
			}
			after := i.report()
			if after.New != before.New || after.Unchanged != before.Unchanged || after.New+after.Unchanged != crowd+2 || after.OpaqueTokens > after.New {
				t.Errorf("before %+v\nafter  %+v", before, after)
			}
			if again := i.report(); !again.Nothing() || again.Unchanged != crowd+2 {
				t.Errorf("again: %+v", again)
			}
			got := i.counts(driver, source) // one of the script has a token of each kind, and each of the crowd an opaque one
			want := map[string]int{"users": crowd + 2, "imported_users": crowd + 2, "imported_tokens": crowd + 3, "opaque_tokens": crowd + 1, "sessions": crowd + 1}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

// importing is a Django site on its way to a database.
type importing struct {
	t                      *testing.T
	command, dir, database string
}

// addCrowd gives the site users, each with a token.
func (i importing) addCrowd() {
	i.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(i.dir, "db.sqlite3"))
	if err != nil {
		i.t.Fatal(err)
	}
	defer db.Close()
	const numbers = `WITH RECURSIVE n (i) AS (SELECT 1001 UNION ALL SELECT i + 1 FROM n WHERE i < 1000 + ?) `
	for _, statement := range []string{
		`INSERT INTO auth_user (id, username, email, first_name, last_name, password, is_active, is_staff, is_superuser, date_joined) ` +
			numbers + `SELECT i, 'user' || i, '', '', '', '!', 1, 0, 0, '2020-02-03 04:05:06' FROM n`,
		`INSERT INTO authtoken_token (key, created, user_id) ` + numbers + `SELECT printf('%040x', i), '2020-01-01 00:00:00', i FROM n`,
	} {
		if _, err := db.ExecContext(i.t.Context(), statement, crowd); err != nil {
			i.t.Fatal(err)
		}
	}
}

func (i importing) process(more ...string) *exec.Cmd {
	args := append([]string{"import", "django", "--from", "sqlite:db.sqlite3", "--secret-key-file", "secret_key.txt"}, more...)
	run := exec.CommandContext(i.t.Context(), i.command, args...)
	run.Dir, run.Env = i.dir, []string{"HOME=" + i.dir, "CARTOUCHE_DATABASE=" + i.database}
	return run
}

// done finds in the progress bar how many users are done.
var done = regexp.MustCompile(`\((\d+)/` + strconv.Itoa(crowd+3))

// killedAmid kills an import when its progress says that some users are done. It cannot come to its end before: nobody reads on, so that its bar, which
// is drawn for every user, fills the terminal and makes it wait.
func (i importing) killedAmid() {
	i.t.Helper()
	person, tty := terminal(i.t)
	run := i.process("--batch", "1")
	run.Stderr = tty
	if err := run.Start(); err != nil {
		i.t.Fatal(err)
	}
	tty.Close() // so that reading ends with the command
	var seen bytes.Buffer
	chunk := make([]byte, 256)
	for {
		n, err := person.Read(chunk)
		if err != nil {
			i.t.Fatalf("read the progress: %v\n%s", err, seen.String())
		}
		seen.Write(chunk[:n])
		if found := done.FindAllSubmatch(seen.Bytes(), -1); len(found) > 0 {
			if users, _ := strconv.Atoi(string(found[len(found)-1][1])); users >= 10 {
				break
			}
		}
	}
	if err := run.Process.Signal(syscall.SIGKILL); err != nil {
		i.t.Fatal(err)
	}
	_ = run.Wait()
	if status, ok := run.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
		i.t.Fatalf("it ended otherwise: %v\n%s", run.ProcessState, seen.String())
	}
}

// report runs an import to its end.
func (i importing) report(more ...string) (r django.Report) {
	i.t.Helper()
	run := i.process(append(more, "--json")...)
	var trouble bytes.Buffer
	run.Stderr = &trouble
	text, err := run.Output()
	if err != nil {
		i.t.Fatalf("import: %v\n%s", err, trouble.String())
	}
	if err := json.Unmarshal(text, &r); err != nil {
		i.t.Fatalf("%v\n%s", err, text)
	}
	return r
}

// counts are how many rows tables have.
func (i importing) counts(driver, source string) map[string]int {
	i.t.Helper()
	db, err := sql.Open(driver, source)
	if err != nil {
		i.t.Fatal(err)
	}
	defer db.Close()
	found := make(map[string]int)
	for _, table := range []string{"users", "imported_users", "imported_tokens", "opaque_tokens", "sessions"} {
		var n int
		if err := db.QueryRowContext(context.WithoutCancel(i.t.Context()), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
			i.t.Fatal(err)
		}
		found[table] = n
	}
	return found
}
