package auth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"log/slog"
	"sync"
	"time"
)

// LimitStore counts, by the generic cell rate algorithm: a key's theoretical arrival time is the one number kept.
type LimitStore interface {
	// TakeLimit counts one use of key, or answers how long to wait, counting nothing.
	TakeLimit(ctx context.Context, key string, rate Rate, now time.Time) (retryAfter time.Duration, err error)
	// GiveLimitBack takes one counted use of key back.
	GiveLimitBack(ctx context.Context, key string, rate Rate) error
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

// maxCounters bounds the memory of the counters. An attacker who fills it resets counters, so it is far above what addresses can fill in an
// interval at the rate of the password gate.
const maxCounters = 1 << 18

// memoryLimits is a LimitStore for one process.
type memoryLimits struct {
	mu       sync.Mutex
	arrivals map[string]time.Time
}

func newMemoryLimits() *memoryLimits { return &memoryLimits{arrivals: make(map[string]time.Time)} }

func (m *memoryLimits) TakeLimit(_ context.Context, key string, rate Rate, now time.Time) (time.Duration, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	next, retryAfter := rate.NextArrival(m.arrivals[key], now)
	if retryAfter > 0 {
		return retryAfter, nil
	}
	if len(m.arrivals) >= maxCounters {
		m.sweep(now)
	}
	m.arrivals[key] = next
	return 0, nil
}

// sweep drops the counters that would refuse nothing; if none is idle, it drops the one it meets first.
func (m *memoryLimits) sweep(now time.Time) {
	for key, arrival := range m.arrivals {
		if arrival.Before(now) {
			delete(m.arrivals, key)
		}
	}
	for key := range m.arrivals {
		if len(m.arrivals) < maxCounters {
			return
		}
		delete(m.arrivals, key)
	}
}

func (m *memoryLimits) GiveLimitBack(_ context.Context, key string, rate Rate) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if arrival, ok := m.arrivals[key]; ok {
		m.arrivals[key] = arrival.Add(-rate.Interval)
	}
	return nil
}

// limit is one rate applied to one thing.
type limit struct {
	name    string
	subject string
	rate    Rate
}

func (l limit) unlimited() bool { return l.rate == (Rate{}) || l.subject == "" }

// key hides the subject: identifiers and addresses are nobody's business in a table of counters.
func (l limit) key() string {
	sum := sha256.Sum256([]byte(l.subject))
	return l.name + ":" + base64.RawURLEncoding.EncodeToString(sum[:16])
}

// limiter counts uses. The zero limiter refuses nothing.
type limiter struct {
	store LimitStore // nil: off
	log   *slog.Logger
	// refused counts refusals by the name of the limit.
	refused *tally[string]
}

// take counts one use under every limit, or none: the first that refuses gives back what the earlier ones counted.
func (l limiter) take(ctx context.Context, now time.Time, limits ...limit) error {
	if l.store == nil {
		return nil
	}
	for i, x := range limits {
		if x.unlimited() {
			continue
		}
		retryAfter, err := l.store.TakeLimit(ctx, x.key(), x.rate, now)
		if err == nil && retryAfter == 0 {
			continue
		}
		l.giveBack(ctx, limits[:i]...)
		if err != nil {
			return wrap("count for "+x.name, err)
		}
		l.refused.add(x.name)
		return &LimitError{RetryAfter: (retryAfter + time.Second - 1).Truncate(time.Second)}
	}
	return nil
}

// giveBack undoes take. A counter that could not be lowered only makes the limit stricter, so an error is logged and no more.
func (l limiter) giveBack(ctx context.Context, limits ...limit) {
	if l.store == nil {
		return
	}
	for _, x := range limits {
		if x.unlimited() {
			continue
		}
		if err := l.store.GiveLimitBack(context.WithoutCancel(ctx), x.key(), x.rate); err != nil {
			l.log.WarnContext(ctx, "rate limit was not lowered", "limit", x.name, "error", err)
		}
	}
}
