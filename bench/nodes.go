package main

import (
	"context"
	"errors"

	"github.com/cartouche-auth/cartouche/bench/load"
)

// nodesProbes measure two nodes on one PostgreSQL beside one, with the same people.
func nodesProbes() []probe {
	return []probe{one("refresh-nodes", func(ctx context.Context, w *world) (sample, error) {
		first, err := w.running(ctx, "postgres")
		if err != nil {
			return sample{}, err
		}
		second, err := w.running(ctx, "second")
		if err != nil {
			return sample{}, err
		}
		crowd := append(newCrowd(first.address, 0, clients/2), newCrowd(second.address, clients/2, clients/2)...)
		if err := crowd.signIn(); err != nil {
			return sample{}, errors.Join(err, crowd.close())
		}
		pids := append(w.pids(first, "postgres"), second.process.PID())
		measured, err := drive(ctx, w.window, pids, crowd.steps(func(p *person) load.Step { return p.renew }))
		return measured, errors.Join(err, crowd.close())
	})}
}
