package sqlstore

import (
	"context"
	"fmt"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
)

// takeLimit is auth.Rate.NextArrival as one statement: $2 is now and the interval, $3 now, $4 the interval, $5 the tolerance. A refusal
// changes nothing.
const takeLimit = `
INSERT INTO limits (key, arrival) VALUES ($1, $2)
ON CONFLICT (key) DO UPDATE SET arrival = CASE WHEN limits.arrival < $3 THEN $3 ELSE limits.arrival END + $4
WHERE CASE WHEN limits.arrival < $3 THEN $3 ELSE limits.arrival END + $4 - $3 <= $5`

const selectLimit = `SELECT arrival FROM limits WHERE key = $1`

// TakeLimit implements auth.LimitStore.
func (s *Store) TakeLimit(ctx context.Context, key string, rate auth.Rate, now time.Time) (time.Duration, error) {
	if rate == (auth.Rate{}) {
		return 0, nil
	}
	at, step := millis(now), interval(rate)
	n, err := s.db.Write(ctx, nil, takeLimit, text(key), at+step, at, step, int64(rate.Burst)*step)
	if err != nil {
		return 0, fmt.Errorf("take limit: %w", err)
	}
	if n > 0 {
		return 0, nil
	}
	var arrival time.Time
	if _, err := s.db.Read(ctx, func(r Row) { arrival = timeAt(r, 0) }, selectLimit, text(key)); err != nil {
		return 0, fmt.Errorf("read limit: %w", err)
	}
	_, retryAfter := rate.NextArrival(arrival, now)
	return max(retryAfter, time.Millisecond), nil // it refused, even if the counter has been lowered since
}

const giveLimitBack = `UPDATE limits SET arrival = arrival - $1 WHERE key = $2`

// GiveLimitBack implements auth.LimitStore.
func (s *Store) GiveLimitBack(ctx context.Context, key string, rate auth.Rate) error {
	if _, err := s.db.Write(ctx, nil, giveLimitBack, interval(rate), text(key)); err != nil {
		return fmt.Errorf("give limit back: %w", err)
	}
	return nil
}

// interval is the interval of a rate in milliseconds, at least one: what is stored is never more generous than what was asked for.
func interval(rate auth.Rate) int64 {
	return int64((rate.Interval + time.Millisecond - 1) / time.Millisecond)
}
