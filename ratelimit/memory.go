package ratelimit

import (
	"context"
	"sync"
	"time"
)

// MaxCounters bounds the memory of the counters. Whoever fills it drops counters of his own first; see drop.
const MaxCounters = 1 << 18

// Memory is a Store for one process. Concurrent use is safe.
type Memory struct {
	mu       sync.Mutex
	counters map[string]counter
}

type counter struct {
	arrival  time.Time
	interval time.Duration
}

// uses is how many uses the counter still holds against its key.
func (c counter) uses(now time.Time) time.Duration { return c.arrival.Sub(now) / c.interval }

// NewMemory is a Memory without a counter.
func NewMemory() *Memory { return &Memory{counters: make(map[string]counter)} }

// TakeLimits implements Store.
func (m *Memory) TakeLimits(_ context.Context, now time.Time, uses ...Use) ([]time.Duration, error) {
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
		if len(m.counters) >= MaxCounters {
			m.drop(now)
		}
		m.counters[use.Key] = counter{arrivals[i], use.Rate.Interval}
	}
	return nil, nil
}

// drop makes room for a counter. Of a few that it meets it takes the one that holds the fewest uses: so who makes up names to push out the count of the
// account that he guesses at (the flood) pushes out the names.
func (m *Memory) drop(now time.Time) {
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

// GiveLimitsBack implements Store.
func (m *Memory) GiveLimitsBack(_ context.Context, uses ...Use) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, use := range uses {
		if c, ok := m.counters[use.Key]; ok {
			m.counters[use.Key] = counter{c.arrival.Add(-use.Rate.Interval), c.interval}
		}
	}
	return nil
}

// ForgetLimits implements Store.
func (m *Memory) ForgetLimits(_ context.Context, keys ...string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, key := range keys {
		delete(m.counters, key)
	}
	return nil
}
