package sqlite_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/sqlstore"
	"github.com/cartouche-auth/cartouche/sqlstore/sqlite"
)

// hesitant is a database that undoes each transaction and asks for it again, as PostgreSQL may.
type hesitant struct{ sqlstore.Database }

func (h hesitant) InTx(ctx context.Context, work func(context.Context, sqlstore.Tx) error) error {
	errUndo := errors.New("undo")
	err := h.Database.InTx(ctx, func(ctx context.Context, tx sqlstore.Tx) error {
		if err := work(ctx, tx); err != nil {
			return err
		}
		return errUndo
	})
	if !errors.Is(err, errUndo) {
		return err
	}
	return h.Database.InTx(ctx, work)
}

// hopeless undoes everything.
type hopeless struct{ sqlstore.Database }

func (h hopeless) InTx(ctx context.Context, work func(context.Context, sqlstore.Tx) error) error {
	return h.Database.InTx(ctx, func(ctx context.Context, tx sqlstore.Tx) error {
		return errors.Join(work(ctx, tx), errors.New("the connection is gone"))
	})
}

func TestWhatIsUndoneIsNotCounted(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		wrap func(sqlstore.Database) sqlstore.Database
		want uint64
	}{
		"done at once":         {func(db sqlstore.Database) sqlstore.Database { return db }, 1},
		"done at a second try": {func(db sqlstore.Database) sqlstore.Database { return hesitant{db} }, 1},
		"undone, and told so":  {func(db sqlstore.Database) sqlstore.Database { return hopeless{db} }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, err := sqlite.OpenDatabase(t.Context(), filepath.Join(t.TempDir(), "auth.db"))
			if err != nil {
				t.Fatal(err)
			}
			store := sqlstore.New(test.wrap(db))
			defer store.Close()
			event := auth.Event{Kind: auth.EventEverythingEnded, At: store.Now()}
			_, err = store.EndEverything(t.Context(), auth.SessionEnd{Reason: auth.EndedByOperator, At: store.Now()}, event)
			if (err == nil) != (test.want > 0) {
				t.Fatalf("EndEverything: %v", err)
			}
			if got := store.Stats().Events[auth.EventEverythingEnded]; got != test.want {
				t.Errorf("events: got %d, want %d", got, test.want)
			}
		})
	}
}
