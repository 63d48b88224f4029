package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"

	"github.com/cartouche-auth/cartouche/sqlstore"
)

// conn is one connection with its prepared statements. It speaks to the driver itself: package database/sql would double the cost of a
// statement that takes a few microseconds. One goroutine at a time may use it.
type conn struct {
	raw        driver.Conn
	statements map[string]*statement
	args       []driver.NamedValue
}

type statement struct {
	prepared driver.Stmt
	row      row
}

func newConn(raw driver.Conn) *conn { return &conn{raw: raw, statements: make(map[string]*statement)} }

// background is a context that the driver need not watch. A statement takes microseconds, and a wait for another process ends by itself.
var background = context.Background()

// run runs one statement; see [sqlstore.Tx].
func (c *conn) run(each sqlstore.Each, sql string, args []any) (int, error) {
	s, err := c.prepare(sql)
	if err != nil {
		return 0, translate(err)
	}
	c.args = c.args[:0]
	for i, value := range args {
		c.args = append(c.args, driver.NamedValue{Ordinal: i + 1, Value: value})
	}
	var n int
	if each == nil {
		n, err = s.exec(c.args)
	} else {
		n, err = s.query(each, c.args)
	}
	clear(c.args)
	return n, translate(err)
}

func (c *conn) prepare(sql string) (*statement, error) {
	if s, ok := c.statements[sql]; ok {
		return s, nil
	}
	prepared, err := c.raw.(driver.ConnPrepareContext).PrepareContext(background, sql)
	if err != nil {
		return nil, err
	}
	s := &statement{prepared: prepared}
	c.statements[sql] = s
	return s, nil
}

func (s *statement) exec(args []driver.NamedValue) (int, error) {
	result, err := s.prepared.(driver.StmtExecContext).ExecContext(background, args)
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return int(n), err
}

func (s *statement) query(each sqlstore.Each, args []driver.NamedValue) (n int, err error) {
	rows, err := s.prepared.(driver.StmtQueryContext).QueryContext(background, args)
	if err != nil {
		return 0, err
	}
	defer func() {
		if closeErr := rows.Close(); err == nil {
			err = closeErr
		}
	}()
	if s.row == nil {
		s.row = make(row, len(rows.Columns()))
	}
	for {
		err := rows.Next(s.row)
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		each(s.row)
		n++
	}
}

// script runs any number of statements without arguments.
func (c *conn) script(ctx context.Context, sql string) error {
	_, err := c.raw.(driver.ExecerContext).ExecContext(ctx, sql, nil)
	return translate(err)
}

func (c *conn) close() error {
	var errs []error
	for _, s := range c.statements {
		errs = append(errs, s.prepared.Close())
	}
	return errors.Join(append(errs, c.raw.Close())...)
}

// row is a row as the driver gives it.
type row []driver.Value

func (r row) Int(column int) int64 {
	n, _ := r[column].(int64)
	return n
}

func (r row) Bool(column int) bool { return r.Int(column) != 0 }

func (r row) Text(column int) string {
	s, _ := r[column].(string)
	return s
}

func (r row) Bytes(column int) []byte {
	b, _ := r[column].([]byte)
	return b
}
