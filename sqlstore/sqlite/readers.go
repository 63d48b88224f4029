package sqlite

import (
	"context"
	"errors"

	"github.com/cartouche-auth/cartouche/sqlstore"
)

// maxReaders is how many statements read at once. Reads take microseconds, so more connections would only need more memory.
const maxReaders = 4

// readers are connections for reading. In WAL mode they neither wait for the writer nor keep it waiting, and each sees everything that was
// committed before its statement began.
type readers struct {
	path string
	free chan *conn // maxReaders of them, nil for one that is not open yet
	done chan struct{}
}

func newReaders(path string) *readers {
	r := &readers{path: path, free: make(chan *conn, maxReaders), done: make(chan struct{})}
	for range maxReaders {
		r.free <- nil
	}
	return r
}

var errClosed = unavailable(errors.New("store is closed"))

func (r *readers) run(ctx context.Context, each sqlstore.Each, sql string, args []any) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	var c *conn
	select {
	case <-r.done:
		return 0, errClosed
	case <-ctx.Done():
		return 0, ctx.Err()
	case c = <-r.free:
	}
	defer func() { r.free <- c }()
	if c == nil {
		var err error
		if c, err = connect(ctx, r.path, reading); err != nil {
			return 0, err
		}
	}
	return c.run(each, sql, args)
}

// close waits for every reader and closes it.
func (r *readers) close() error {
	select {
	case <-r.done:
		return nil
	default:
		close(r.done)
	}
	var errs []error
	for range maxReaders {
		if c := <-r.free; c != nil {
			errs = append(errs, c.close())
		}
	}
	return errors.Join(errs...)
}
