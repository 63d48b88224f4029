package postgres_test

import (
	"context"
	"errors"
	"testing"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/sqlstore/postgres"
)

// awaited waits for hints until what is looked for is there: hints may also be about other tests' schemas.
func awaited(t *testing.T, store auth.Store, found func() bool) {
	t.Helper()
	for {
		if err := store.AwaitRevocation(t.Context()); err != nil {
			t.Fatalf("AwaitRevocation: %v", err)
		}
		if found() {
			return
		}
	}
}

func revocations(t *testing.T, store auth.Store) int {
	t.Helper()
	list, err := store.Revocations(t.Context(), noon.AddDate(-1, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

func TestAnotherProcessHearsOfARevocation(t *testing.T) {
	t.Parallel()
	address := authtest.PostgresURL(t)
	one, two := opened(t)(postgres.Open(t.Context(), address)), opened(t)(postgres.Open(t.Context(), address))
	session := newSession(t, one, "ada")
	if err := two.AwaitRevocation(t.Context()); err != nil { // the line is open now
		t.Fatal(err)
	}
	end := auth.SessionEnd{ID: session.ID, Reason: auth.EndedByLogout, At: noon}
	if done, err := one.EndSession(t.Context(), end, auth.Event{At: noon}); err != nil || !done {
		t.Fatalf("EndSession: %t, %v", done, err)
	}
	awaited(t, two, func() bool { return revocations(t, two) == 1 })
}

// A command that revokes and exits is heard: closing sends what is waiting.
func TestACommandThatExitsIsHeard(t *testing.T) {
	t.Parallel()
	address := authtest.PostgresURL(t)
	store := opened(t)(postgres.Open(t.Context(), address))
	session := newSession(t, store, "ada")
	if err := store.AwaitRevocation(t.Context()); err != nil {
		t.Fatal(err)
	}
	command, err := postgres.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := command.EndSession(t.Context(), auth.SessionEnd{ID: session.ID, Reason: auth.EndedByOperator, At: noon}, auth.Event{At: noon}); err != nil {
		t.Fatal(err)
	}
	if err := command.Close(); err != nil {
		t.Fatal(err)
	}
	awaited(t, store, func() bool { return revocations(t, store) == 1 })
}

func TestABrokenLineIsReportedAndMended(t *testing.T) {
	t.Parallel()
	network, address := authtest.NewNetwork(t, authtest.PostgresURL(t))
	store := opened(t)(postgres.Open(t.Context(), address))
	if err := store.AwaitRevocation(t.Context()); err != nil {
		t.Fatal(err)
	}
	broken := make(chan error)
	go func() { broken <- untilError(t.Context(), store) }()
	network.GoDown()
	if err := <-broken; !errors.Is(err, auth.ErrUnavailable) {
		t.Errorf("AwaitRevocation on a cut line: got %v, want ErrUnavailable", err)
	}
	if err := store.AwaitRevocation(t.Context()); !errors.Is(err, auth.ErrUnavailable) {
		t.Errorf("AwaitRevocation without a network: got %v, want ErrUnavailable", err)
	}
	network.ComeBack()
	session := newSession(t, store, "ada")
	if err := store.AwaitRevocation(t.Context()); err != nil {
		t.Fatalf("AwaitRevocation afterwards: %v", err)
	}
	if _, err := store.EndSession(t.Context(), auth.SessionEnd{ID: session.ID, Reason: auth.EndedByLogout, At: noon}, auth.Event{At: noon}); err != nil {
		t.Fatal(err)
	}
	awaited(t, store, func() bool { return true })
}

func untilError(ctx context.Context, store auth.Store) error {
	for {
		if err := store.AwaitRevocation(ctx); err != nil {
			return err
		}
	}
}

func TestClosingEndsTheWait(t *testing.T) {
	t.Parallel()
	store, err := postgres.Open(t.Context(), authtest.PostgresURL(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := store.AwaitRevocation(t.Context()); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- untilError(t.Context(), store) }()
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil {
		t.Error("AwaitRevocation of a closed store: no error")
	}
}
