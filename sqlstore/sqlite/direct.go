package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"os"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// Direct opens a file that exists, for work on whole tables beside the store: one connection, without migrating. Alone, the connection shares the file
// with nobody: it cannot be had while another process, such as a server, has the file open, and none can open it meanwhile. The caller closes it.
func Direct(path string, alone bool) (*sql.DB, error) {
	full, err := absolute(path)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(full); err != nil {
		return nil, unavailable(err)
	}
	var pragmas []string
	if alone {
		pragmas = []string{"locking_mode(EXCLUSIVE)"} // it must come before the first look into the file, and other pragmas look
	}
	c, err := connectorOf(full, pragmas)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", full, err)
	}
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(1)
	return db, nil
}

// Busy reports that another process has the file, as an error of a connection that Direct made.
func Busy(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && (e.Code()&0xff == lib.SQLITE_BUSY || e.Code()&0xff == lib.SQLITE_LOCKED)
}
