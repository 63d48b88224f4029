package postgres

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/cartouche-auth/cartouche/sqlstore"
)

const (
	// maxTrips bounds how many round trips for reads are under way at once.
	maxTrips = 4
	// maxShared bounds how many reads share a round trip, and with that how long the first of them waits for the last.
	maxShared = 32
	// late is how long a read waits for the trip of others before the next one begins beside it: a slow read must not keep the quick ones waiting.
	late = 10 * time.Millisecond
)

// readers lets reads that come at the same time go to the database together, because what a short read costs is mostly the way there and back. A read
// that comes while no trip is under way goes at once and alone. Others wait until that one is back; then one of them makes the next trip, and takes
// along whoever waits. Only where there are enough to fill a trip, or where one is late, does the next begin beside it. So nobody waits for company, and
// there is no goroutine to look after.
type readers struct {
	mu      sync.Mutex
	late    time.Duration
	trips   int   // under way
	newest  *read // makes the trip whose end those who wait wait for; nil: it is back
	waiting []*read
	overdue bool // somebody has waited too long, and maxTrips were under way
}

// read is one statement that changes nothing.
type read struct {
	each sqlstore.Each
	sql  string
	args []any
	turn chan []*read // gives one value: those to make a trip with, this one first; or nil, when another has taken it along
	n    int
	err  error
	done bool // false after its trip: it got no answer, and nothing of one
}

// Read runs one statement, in one round trip that it may share with other reads.
func (d *database) Read(ctx context.Context, each sqlstore.Each, sql string, args ...any) (int, error) {
	r := &read{each: each, sql: sql, args: args}
	together, err := d.turn(ctx, r)
	if err != nil {
		return 0, translate(ctx, err)
	}
	if together != nil {
		d.take(ctx, together)
	}
	if !r.done { // another's mistake, or a connection that broke: what changes nothing may be asked again
		return d.Write(ctx, each, sql, args...)
	}
	return r.n, r.err
}

// turn waits until a read is to make a trip, and answers with whom; nil when it was taken along. A caller who goes away takes his read with him, unless
// somebody has begun with it: then he waits, so that no row reaches a caller who has left.
func (d *database) turn(ctx context.Context, r *read) ([]*read, error) {
	if d.readers.begin(r) {
		return []*read{r}, nil
	}
	hurry := time.AfterFunc(d.readers.late, func() { d.readers.hurry(r) })
	defer hurry.Stop()
	patience := time.NewTimer(d.patience)
	defer patience.Stop()
	err := context.DeadlineExceeded
	select {
	case together := <-r.turn:
		return together, nil
	case <-patience.C:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if d.readers.leave(r) {
		return nil, &acquireError{err}
	}
	return <-r.turn, nil
}

// begin tells whether a read may make a trip at once; if not, it waits from now on.
func (w *readers) begin(r *read) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.newest == nil {
		w.newest = r
		w.trips++
		return true
	}
	r.turn = make(chan []*read, 1)
	w.waiting = append(w.waiting, r)
	if len(w.waiting) >= maxShared {
		w.next()
	}
	return false
}

// hurry begins the next trip if a read still waits.
func (w *readers) hurry(r *read) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if slices.Contains(w.waiting, r) {
		w.overdue = true
		w.next()
	}
}

// leave takes a read back that nobody has begun with.
func (w *readers) leave(r *read) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := slices.Index(w.waiting, r)
	if i < 0 {
		return false
	}
	w.waiting = slices.Delete(w.waiting, i, i+1)
	return true
}

// end ends the trip that a read made, and begins the next if somebody waits for that.
func (w *readers) end(first *read) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.trips--
	if w.newest == first {
		w.newest = nil
	}
	if w.newest == nil || w.overdue {
		w.next()
	}
}

// next sends those who have waited longest on a trip, if there is one for them.
func (w *readers) next() {
	n := min(len(w.waiting), maxShared)
	if n == 0 || w.trips == maxTrips {
		return
	}
	together := slices.Clone(w.waiting[:n])
	w.waiting = slices.Delete(w.waiting, 0, n)
	w.trips++
	w.newest, w.overdue = together[0], w.overdue && len(w.waiting) > 0
	together[0].turn <- together
}

// take makes one trip. Whatever becomes of it, a panic too, those who were taken along and those who wait for its end hear of it.
func (d *database) take(ctx context.Context, together []*read) {
	first, others := together[0], together[1:]
	defer func() {
		d.readers.end(first)
		for _, r := range others {
			r.turn <- nil
		}
	}()
	if len(others) == 0 {
		first.n, first.err = d.Write(ctx, first.each, first.sql, first.args...)
		first.done = true
		return
	}
	ctx = context.WithoutCancel(ctx) // the trip is the others' too: it goes on when the first hangs up
	err := d.once(ctx, func(ctx context.Context, c *pgxpool.Conn) error { return ask(ctx, c.Conn(), together) })
	for _, r := range together {
		if !r.done && errors.Is(err, context.DeadlineExceeded) { // a database that hangs costs everybody's patience once
			r.done, r.err = true, err
		}
		r.err = translate(ctx, r.err)
	}
}

// ask sends reads together and hands out their answers. PostgreSQL makes one transaction of them, which begins after the last was asked for, so each sees
// whatever was done before it; and when one fails, those behind it get no answer.
func ask(ctx context.Context, c *pgx.Conn, together []*read) (err error) {
	batch := &pgx.Batch{QueuedQueries: make([]*pgx.QueuedQuery, 0, len(together))}
	for _, r := range together {
		batch.Queue(r.sql, r.args...)
	}
	answers := c.SendBatch(ctx, batch)
	defer func() { err = errors.Join(err, answers.Close()) }()
	for _, r := range together {
		rows, err := answers.Query()
		if err != nil {
			return err
		}
		r.n, r.err = hand(rows, r.each)
		r.done = r.err == nil || r.n > 0
		if r.err != nil {
			return r.err
		}
	}
	return nil
}
