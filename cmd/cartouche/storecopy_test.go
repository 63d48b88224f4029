package main_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/secret"
)

// move is a database that is to be moved, and the command for it.
type move struct {
	*testing.T
	command, from, to string
}

// eventsToMove make more than a page.
const eventsToMove = 3000

func newMove(t *testing.T, from, to string) move {
	t.Helper()
	m := move{t, install(t, t.TempDir()), from, to}
	if output, err := m.run("user", "create", "--username", "ada", "--no-password", "--database", from); err != nil {
		t.Fatalf("user create: %v\n%s", err, output)
	}
	return m
}

// run runs the command to its end.
func (m move) run(args ...string) (string, error) {
	m.Helper()
	run := exec.CommandContext(m.Context(), m.command, args...)
	run.Dir, run.Env = filepath.Dir(m.command), []string{"HOME=" + filepath.Dir(m.command)}
	output, err := run.CombinedOutput()
	return string(output), err
}

// kill begins to copy, and kills the copy in the middle of its work.
func (m move) kill(from string, middle <-chan struct{}) {
	m.Helper()
	run := exec.Command(m.command, "store", "copy", from, m.to)
	run.Env = []string{}
	var output bytes.Buffer
	run.Stdout, run.Stderr = &output, &output
	if err := run.Start(); err != nil {
		m.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- run.Wait() }()
	select {
	case <-middle:
	case err := <-ended:
		m.Fatalf("the copy ended before its middle: %v\n%s", err, output.String())
	case <-m.Context().Done():
		m.Fatal("the copy never came to its middle")
	}
	if err := run.Process.Kill(); err != nil {
		m.Fatal(err)
	}
	<-ended
}

// holds tells how many users and events the target has.
func (m move) holds() (users, events int) {
	m.Helper()
	output, err := m.run("store", "stats", "--json", "--database", m.to)
	if err != nil {
		m.Fatalf("store stats: %v\n%s", err, output)
	}
	var stats struct {
		Tables []struct {
			Table string
			Rows  int
		}
	}
	if err := json.Unmarshal([]byte(output), &stats); err != nil {
		m.Fatal(err)
	}
	rows := map[string]int{}
	for _, t := range stats.Tables {
		rows[t.Table] = t.Rows
	}
	return rows["users"], rows["events"]
}

// again expects nothing in the target, and copies.
func (m move) again() {
	m.Helper()
	if users, events := m.holds(); users+events != 0 {
		m.Errorf("after SIGKILL the target has %d users and %d events; want nothing", users, events)
	}
	if output, err := m.run("store", "copy", m.from, m.to); err != nil {
		m.Fatalf("the second copy: %v\n%s", err, output)
	}
	if users, events := m.holds(); users != 1 || events <= eventsToMove {
		m.Errorf("after the second copy the target has %d users and %d events", users, events)
	}
}

// A copy into PostgreSQL that is killed leaves nothing that could serve, and can be run again.
func TestACopyIntoPostgreSQLThatIsKilledLeavesNothing(t *testing.T) {
	t.Parallel()
	name := secret.Alphanumeric(20)
	to := authtest.PostgresURL(t) + "&application_name=" + name
	m := newMove(t, "sqlite:"+filepath.Join(t.TempDir(), "from.db"), to)
	db, err := sql.Open("sqlite", strings.TrimPrefix(m.from, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Exec(`WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < $1)
		INSERT INTO events (kind, at, detail, address, user_agent, request_id) SELECT 'login.failed', i, '', '', '', '' FROM n`, eventsToMove)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if output, err := m.run("migrate", "--database", to); err != nil {
		t.Fatalf("migrate: %v\n%s", err, output)
	}
	ctx := context.WithoutCancel(t.Context())
	conn, err := pgx.Connect(ctx, to+"&application_name=test")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	// The last event of the first page waits for a lock that we hold.
	const lock = `SELECT pg_advisory_lock(hashtext(current_schema()))`
	_, err = conn.Exec(ctx, `
		CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN IF NEW.seq = 1000 THEN PERFORM pg_advisory_xact_lock(hashtext(current_schema())); END IF; RETURN NEW; END $$;
		CREATE TRIGGER wait BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION wait(); `+lock)
	if err != nil {
		t.Fatal(err)
	}
	until := func(query string) {
		t.Helper()
		for reached := false; !reached; {
			if err := conn.QueryRow(ctx, query, name).Scan(&reached); err != nil {
				t.Error(err)
				return
			}
		}
	}
	middle := make(chan struct{})
	go func() {
		defer close(middle)
		until(`SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock' AND wait_event = 'advisory')`)
	}()
	m.kill(m.from, middle)
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_unlock_all()`); err != nil {
		t.Fatal(err)
	}
	until(`SELECT NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE application_name = $1)`)
	m.again()
}

// A copy into SQLite that is killed leaves nothing that could serve, and can be run again.
func TestACopyIntoSQLiteThatIsKilledLeavesNothing(t *testing.T) {
	t.Parallel()
	from := authtest.PostgresURL(t) + "&application_name=" + secret.Alphanumeric(20)
	m := newMove(t, from, "sqlite:"+filepath.Join(t.TempDir(), "to.db"))
	conn, err := pgx.Connect(t.Context(), from+"&application_name=test")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	_, err = conn.Exec(t.Context(), `INSERT INTO events (kind, at, detail, address, user_agent, request_id)
		SELECT 'login.failed', n, repeat('x', 500), '', '', '' FROM generate_series(1, $1) n`, eventsToMove)
	if err != nil {
		t.Fatal(err)
	}
	middle := make(chan struct{})
	m.kill(narrow(t, from, 1<<20, middle), middle) // two pages of events come through, and half of the third at most
	m.again()
}

// narrow is the URL of a database behind a network that carries so many bytes of its answers, then says so, and carries nothing more.
func narrow(t *testing.T, database string, limit int64, reached chan<- struct{}) string {
	t.Helper()
	address, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	target := address.Host
	go func() {
		client, err := listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", target)
		if err != nil {
			return
		}
		go func() {
			io.Copy(server, client)
			server.Close() // the client is gone
		}()
		if _, err := io.CopyN(client, server, limit); err == nil {
			close(reached)
		}
		<-t.Context().Done()
		client.Close()
	}()
	address.Host = listener.Addr().String()
	return address.String()
}
