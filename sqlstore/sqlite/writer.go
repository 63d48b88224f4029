package sqlite

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/cartouche-auth/cartouche/sqlstore"
)

// maxBatch bounds how many jobs share a transaction, and with that how long the first of them waits for the last.
const maxBatch = 256

// writer is the one connection that writes, and its goroutine. It commits in groups: whatever jobs are waiting run in one transaction and are
// answered together once it is on the disk. SQLite lets one writer in at a time anyway, and waiting for the disk is what takes the time.
type writer struct {
	conn     *conn
	queue    chan *job
	stop     chan struct{} // closed by close
	stopped  chan struct{} // closed when the goroutine has ended
	stopOnce sync.Once
	err      error // of closing the connection; read it after stopped

	writes, commits atomic.Uint64
}

func startWriter(c *conn) *writer {
	w := &writer{conn: c, queue: make(chan *job, maxBatch), stop: make(chan struct{}), stopped: make(chan struct{})}
	go w.loop()
	return w
}

// job is one statement, or one piece of work of several.
type job struct {
	ctx   context.Context
	each  sqlstore.Each
	sql   string
	args  []any
	work  func(context.Context, sqlstore.Tx) error // nil: one statement
	state atomic.Int32
	done  chan struct{}
	n     int
	err   error
	panic any
}

// The states of a job.
const (
	waiting int32 = iota
	begun
	dropped
)

func (w *writer) run(ctx context.Context, each sqlstore.Each, sql string, args []any) (int, error) {
	j := &job{ctx: ctx, each: each, sql: sql, args: args, done: make(chan struct{})}
	err := w.do(j)
	return j.n, err
}

func (w *writer) inTx(ctx context.Context, work func(context.Context, sqlstore.Tx) error) error {
	return w.do(&job{ctx: ctx, work: work, done: make(chan struct{})})
}

// do hands a job over and waits for its outcome. A caller who goes away takes his job with him, unless it has begun: then he waits, so that
// nobody is told anything but the truth, and the work never outlives its caller.
func (w *writer) do(j *job) error {
	if err := j.ctx.Err(); err != nil {
		return err
	}
	select {
	case w.queue <- j:
	case <-j.ctx.Done():
		return j.ctx.Err()
	case <-w.stopped:
		return errClosed
	}
	select {
	case <-j.done:
	case <-j.ctx.Done():
		if j.state.CompareAndSwap(waiting, dropped) {
			return j.ctx.Err()
		}
		<-j.done
	case <-w.stopped:
		if j.state.CompareAndSwap(waiting, dropped) {
			return errClosed
		}
		<-j.done
	}
	if j.panic != nil {
		panic(j.panic)
	}
	return j.err
}

func (w *writer) close() error {
	w.stopOnce.Do(func() { close(w.stop) })
	<-w.stopped
	return w.err
}

func (w *writer) stats() *sqlstore.WriterStats {
	return &sqlstore.WriterStats{Waiting: len(w.queue), Writes: w.writes.Load(), Commits: w.commits.Load()}
}

func (w *writer) loop() {
	defer close(w.stopped)
	batch := make([]*job, 0, maxBatch)
	for {
		select {
		case j := <-w.queue:
			batch = w.fill(append(batch[:0], j))
			w.commit(batch)
			clear(batch)
		case <-w.stop:
			w.commit(w.fill(batch[:0]))
			w.err = w.conn.close()
			return
		}
	}
}

// fill takes what is waiting, without waiting.
func (w *writer) fill(batch []*job) []*job {
	for len(batch) < cap(batch) {
		select {
		case j := <-w.queue:
			batch = append(batch, j)
		default:
			return batch
		}
	}
	return batch
}

const (
	begin    = `BEGIN IMMEDIATE`
	commit   = `COMMIT`
	rollback = `ROLLBACK`
	mark     = `SAVEPOINT job`
	forget   = `RELEASE job`
	back     = `ROLLBACK TO job`
)

// commit runs the jobs of a batch in one transaction and answers all of them.
func (w *writer) commit(batch []*job) {
	jobs := batch[:0]
	for _, j := range batch {
		if j.state.CompareAndSwap(waiting, begun) {
			jobs = append(jobs, j)
		}
	}
	if len(jobs) == 0 {
		return
	}
	w.writes.Add(uint64(len(jobs)))
	w.commits.Add(1)
	err := w.transaction(jobs)
	for _, j := range jobs {
		if err != nil {
			j.n, j.err = 0, err
		}
		close(j.done)
	}
}

// transaction answers an error that goes for every job: nothing of what they did has been kept.
func (w *writer) transaction(jobs []*job) error {
	if err := w.exec(begin); err != nil {
		return err
	}
	for _, j := range jobs {
		if err := w.perform(j); err != nil {
			_ = w.exec(rollback) // fails when SQLite has rolled back by itself
			return err
		}
	}
	if err := w.exec(commit); err != nil {
		_ = w.exec(rollback)
		return err
	}
	return nil
}

func (w *writer) exec(sql string) error {
	_, err := w.conn.run(nil, sql, nil)
	return err
}

// perform runs one job. Its own mistakes go into the job; the error it answers is one after which the transaction cannot go on.
func (w *writer) perform(j *job) error {
	if j.work == nil { // a statement that fails undoes itself
		j.n, j.err = w.conn.run(j.each, j.sql, j.args)
		return fatal(j.err)
	}
	if err := w.exec(mark); err != nil {
		return err
	}
	tx := tx{conn: w.conn}
	j.attempt(&tx)
	if err := fatal(tx.err); err != nil {
		return err
	}
	if j.err != nil || j.panic != nil {
		if err := w.exec(back); err != nil {
			return err
		}
	}
	return w.exec(forget)
}

// attempt calls the job's work. A panic belongs to the caller: it must not end the goroutine that everybody writes through.
func (j *job) attempt(tx *tx) {
	defer func() { j.panic = recover() }()
	j.err = j.work(j.ctx, tx)
}

// tx is the transaction of one job. It remembers what went wrong, should the work forget it.
type tx struct {
	conn *conn
	err  error
}

func (t *tx) Run(_ context.Context, each sqlstore.Each, sql string, args ...any) (int, error) {
	if t.err != nil {
		return 0, t.err
	}
	n, err := t.conn.run(each, sql, args)
	t.err = err
	return n, err
}
