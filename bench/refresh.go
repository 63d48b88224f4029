package main

import (
	"context"

	"github.com/cartouche-auth/cartouche/bench/load"
)

// refreshProbes measure the exchange of refresh tokens, and what the database alone could do.
func refreshProbes() []probe {
	renew := func(p *person) load.Step { return p.renew }
	probes := []probe{
		one("pgbench", runPgbench),
		flow("refresh-postgres", "postgres", renew),
	}
	probes = append(probes, nodesProbes()...)
	return append(
		probes,
		one("fdatasync", func(_ context.Context, w *world) (sample, error) {
			rate, err := syncing(w.folder, w.window/2)
			return sample{Value: rate}, err
		}),
		flow("refresh-sqlite", "sqlite", renew),
	)
}
