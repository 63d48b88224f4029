package postgres

import (
	"context"
	"encoding/binary"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/sqlstore"
)

// Write runs one statement in one round trip: PostgreSQL makes a transaction of it by itself.
func (d *database) Write(ctx context.Context, each sqlstore.Each, sql string, args ...any) (n int, err error) {
	err = d.withConn(ctx, func(ctx context.Context, c *pgxpool.Conn) error {
		n, err = run(ctx, c.Conn(), each, sql, args)
		return err
	})
	return n, err
}

func (d *database) InTx(ctx context.Context, work func(context.Context, sqlstore.Tx) error) error {
	return d.withConn(ctx, func(ctx context.Context, c *pgxpool.Conn) error {
		return pgx.BeginFunc(ctx, c, func(t pgx.Tx) error { return work(ctx, tx{t.Conn()}) })
	})
}

const (
	// tries is how often work runs that the database asks to be run again, or that never reached it.
	tries = 3
	// pause is how long it waits in between, up to twice that and at random: whoever won a deadlock must get away first.
	pause = 25 * time.Millisecond
)

// withConn lends a connection. Only the wait for one ends with the caller's context: what has been sent to the database is waited for, within
// bounds, because the driver can give up on an answer only by giving up the connection, and strangers who hang up must not be able to
// make us reconnect all day.
func (d *database) withConn(ctx context.Context, work func(context.Context, *pgxpool.Conn) error) error {
	for try := 1; ; try++ {
		err := d.once(ctx, work)
		if err == nil || try == tries || !again(err) {
			return translate(ctx, err)
		}
		if shutdown(err) {
			d.pool.Reset() // what lies in the pool is dead too
		}
		timer := time.NewTimer(pause + time.Duration(secret.Fraction()*float64(pause)))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

func (d *database) once(ctx context.Context, work func(context.Context, *pgxpool.Conn) error) error {
	waiting, cancel := context.WithTimeout(ctx, d.patience)
	defer cancel()
	c, err := d.pool.Acquire(waiting)
	if err != nil {
		return &acquireError{err}
	}
	defer c.Release()
	working, cancel := context.WithTimeout(context.WithoutCancel(ctx), d.patience)
	defer cancel()
	return work(working, c)
}

// tx is the transaction of a connection.
type tx struct{ conn *pgx.Conn }

func (t tx) Run(ctx context.Context, each sqlstore.Each, sql string, args ...any) (int, error) {
	return run(ctx, t.conn, each, sql, args)
}

// run runs one statement, which the connection prepares when it sees it for the first time.
func run(ctx context.Context, c *pgx.Conn, each sqlstore.Each, sql string, args []any) (n int, err error) {
	rows, err := c.Query(ctx, sql, args...)
	if err != nil {
		return 0, err
	}
	return hand(rows, each)
}

// hand hands out the rows of an answer and counts them; without anybody to take them it counts the rows that were changed.
func hand(rows pgx.Rows, each sqlstore.Each) (n int, err error) {
	defer rows.Close()
	for rows.Next() {
		each(row(rows.RawValues()))
		n++
	}
	if each == nil {
		rows.Close()
		n = int(rows.CommandTag().RowsAffected())
	}
	return n, rows.Err()
}

// row is a row in PostgreSQL's binary format, which for our few types needs no more than this to read.
type row [][]byte

func (r row) Int(column int) int64 {
	switch b := r[column]; len(b) {
	case 8:
		return int64(binary.BigEndian.Uint64(b))
	case 4:
		return int64(int32(binary.BigEndian.Uint32(b)))
	default:
		return 0
	}
}

func (r row) Bool(column int) bool { return len(r[column]) == 1 && r[column][0] != 0 }

func (r row) Text(column int) string { return string(r[column]) }

func (r row) Bytes(column int) []byte { return r[column] }
