package postgres

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/cartouche-auth/cartouche/sqlstore"
)

const (
	clockInterval = 15 * time.Second
	clockSamples  = 3 // the one with the shortest round trip counts
)

// clock is the server's clock as this process knows it: a reading now and then, and between readings the monotonic clock of the machine. So
// telling the time costs no round trip, and nodes agree on it however wrong their own clocks are.
type clock struct {
	reading atomic.Pointer[reading]
	stop    context.CancelFunc
	stopped chan struct{}
}

// reading says that the server's clock showed a time when the machine's clock showed another.
type reading struct{ server, machine time.Time }

func startClock(ctx context.Context, db *database) (*clock, error) {
	c := &clock{stopped: make(chan struct{})}
	if err := c.read(ctx, db); err != nil {
		return nil, err
	}
	ctx, c.stop = context.WithCancel(context.WithoutCancel(ctx))
	go c.keep(ctx, db)
	return c, nil
}

// keep reads the clock again and again. When that fails the last reading goes on: machines' clocks drift by milliseconds in an hour.
func (c *clock) keep(ctx context.Context, db *database) {
	defer close(c.stopped)
	ticker := time.NewTicker(clockInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			_ = c.read(ctx, db)
		}
	}
}

const selectClock = `SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint`

func (c *clock) read(ctx context.Context, db *database) error {
	return db.withConn(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
		var best reading
		var shortest time.Duration
		for i := range clockSamples {
			var micros int64
			sent := time.Now() //nolint:forbidigo // the machine's clock is what the server's is measured by
			if _, err := run(ctx, conn.Conn(), func(r sqlstore.Row) { micros = r.Int(0) }, selectClock, nil); err != nil {
				return err
			}
			trip := time.Since(sent) //nolint:forbidigo // as above
			if i == 0 || trip < shortest {
				shortest, best = trip, reading{server: time.UnixMicro(micros).UTC(), machine: sent.Add(trip / 2)}
			}
		}
		c.reading.Store(&best)
		return nil
	})
}

func (c *clock) now() time.Time {
	r := c.reading.Load()
	return r.server.Add(time.Since(r.machine)) //nolint:forbidigo // as above; Since uses the monotonic clock
}

func (c *clock) close() {
	c.stop()
	<-c.stopped
}
