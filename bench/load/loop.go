package load

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Step is what a client does again and again: one request, and its answer to the last byte. An error ends the loop: a server that
// refuses has no rate.
type Step func() error

// Window says when a loop is measured.
type Window struct {
	Warm   time.Duration // before the window opens
	Length time.Duration
	// Opened and Closed, when not nil, are called at the edges of the window, to read what it costs.
	Opened, Closed func()
}

// Result is what completed inside a window.
type Result struct {
	Took      time.Duration
	Latencies []time.Duration // in ascending order
}

// Count is how many answers completed.
func (r Result) Count() int { return len(r.Latencies) }

// Rate is how many answers completed in a second.
func (r Result) Rate() float64 { return float64(r.Count()) / r.Took.Seconds() }

// Quantile is the latency that the part q (0 to 1) of the answers did not exceed; 0 when there was none.
func (r Result) Quantile(q float64) time.Duration {
	if len(r.Latencies) == 0 {
		return 0
	}
	return r.Latencies[int(q*float64(len(r.Latencies)-1)+0.5)]
}

const (
	warming int32 = iota
	open
	closed
)

// Loop lets every client take its step without pause, each as soon as its last answer is in, and counts what completes inside the window.
func Loop(ctx context.Context, window Window, clients []Step) (Result, error) {
	var (
		phase   atomic.Int32
		workers sync.WaitGroup
		lanes   = make([]lane, len(clients))
	)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	for i, step := range clients {
		workers.Go(func() {
			if err := lanes[i].run(&phase, step); err != nil {
				cancel(fmt.Errorf("client %d of %d: %w", i+1, len(clients), err))
			}
		})
	}
	took := window.watch(ctx, &phase)
	workers.Wait()
	if err := context.Cause(ctx); err != nil {
		return Result{}, err
	}
	return merge(lanes, took), nil
}

func merge(lanes []lane, took time.Duration) Result {
	result := Result{Took: took}
	for i := range lanes {
		result.Latencies = append(result.Latencies, lanes[i].latencies...)
	}
	slices.Sort(result.Latencies)
	return result
}

// lane is what one client saw; apart from the others', so that they share no cache line but the phase.
type lane struct {
	latencies []time.Duration
	_         [64]byte
}

func (l *lane) run(phase *atomic.Int32, step Step) error {
	l.latencies = make([]time.Duration, 0, 1<<14)
	for phase.Load() != closed {
		started := now()
		if err := step(); err != nil {
			return err
		}
		if phase.Load() == open {
			l.latencies = append(l.latencies, since(started))
		}
	}
	return nil
}

// watch moves the phase along and answers how long the window was open.
func (w Window) watch(ctx context.Context, phase *atomic.Int32) time.Duration {
	defer phase.Store(closed)
	if !pause(ctx, w.Warm) {
		return 0
	}
	if w.Opened != nil {
		w.Opened()
	}
	phase.Store(open)
	started := now()
	if !pause(ctx, w.Length) {
		return 0
	}
	phase.Store(closed)
	took := since(started)
	if w.Closed != nil {
		w.Closed()
	}
	return took
}
