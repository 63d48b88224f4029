package postgres

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
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

func startClock(ctx context.Context, pool *pgxpool.Pool) (*clock, error) {
	c := &clock{stopped: make(chan struct{})}
	if err := c.read(ctx, pool); err != nil {
		return nil, translate(ctx, err)
	}
	ctx, c.stop = context.WithCancel(context.WithoutCancel(ctx))
	go c.keep(ctx, pool)
	return c, nil
}

// keep reads the clock again and again. When that fails the last reading goes on: machines' clocks drift by milliseconds in an hour.
func (c *clock) keep(ctx context.Context, pool *pgxpool.Pool) {
	defer close(c.stopped)
	ticker := time.NewTicker(clockInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			_ = c.read(ctx, pool)
		}
	}
}

const selectClock = `SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint`

func (c *clock) read(ctx context.Context, pool *pgxpool.Pool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	var best reading
	var shortest time.Duration
	for range clockSamples {
		var micros int64
		sent := time.Now() //nolint:forbidigo // the machine's clock is what the server's is measured by
		if err := conn.QueryRow(ctx, selectClock).Scan(&micros); err != nil {
			return err
		}
		trip := time.Since(sent) //nolint:forbidigo // as above
		if shortest == 0 || trip < shortest {
			shortest, best = trip, reading{server: time.UnixMicro(micros), machine: sent.Add(trip / 2)}
		}
	}
	c.reading.Store(&best)
	return nil
}

func (c *clock) now() time.Time {
	r := c.reading.Load()
	return r.server.Add(time.Since(r.machine)) //nolint:forbidigo // as above; Since uses the monotonic clock
}

func (c *clock) close() {
	c.stop()
	<-c.stopped
}
