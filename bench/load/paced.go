package load

import (
	"context"
	"sync"
	"time"

	"github.com/cartouche-auth/cartouche/secret"
)

// Paced lets every client take a step now and then until ctx ends, after a pause that is each time another one between half of every and one and
// a half of it, so that the clients do not march in step. It measures how others fare while a server is busy, without adding to what makes it so.
func Paced(ctx context.Context, every time.Duration, clients []Step) (Result, error) {
	var (
		workers sync.WaitGroup
		lanes   = make([]lane, len(clients))
		started = now()
	)
	failed, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	for i, step := range clients {
		workers.Go(func() {
			for pause(failed, time.Duration((0.5+secret.Fraction())*float64(every))) {
				at := now()
				if err := step(); err != nil {
					cancel(err)
					return
				}
				lanes[i].latencies = append(lanes[i].latencies, since(at))
			}
		})
	}
	workers.Wait()
	if err := context.Cause(failed); err != nil && ctx.Err() == nil {
		return Result{}, err
	}
	return merge(lanes, since(started)), nil
}
