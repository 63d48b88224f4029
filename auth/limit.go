package auth

import (
	"context"
	"sync"
	"time"
)

// LimitStore counts, by the generic cell rate algorithm: a key's theoretical arrival time is the one number kept.
type LimitStore interface {
	// TakeLimits counts one use of every key, or of none: then it answers for each how long to wait, zero for those that would not refuse. Nil: it counted.
	// No key comes twice in one call.
	TakeLimits(ctx context.Context, now time.Time, uses ...LimitUse) (waits []time.Duration, err error)
	// GiveLimitsBack takes one counted use of every key back.
	GiveLimitsBack(ctx context.Context, uses ...LimitUse) error
	// ForgetLimits makes keys as good as never used.
	ForgetLimits(ctx context.Context, keys ...string) error
}

// LimitUse is one use of what a key names, under a rate. The rate is not the zero Rate.
type LimitUse struct {
	Key  string
	Rate Rate
}

// NextArrival is the arithmetic of the generic cell rate algorithm: given the theoretical arrival time kept for a key, it answers
// the one to keep, and how long to wait when the rate refuses (then nothing is to be kept).
func (r Rate) NextArrival(kept, now time.Time) (next time.Time, retryAfter time.Duration) {
	if kept.Before(now) {
		kept = now
	}
	next = kept.Add(r.Interval)
	return next, max(0, next.Sub(now)-r.Tolerance())
}

// Tolerance is how far a key's arrival time may run ahead of the clock.
func (r Rate) Tolerance() time.Duration { return time.Duration(r.Burst) * r.Interval }

// LimitMode says where the counters of rate limits live.
type LimitMode string

// The modes of rate limits.
const (
	LimitsOn     LimitMode = "on"     // in this process's memory: right for one node
	LimitsShared LimitMode = "shared" // in the store: right for several
	LimitsOff    LimitMode = "off"    // not at all: for measurements
)

// maxCounters bounds the memory of the counters. Whoever fills it drops counters of his own first; see drop.
const maxCounters = 1 << 18

// memoryLimits is a LimitStore for one process.
type memoryLimits struct {
	mu       sync.Mutex
	counters map[string]counter
}

type counter struct {
	arrival  time.Time
	interval time.Duration
}

// uses is how many uses the counter still holds against its key.
func (c counter) uses(now time.Time) time.Duration { return c.arrival.Sub(now) / c.interval }

func newMemoryLimits() *memoryLimits { return &memoryLimits{counters: make(map[string]counter)} }

func (m *memoryLimits) TakeLimits(_ context.Context, now time.Time, uses ...LimitUse) ([]time.Duration, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	refused := false
	arrivals, waits := make([]time.Time, len(uses)), make([]time.Duration, len(uses))
	for i, use := range uses {
		arrivals[i], waits[i] = use.Rate.NextArrival(m.counters[use.Key].arrival, now)
		refused = refused || waits[i] > 0
	}
	if refused {
		return waits, nil
	}
	for i, use := range uses {
		if len(m.counters) >= maxCounters {
			m.drop(now)
		}
		m.counters[use.Key] = counter{arrivals[i], use.Rate.Interval}
	}
	return nil, nil
}

// drop makes room for a counter. Of a few that it meets it takes the one that holds the fewest uses: so who makes up names to push out the count of the
// account that he guesses at (the flood) pushes out the names.
func (m *memoryLimits) drop(now time.Time) {
	const few = 8
	var least string
	met := 0
	for key, c := range m.counters {
		if met == 0 || c.uses(now) < m.counters[least].uses(now) {
			least = key
		}
		if met++; met == few {
			break
		}
	}
	delete(m.counters, least)
}

func (m *memoryLimits) GiveLimitsBack(_ context.Context, uses ...LimitUse) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, use := range uses {
		if c, ok := m.counters[use.Key]; ok {
			m.counters[use.Key] = counter{c.arrival.Add(-use.Rate.Interval), c.interval}
		}
	}
	return nil
}

func (m *memoryLimits) ForgetLimits(_ context.Context, keys ...string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, key := range keys {
		delete(m.counters, key)
	}
	return nil
}
