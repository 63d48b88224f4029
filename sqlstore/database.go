package sqlstore

import (
	"context"
	"errors"
	"time"
)

// Database is what a [Store] needs of a SQL database; packages sqlite and postgres implement it. Each call is one round trip or one
// short transaction. Errors are the caller's context error, an error that wraps auth.ErrUnavailable when the database cannot answer or is
// read-only, what the function of InTx answered, or a mistake in this module. Concurrent use is safe.
type Database interface {
	// Read runs one statement that changes nothing. It is to be a short one: others may wait for it, and it for them.
	Read(ctx context.Context, each Each, sql string, args ...any) (int, error)
	// Write runs one statement in a transaction of its own, which is durable when Write returns.
	Write(ctx context.Context, each Each, sql string, args ...any) (int, error)
	// InTx runs work in one transaction, which is durable when InTx returns nil, and undone when work fails. Work may be called again
	// when the database asks for it, and must use nothing but its Tx.
	InTx(ctx context.Context, work func(ctx context.Context, tx Tx) error) error
	// Notify tells other processes on this database that there is news for them. It does not wait, and the message may be lost.
	Notify()
	// Await returns nil when another process may have called Notify, and an error when the line is broken or ctx ends. One goroutine at a time may wait.
	Await(ctx context.Context) error
	// Now is the database's clock, without a round trip.
	Now() time.Time
	// Stats are its counters, without a round trip.
	Stats() Stats
	// Close waits for what is under way and stops every goroutine.
	Close() error
}

// ErrDuplicate reports a statement that would give two rows the same unique value. It undid itself.
var ErrDuplicate = errors.New("value is taken")

// Tx runs the statements of one transaction, one after the other.
type Tx interface {
	// Run hands each row of the answer to each, and answers how many rows there were. With a nil each it answers how many rows were changed.
	// Arguments are int64, string, []byte, bool or nil.
	Run(ctx context.Context, each Each, sql string, args ...any) (int, error)
}

// Each takes the rows of an answer one by one; nil when the statement answers none.
type Each func(Row)

// Row is one row of an answer, its columns counted from zero. It lives until the function that it was handed to returns, as do the slices
// that it gives. A NULL is the zero value.
type Row interface {
	Int(column int) int64
	Bool(column int) bool
	Text(column int) string
	Bytes(column int) []byte
}
