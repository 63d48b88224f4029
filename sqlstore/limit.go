package sqlstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
)

// takeLimit is auth.Rate.NextArrival as one statement: $2 is now and the interval, $3 now, $4 the last arrival that is believed, $5 the interval, $6 the
// tolerance. A refusal changes nothing.
const takeLimit = `
INSERT INTO limits (key, arrival) VALUES ($1, $2)
ON CONFLICT (key) DO UPDATE SET arrival = CASE WHEN limits.arrival < $3 OR limits.arrival > $4 THEN $3 ELSE limits.arrival END + $5
WHERE CASE WHEN limits.arrival < $3 OR limits.arrival > $4 THEN $3 ELSE limits.arrival END + $5 - $3 <= $6`

const selectLimit = `SELECT arrival FROM limits WHERE key = $1`

var errLimited = errors.New("a limit refuses")

// TakeLimits implements auth.LimitStore.
func (s *Store) TakeLimits(ctx context.Context, now time.Time, uses ...auth.LimitUse) ([]time.Duration, error) {
	var waits []time.Duration
	err := s.db.InTx(ctx, func(ctx context.Context, tx Tx) error {
		waits = make([]time.Duration, len(uses))
		for _, i := range inOneOrder(uses, func(u auth.LimitUse) string { return u.Key }) {
			var err error
			if waits[i], err = takeOne(ctx, tx, now, uses[i]); err != nil {
				return err
			}
		}
		if slices.ContainsFunc(waits, func(wait time.Duration) bool { return wait > 0 }) {
			return errLimited
		}
		return nil
	})
	switch {
	case errors.Is(err, errLimited):
		return waits, nil
	case err != nil:
		return nil, fmt.Errorf("take limits: %w", err)
	default:
		return nil, nil
	}
}

// inOneOrder is the order in which everybody takes the rows of counters, so that nobody waits in a circle.
func inOneOrder[T any](list []T, key func(T) string) []int {
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(key(list[a]), key(list[b])) })
	return order
}

func takeOne(ctx context.Context, tx Tx, now time.Time, use auth.LimitUse) (time.Duration, error) {
	at, step := millis(now), interval(use.Rate)
	furthest := at + use.Rate.Furthest().Milliseconds()
	n, err := tx.Run(ctx, nil, takeLimit, text(use.Key), at+step, at, furthest, step, int64(use.Rate.Burst)*step)
	if err != nil || n > 0 {
		return 0, err
	}
	var arrival time.Time
	if _, err := tx.Run(ctx, func(r Row) { arrival = timeAt(r, 0) }, selectLimit, text(use.Key)); err != nil {
		return 0, err
	}
	_, retryAfter := use.Rate.NextArrival(arrival, now)
	return max(retryAfter, time.Millisecond), nil // it refused, even if the counter has been lowered since
}

const giveLimitBack = `UPDATE limits SET arrival = arrival - $1 WHERE key = $2`

// GiveLimitsBack implements auth.LimitStore.
func (s *Store) GiveLimitsBack(ctx context.Context, uses ...auth.LimitUse) error {
	err := s.db.InTx(ctx, func(ctx context.Context, tx Tx) error {
		for _, i := range inOneOrder(uses, func(u auth.LimitUse) string { return u.Key }) {
			if _, err := tx.Run(ctx, nil, giveLimitBack, interval(uses[i].Rate), text(uses[i].Key)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("give limits back: %w", err)
	}
	return nil
}

const forgetLimit = `DELETE FROM limits WHERE key = $1`

// ForgetLimits implements auth.LimitStore.
func (s *Store) ForgetLimits(ctx context.Context, keys ...string) error {
	err := s.db.InTx(ctx, func(ctx context.Context, tx Tx) error {
		for _, i := range inOneOrder(keys, func(key string) string { return key }) {
			if _, err := tx.Run(ctx, nil, forgetLimit, text(keys[i])); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("forget limits: %w", err)
	}
	return nil
}

// interval is the interval of a rate in milliseconds, at least one: what is stored is never more generous than what was asked for.
func interval(rate auth.Rate) int64 {
	return int64((rate.Interval + time.Millisecond - 1) / time.Millisecond)
}
