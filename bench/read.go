package main

import (
	"context"
	"errors"

	"github.com/cartouche-auth/cartouche/bench/load"
)

// readProbes measure the questions that front ends ask most, and the empty handler.
func readProbes() []probe {
	me := func(p *person) load.Step { return p.readMe }
	verify := func(p *person) load.Step { return p.verifyAccess }
	return []probe{
		flow("me-sqlite", "sqlite", me),
		one("hello", runHello),
		flow("me-postgres", "postgres", me),
		flow("verify", "sqlite", verify),
	}
}

func runHello(ctx context.Context, w *world) (sample, error) {
	s, err := w.running(ctx, "hello")
	if err != nil {
		return sample{}, err
	}
	crowd := newCrowd(s.address, 0, clients)
	request := load.Get(s.address, "/hello/")
	measured, err := drive(ctx, w.window, w.pids(s, "hello"), crowd.steps(func(p *person) load.Step {
		return func() error {
			_, err := p.ask(request)
			return err
		}
	}))
	return measured, errors.Join(err, crowd.close())
}
