package main

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cartouche-auth/cartouche/bench/load"
	"github.com/cartouche-auth/cartouche/bench/process"
	"github.com/cartouche-auth/cartouche/secret"
)

const (
	waveSize = 256
	askers   = 8
	askEvery = 50 * time.Millisecond
)

// runWave lets 256 people sign in as often as they can while a few others ask who they are. The server turns away those who find the waiting room
// full, with 503 and Retry-After, and they come again.
func runWave(ctx context.Context, w *world, record func(string, sample)) (err error) {
	where, err := w.newSite(ctx, "wave", "sqlite", w.hash)
	if err != nil {
		return err
	}
	// One address may not hold so many connections, unless it is a proxy's that stands for many people.
	where.settings = []string{"CARTOUCHE_TRUSTED_PROXIES=127.0.0.1"}
	s, err := where.start(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	asking := newCrowd(s.address, 0, askers)
	defer func() { err = errors.Join(err, asking.close()) }()
	if err := asking.signIn(); err != nil {
		return err
	}
	people := newCrowd(s.address, askers, waveSize)
	defer func() { err = errors.Join(err, people.close()) }()

	stop, signedIn := surge(ctx, people)
	asked, others, err := w.ask(ctx, s, asking)
	if err = errors.Join(err, stop()); err != nil {
		return err
	}
	memory, err := process.ReadMemory(s.process.PID())
	if err != nil {
		return err
	}
	if signedIn.Load() == 0 {
		return errors.New("nobody of the wave could sign in")
	}
	record("wave-me", sample{Value: float64(asked.Quantile(0.99)), Others: others})
	record("wave-memory", sample{Value: float64(memory.Peak), Others: others})
	return nil
}

// ask lets the few ask, once the wave stands.
func (w *world) ask(ctx context.Context, s *server, asking crowd) (load.Result, float64, error) {
	if err := pause(ctx, time.Second); err != nil {
		return load.Result{}, 0, err
	}
	ctx, over := context.WithTimeout(ctx, 4*w.window)
	defer over()
	meter := process.NewMeter(s.process.PID())
	meter.Start()
	asked, err := load.Paced(ctx, askEvery, asking.steps(func(p *person) load.Step { return p.readMe }))
	return asked, meter.Stop().Others, err
}

// surge lets people sign in again and again until it is stopped, and counts those who could.
func surge(ctx context.Context, people crowd) (stop func() error, signedIn *atomic.Int64) {
	ctx, calm := context.WithCancel(ctx)
	var (
		riders   sync.WaitGroup
		failures = make(chan error, len(people))
	)
	signedIn = new(atomic.Int64)
	for _, p := range people {
		riders.Go(func() { failures <- p.ride(ctx, signedIn) })
	}
	return func() error {
		calm()
		riders.Wait()
		close(failures)
		var errs []error
		for err := range failures {
			errs = append(errs, err)
		}
		return errors.Join(errs...)
	}, signedIn
}

// ride signs in until ctx ends. Who is told that the server is busy comes back after about a second, as the answer says.
func (p *person) ride(ctx context.Context, signedIn *atomic.Int64) error {
	for ctx.Err() == nil {
		err := p.signIn()
		var no *refusal
		switch {
		case err == nil:
			signedIn.Add(1)
		case errors.As(err, &no) && no.busy():
			_ = pause(ctx, time.Duration((0.5+secret.Fraction())*float64(time.Second))) // when it is cut short, the wave is over
		default:
			return err
		}
	}
	return nil
}
