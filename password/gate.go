package password

import (
	"container/list"
	"context"
	"sync"
	"time"
)

// retryAfter is what a caller who finds the waiting room full is told.
const retryAfter = time.Second

// gate lets as much work run at once as it has slots. The others wait in order of arrival, up to a number and up to a deadline, so that a flood
// of sign-ins costs neither memory nor everybody's time (the hash flood).
type gate struct {
	slots, queue int
	deadline     time.Duration

	mu            sync.Mutex
	free          int
	waiting       list.List // of *waiter
	running       int
	refused, done uint64
}

type waiter struct {
	slots   int
	granted chan struct{}
}

func newGate(slots, queue int, deadline time.Duration) *gate {
	return &gate{slots: slots, queue: queue, deadline: deadline, free: slots}
}

// enter waits for slots and returns what gives them back. Errors: *BusyError, or the context's.
func (g *gate) enter(ctx context.Context, slots int) (leave func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	place, err := g.queueUp(slots)
	if err != nil {
		return nil, err
	}
	if place != nil {
		if err := g.wait(ctx, place); err != nil {
			return nil, err
		}
	}
	return func() { g.release(slots) }, nil
}

// queueUp takes the slots at once when nobody waits for them; else it gives a place in the queue.
func (g *gate) queueUp(slots int) (*list.Element, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.waiting.Len() == 0 && g.free >= slots {
		g.take(slots)
		return nil, nil
	}
	if g.waiting.Len() >= g.queue {
		g.refused++
		return nil, &BusyError{RetryAfter: retryAfter}
	}
	return g.waiting.PushBack(&waiter{slots, make(chan struct{})}), nil
}

func (g *gate) wait(ctx context.Context, place *list.Element) error {
	timer := time.NewTimer(g.deadline)
	defer timer.Stop()
	w := place.Value.(*waiter)
	select {
	case <-w.granted:
	case <-ctx.Done():
	case <-timer.C:
	}
	switch granted, err := !g.giveUp(place), ctx.Err(); {
	case granted && err == nil: // perhaps in the moment of the deadline
		return nil
	case granted:
		g.release(w.slots) // nobody wants the answer any more
		return err
	case err != nil:
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refused++
	return &BusyError{RetryAfter: retryAfter}
}

// giveUp leaves the queue; false: the slots had been granted. Whoever stood behind may fit now.
func (g *gate) giveUp(place *list.Element) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-place.Value.(*waiter).granted:
		return false
	default:
		g.waiting.Remove(place)
		g.grant()
		return true
	}
}

func (g *gate) release(slots int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.free += slots
	g.running--
	g.done++
	g.grant()
}

// grant lets in whoever is first, never somebody smaller from behind: else large work would wait for ever.
func (g *gate) grant() {
	for first := g.waiting.Front(); first != nil; first = g.waiting.Front() {
		w := first.Value.(*waiter)
		if w.slots > g.free {
			return
		}
		g.waiting.Remove(first)
		g.take(w.slots)
		close(w.granted)
	}
}

func (g *gate) take(slots int) {
	g.free -= slots
	g.running++
}

// Stats are counters of a Hasher since it was made.
type Stats struct {
	Slots   int    // how much may run at once
	Running int    // checks and hashes that run now
	Waiting int    // that wait for a slot now
	Refused uint64 // that were refused with ErrBusy
	Done    uint64 // that had their slot and gave it back
}

func (g *gate) stats() Stats {
	g.mu.Lock()
	defer g.mu.Unlock()
	return Stats{Slots: g.slots, Running: g.running, Waiting: g.waiting.Len(), Refused: g.refused, Done: g.done}
}
