package postgres

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// channel is what processes listen on. The message is empty: it says "look", never what is to be seen, so that a lost or forged one is harmless.
const channel = "cartouche_revocations"

// quiet is how long a line may bring nothing before it is tried: a network that was cut tells nobody.
const quiet = 30 * time.Second

// notifier sends messages off the path of requests, several in one, and holds the line on which others' arrive.
type notifier struct {
	wake    chan struct{}
	life    context.Context //nolint:containedctx // of the goroutine, and of whoever waits: closing the database ends both
	stop    context.CancelFunc
	stopped chan struct{}

	mu   sync.Mutex // held by who waits
	line *pgx.Conn
}

func startNotifier(ctx context.Context, db *database) *notifier {
	n := &notifier{wake: make(chan struct{}, 1), stopped: make(chan struct{})}
	n.life, n.stop = context.WithCancel(context.WithoutCancel(ctx))
	go n.send(n.life, db)
	return n
}

// send sends what is waiting, also what was put there before the end: a command that revokes and exits is heard.
func (n *notifier) send(ctx context.Context, db *database) {
	defer close(n.stopped)
	unbroken := context.WithoutCancel(ctx) // the end must not take a message away that is on its way
	for {
		select {
		case <-n.wake:
			db.notify(unbroken)
		case <-ctx.Done():
			select {
			case <-n.wake:
				db.notify(unbroken)
			default:
			}
			return
		}
	}
}

const sendNotification = `SELECT pg_notify('` + channel + `', '')`

// notify is best effort: where there is no LISTEN and NOTIFY, or nobody answers, others find the news at their next look.
func (d *database) notify(ctx context.Context) {
	_ = d.withConn(ctx, func(ctx context.Context, c *pgxpool.Conn) error {
		_, err := c.Exec(ctx, sendNotification)
		return err
	})
}

func (n *notifier) close() {
	n.stop()
	<-n.stopped
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hangUp()
}

// Notify tells others that there is news. It does not wait.
func (d *database) Notify() {
	select {
	case d.notifier.wake <- struct{}{}:
	default: // one is waiting to be sent, after our news
	}
}

// Await waits on a connection of its own, which is opened when somebody waits for the first time and again after trouble.
func (d *database) Await(ctx context.Context) error {
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(d.notifier.life, cancel)()
	return translate(ctx, d.notifier.await(waiting, d))
}

func (n *notifier) await(ctx context.Context, d *database) (err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	defer func() {
		if err != nil {
			n.hangUp()
		}
	}()
	if n.line == nil {
		return n.dial(ctx, d) // what came before the line was open is to be looked for
	}
	for {
		err := n.listen(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
			return err
		}
		if err := n.check(ctx, d.patience); err != nil {
			return err
		}
	}
}

func (n *notifier) dial(ctx context.Context, d *database) error {
	ctx, cancel := context.WithTimeout(ctx, d.patience)
	defer cancel()
	line, err := pgx.ConnectConfig(ctx, d.pool.Config().ConnConfig)
	if err != nil {
		return err
	}
	n.line = line
	_, err = line.Exec(ctx, `LISTEN `+channel)
	return err
}

// listen waits for one message, for as long as a line may be quiet.
func (n *notifier) listen(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, quiet)
	defer cancel()
	_, err := n.line.WaitForNotification(ctx)
	return err
}

func (n *notifier) check(ctx context.Context, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return n.line.Ping(ctx)
}

// hangUp closes the line. It is called with mu held.
func (n *notifier) hangUp() {
	if n.line == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = n.line.Close(ctx)
	n.line = nil
}
