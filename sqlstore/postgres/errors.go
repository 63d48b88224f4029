package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/sqlstore"
)

// SQLSTATE codes that are asked for one by one.
const (
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	readOnlyTransaction  = "25006"
	lockNotAvailable     = "55P03"
	uniqueViolation      = "23505"
	adminShutdown        = "57P01"
)

// again reports errors after which nothing was done and the same work may succeed at once.
func again(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code == serializationFailure || e.Code == deadlockDetected || e.Code == adminShutdown
	}
	_, acquire := errors.AsType[*acquireError](err)
	return !acquire && pgconn.SafeToRetry(err)
}

// shutdown reports that the server has ended the connection, and most likely all others.
func shutdown(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == adminShutdown
}

// translate makes an error of the driver one that the domain knows.
func translate(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)):
		return ctx.Err() // the caller went away
	case duplicate(err):
		return fmt.Errorf("%w: %w", sqlstore.ErrDuplicate, err)
	case trouble(err):
		return fmt.Errorf("%w: %w", auth.ErrUnavailable, err)
	default:
		return err
	}
}

// duplicate reports a violated uniqueness.
func duplicate(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == uniqueViolation
}

// trouble reports errors that say: not now, or not here. The operation may succeed later, unchanged.
func trouble(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch e.Code {
		case serializationFailure, deadlockDetected, readOnlyTransaction, lockNotAvailable:
			return true
		}
		switch e.Code[:min(2, len(e.Code))] {
		case "08", "28", "3D", "53", "57", "58", "XX": // connection, sign-in, no database, resources, intervention and time-out, system, internal
			return true
		}
		return false
	}
	_, acquire := errors.AsType[*acquireError](err)
	_, network := errors.AsType[net.Error](err)
	return acquire || network || pgconn.SafeToRetry(err) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, pgx.ErrTxCommitRollback)
}

// acquireError reports that the pool gave no connection: the database cannot be reached, every connection is busy, or the pool is closed.
type acquireError struct{ err error }

func (e *acquireError) Error() string { return "no connection: " + e.err.Error() }

func (e *acquireError) Unwrap() error { return e.err }
