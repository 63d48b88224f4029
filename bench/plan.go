package main

import (
	"context"
	"slices"
)

// plan is what is measured, in order.
type plan struct {
	probes []probe
	reps   int
}

// newPlan takes the probes that rows need.
func newPlan(wanted []row, reps int) plan {
	p := plan{reps: reps}
	for _, candidate := range probes() {
		needed := slices.ContainsFunc(wanted, func(r row) bool {
			return slices.Contains(candidate.keys, r.key()) || slices.Contains(candidate.keys, r.peer)
		})
		if needed {
			p.probes = append(p.probes, candidate)
		}
	}
	return p
}

// rounds are the probes in the order in which they run: repetition by repetition, so that what is held against each other was measured within seconds, and
// each time in the opposite order, so that none always goes first.
func (p plan) rounds() []probe {
	var all []probe
	for rep := range p.reps {
		round := slices.Clone(p.probes)
		if rep > 0 {
			round = slices.DeleteFunc(round, func(c probe) bool { return c.once })
		}
		if rep%2 == 1 {
			slices.Reverse(round)
		}
		all = append(all, round...)
	}
	return all
}

// carryOut measures everything. What fails once is not tried again, and fails its rows.
func (p plan) carryOut(ctx context.Context, w *world) *figures {
	f := newFigures()
	rounds := p.rounds()
	shown := newProgress(len(rounds))
	defer shown.done()
	for _, probe := range rounds {
		shown.next(probe.keys[0])
		if f.failures[probe.keys[0]] != nil {
			continue
		}
		err := context.Cause(ctx)
		if err == nil {
			err = probe.run(ctx, w, f.add)
		}
		if err != nil {
			for _, key := range probe.keys {
				f.failures[key] = err
			}
		}
	}
	return f
}
