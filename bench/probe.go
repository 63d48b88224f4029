package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cartouche-auth/cartouche/bench/load"
	"github.com/cartouche-auth/cartouche/bench/process"
)

// probe measures figures.
type probe struct {
	keys []string // of the figures that it records
	once bool     // it needs no repetition, or repeats by itself
	run  func(ctx context.Context, w *world, record func(key string, s sample)) error
}

// clients is how many ask at once.
const clients = 16

// warming is how long a closed loop runs before it counts.
const warming = 500 * time.Millisecond

// probes measure every figure. Those that are held against each other stand side by side, and are measured so.
func probes() []probe {
	var all []probe
	all = append(all, refreshProbes()...)
	all = append(all, auditProbes()...)
	all = append(all, readProbes()...)
	all = append(all, djangoProbes()...)
	all = append(all, tokenProbes()...)
	all = append(all, verifierProbes()...)
	all = append(all, signInProbes()...)
	all = append(all, startProbes()...)
	return append(all, growthProbes()...)
}

// one is a probe of one figure.
func one(key string, run func(ctx context.Context, w *world) (sample, error)) probe {
	return probe{keys: []string{key}, run: func(ctx context.Context, w *world, record func(string, sample)) error {
		s, err := run(ctx, w)
		if err == nil {
			record(key, s)
		}
		return err
	}}
}

// drive measures a closed loop against a server whose work is done by the processes pids.
func drive(ctx context.Context, window time.Duration, pids []int, steps []load.Step) (sample, error) {
	meter := process.NewMeter(pids...)
	var cost process.Cost
	result, err := load.Loop(ctx, load.Window{
		Warm: warming, Length: window, Opened: meter.Start, Closed: func() { cost = meter.Stop() },
	}, steps)
	if err != nil {
		return sample{}, err
	}
	if result.Count() == 0 {
		return sample{}, errors.New("no answer within the window")
	}
	return sample{Value: result.Rate(), CPU: cost.CPU / time.Duration(result.Count()), Others: cost.Others}, nil
}

// flow is a probe that drives one step of signed-in people against a main server.
func flow(key, database string, step func(*person) load.Step) probe {
	return one(key, func(ctx context.Context, w *world) (sample, error) {
		s, err := w.running(ctx, database)
		if err != nil {
			return sample{}, err
		}
		crowd := newCrowd(s.address, 0, clients)
		if err := crowd.signIn(); err != nil {
			return sample{}, errors.Join(err, crowd.close())
		}
		measured, err := drive(ctx, w.window, w.pids(s, database), crowd.steps(step))
		return measured, errors.Join(err, crowd.close())
	})
}

// crowd is some people.
type crowd []*person

// newCrowd is the people of some numbers.
func newCrowd(address string, first, count int) crowd {
	var c crowd
	for n := first; n < first+count; n++ {
		c = append(c, newPerson(address, n))
	}
	return c
}

func (c crowd) close() error {
	var errs []error
	for _, p := range c {
		errs = append(errs, p.close())
	}
	return errors.Join(errs...)
}

// signIn opens a session for each, and readies its requests.
func (c crowd) signIn() error {
	for _, p := range c {
		if err := p.signIn(); err != nil {
			return fmt.Errorf("sign %s in: %w", p.name, err)
		}
		p.prepare()
	}
	return nil
}

func (c crowd) steps(step func(*person) load.Step) []load.Step {
	var steps []load.Step
	for _, p := range c {
		steps = append(steps, step(p))
	}
	return steps
}
