package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/sqlstore"
	"github.com/cartouche-auth/cartouche/sqlstore/postgres"
)

func TestMain(m *testing.M) { authtest.Main(m) }

var noon = time.Date(2026, time.January, 1, 12, 0, 0, 0, time.UTC)

// opened closes a store when the test ends.
func opened(t *testing.T) func(store *sqlstore.Store, err error) *sqlstore.Store {
	t.Helper()
	return func(store *sqlstore.Store, err error) *sqlstore.Store {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		})
		return store
	}
}

// look connects beside the store, as another program would.
func look(t *testing.T, address string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

func scan[T any](t *testing.T, conn *pgx.Conn, query string, args ...any) (value T) {
	t.Helper()
	if err := conn.QueryRow(t.Context(), query, args...).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

// newSession makes a user with a session.
func newSession(t *testing.T, store auth.Store, name string) auth.Session {
	t.Helper()
	user, err := store.CreateUser(t.Context(), auth.User{Username: name, IsActive: true, DateJoined: noon}, auth.Event{Kind: auth.EventUserCreated, At: noon})
	if err != nil {
		t.Fatal(err)
	}
	session := auth.Session{
		ID: auth.NewSessionID(), UserID: user.ID, Parent: auth.TokenID(secret.Bytes(16)), ConfirmedAt: noon, CreatedAt: noon,
		IdleLifetime: time.Hour, IdleExpiresAt: noon.Add(time.Hour), AbsoluteExpiresAt: noon.Add(48 * time.Hour), Method: "password",
	}
	if _, err := store.CreateSession(t.Context(), auth.Opening{Session: session, Event: auth.Event{Kind: auth.EventLogin, At: noon}}); err != nil {
		t.Fatal(err)
	}
	return session
}

// refresh asks to confirm a child of the session's parent.
func refresh(s auth.Session) auth.Confirmation {
	return auth.Confirmation{SessionID: s.ID, Own: auth.TokenID(secret.Bytes(16)), Parent: s.Parent, Generation: s.Generation + 1, BornAt: noon, Now: noon}
}

func mustConfirm(t *testing.T, store auth.Store, s auth.Session) auth.Session {
	t.Helper()
	next, ok, err := store.ConfirmSession(t.Context(), refresh(s))
	if err != nil || !ok {
		t.Fatalf("ConfirmSession: got %v, %v", ok, err)
	}
	return next
}

// A URL is configuration that gets printed when it does not work; its password must not be (the leaked log attack).
func TestPasswordInErrors(t *testing.T) {
	t.Parallel()
	const canary = "hunter2canary"
	good, err := url.Parse(authtest.PostgresURL(t))
	if err != nil {
		t.Fatal(err)
	}
	wrong := *good
	wrong.User = url.UserPassword("postgres", canary)
	stranger := *good
	stranger.User = url.UserPassword("stranger", canary)
	for _, text := range []string{
		"postgres://ada:" + canary + "@127.0.0.1:1/db", "postgres://ada:" + canary + "/x@127.0.0.1/db", "postgres://ada:" + canary + "@host:port/db",
		"postgres://ada:%zz" + canary + "@127.0.0.1/db", "postgres://ada:" + canary + "@[::1/db", "host=127.0.0.1 port=1 password=" + canary + " sslmode=nonsense",
		"host=127.0.0.1 port=x password='" + canary, "postgres://ada@127.0.0.1:1/db?password=" + canary, "mysql://ada:" + canary + "@x", "://" + canary,
		"postgres://ada:" + canary + "@no-such-host.invalid/db", wrong.String(), stranger.String(), canary,
	} {
		store, openErr := postgres.Open(t.Context(), text)
		if openErr == nil {
			store.Close()
		}
		_, migrateErr := postgres.Migrate(t.Context(), text)
		_, statusErr := postgres.Status(t.Context(), text)
		for name, err := range map[string]error{"Open": openErr, "Migrate": migrateErr, "Status": statusErr} {
			if err == nil && text != wrong.String() { // a server may trust everybody on its machine
				t.Errorf("%s(%q): got no error", name, text)
			}
			if err != nil && strings.Contains(err.Error(), canary) {
				t.Errorf("%s(%q): shows the password: %v", name, text, err)
			}
		}
	}
}

func TestNobodyListeningIsUnavailable(t *testing.T) {
	t.Parallel()
	if _, err := postgres.Open(t.Context(), "postgres://ada:x@127.0.0.1:1/db"); !errors.Is(err, auth.ErrUnavailable) {
		t.Errorf("Open: got %v, want ErrUnavailable", err)
	}
}

func TestExecModes(t *testing.T) {
	t.Parallel()
	address := authtest.PostgresURL(t)
	for mode, works := range map[string]bool{"cache_statement": true, "cache_describe": true, "describe_exec": false, "exec": false, "simple_protocol": false} {
		store, err := postgres.Open(t.Context(), address+"&default_query_exec_mode="+mode)
		if (err == nil) != works {
			t.Errorf("Open with %s: got error %v", mode, err)
		}
		if err != nil {
			continue
		}
		mustConfirm(t, store, newSession(t, store, mode))
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	address := authtest.PostgresURL(t)
	status := func(want sqlstore.Schema) {
		t.Helper()
		got, err := postgres.Status(t.Context(), address)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("Status: %v (-want +got):\n%s", err, diff)
		}
	}
	newest := len(steps(t))
	status(sqlstore.Schema{Newest: newest, Pending: steps(t)})
	for _, want := range [][]string{steps(t), nil} {
		got, err := postgres.Migrate(t.Context(), address)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("Migrate: %v (-want +got):\n%s", err, diff)
		}
	}
	status(sqlstore.Schema{Number: newest, Newest: newest})
}

func TestNewerSchemaIsRefused(t *testing.T) {
	t.Parallel()
	address := authtest.PostgresURL(t)
	if _, err := postgres.Migrate(t.Context(), address); err != nil {
		t.Fatal(err)
	}
	if _, err := look(t, address).Exec(t.Context(), `INSERT INTO migrations (number, name, taken_at) VALUES (97, '0097_later', 0)`); err != nil {
		t.Fatal(err)
	}
	_, openErr := postgres.Open(t.Context(), address)
	_, migrateErr := postgres.Migrate(t.Context(), address)
	schema, statusErr := postgres.Status(t.Context(), address)
	for name, err := range map[string]error{"Open": openErr, "Migrate": migrateErr, "Status": statusErr} {
		if !errors.Is(err, sqlstore.ErrNewerSchema) || !strings.Contains(err.Error(), "97") || !strings.Contains(err.Error(), fmt.Sprint("knows ", len(steps(t)))) {
			t.Errorf("%s: got %v, want ErrNewerSchema with both numbers", name, err)
		}
	}
	if schema.Number != 97 || schema.Newest != len(steps(t)) {
		t.Errorf("Status: got %+v", schema)
	}
}

func TestManyOpenOneEmptyDatabaseAtOnce(t *testing.T) {
	t.Parallel()
	address := authtest.PostgresURL(t)
	errs := make(chan error)
	const nodes = 6
	for range nodes {
		go func() {
			store, err := postgres.Open(t.Context(), address)
			if err == nil {
				err = errors.Join(store.Ping(t.Context()), store.Close())
			}
			errs <- err
		}()
	}
	for range nodes {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if n := scan[int](t, look(t, address), `SELECT count(*) FROM migrations`); n != len(steps(t)) {
		t.Errorf("migrations: got %d rows, want %d", n, len(steps(t)))
	}
}

func TestWhatWasAnsweredIsThereAfterReopening(t *testing.T) {
	t.Parallel()
	address := authtest.PostgresURL(t)
	store, err := postgres.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	session := mustConfirm(t, store, newSession(t, store, "ada"))
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	got, _, err := opened(t)(postgres.Open(t.Context(), address)).Session(t.Context(), session.ID)
	if diff := cmp.Diff(session, got); err != nil || diff != "" {
		t.Errorf("Session: %v (-want +got):\n%s", err, diff)
	}
}

func TestNowIsTheServersClock(t *testing.T) {
	t.Parallel()
	address := authtest.PostgresURL(t)
	store, conn := opened(t)(postgres.Open(t.Context(), address)), look(t, address)
	before := scan[time.Time](t, conn, `SELECT clock_timestamp()`)
	now := store.Now()
	after := scan[time.Time](t, conn, `SELECT clock_timestamp()`)
	const slack = 100 * time.Millisecond // half a round trip on a busy machine
	if now.Before(before.Add(-slack)) || now.After(after.Add(slack)) || now.Location() != time.UTC {
		t.Errorf("Now: got %v, want between %v and %v, in UTC", now, before, after)
	}
}

func TestClosedStoreIsUnavailable(t *testing.T) {
	t.Parallel()
	store := opened(t)(postgres.Open(t.Context(), authtest.PostgresURL(t)))
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := store.User(t.Context(), "1")
	for name, err := range map[string]error{"read": err, "write": store.Ping(t.Context())} {
		if !errors.Is(err, auth.ErrUnavailable) {
			t.Errorf("%s after Close: got %v, want ErrUnavailable", name, err)
		}
	}
}

// Not parallel, so that no goroutine of another test is about.
func TestCloseLeavesNoGoroutine(t *testing.T) {
	address := authtest.PostgresURL(t)
	before := goleak.IgnoreCurrent()
	store, err := postgres.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	newSession(t, store, "ada")
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	goleak.VerifyNone(t, before)
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
