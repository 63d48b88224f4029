package sqlite

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/sqlstore"
)

// trouble are SQLite's result codes that say: not now, or not here. The operation may succeed later, unchanged.
var trouble = map[int]bool{
	lib.SQLITE_BUSY: true, lib.SQLITE_LOCKED: true, lib.SQLITE_PROTOCOL: true, // another process
	lib.SQLITE_READONLY: true, lib.SQLITE_CANTOPEN: true, lib.SQLITE_PERM: true, // the file
	lib.SQLITE_FULL: true, lib.SQLITE_IOERR: true, lib.SQLITE_NOLFS: true, // the disk
	lib.SQLITE_NOMEM: true, lib.SQLITE_INTERRUPT: true,
	lib.SQLITE_CORRUPT: true, lib.SQLITE_NOTADB: true, // somebody must act; nothing about the request is wrong
}

// translate makes an error of the driver one that the domain knows.
func translate(err error) error {
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*sqlite.Error](err)
	switch {
	case ok && trouble[e.Code()&0xff]:
		return fmt.Errorf("%w: %w", auth.ErrUnavailable, err)
	case ok && (e.Code() == lib.SQLITE_CONSTRAINT_UNIQUE || e.Code() == lib.SQLITE_CONSTRAINT_PRIMARYKEY):
		return fmt.Errorf("%w: %w", sqlstore.ErrDuplicate, err)
	default:
		return err
	}
}

// fatal answers errors after which the transaction cannot be relied upon: SQLite may have rolled it back by itself.
func fatal(err error) error {
	if errors.Is(err, auth.ErrUnavailable) {
		return err
	}
	return nil
}
