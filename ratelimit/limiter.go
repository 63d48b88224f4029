package ratelimit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Limiter counts uses. The zero Limiter refuses nothing.
type Limiter struct {
	Store   Store             // nil: off
	Log     *slog.Logger      // gets what could not be lowered
	Refused func(name string) // is told of each refusal
}

// Take counts one use under every limit, or none. The wait of a refusal is the longest, so that whoever waits for it is not refused by the next limit.
// Errors: *Error, those of the Store.
func (l Limiter) Take(ctx context.Context, now time.Time, limits ...Limit) error {
	return l.Told(l.Try(ctx, now, limits...))
}

// Told counts a refusal that somebody is told.
func (l Limiter) Told(err error) error {
	if refusal, ok := errors.AsType[*Error](err); ok {
		for _, x := range refusal.Limits {
			l.Refused(x.Name)
		}
	}
	return err
}

// Try is Take where there may be another way.
func (l Limiter) Try(ctx context.Context, now time.Time, limits ...Limit) error {
	limits = limited(limits)
	if l.Store == nil || len(limits) == 0 {
		return nil
	}
	waits, err := l.Store.TakeLimits(ctx, now, usesOf(limits)...)
	if err != nil {
		return fmt.Errorf("count for %s: %w", limits[0].Name, err)
	}
	if waits == nil {
		return nil
	}
	refusal := &Error{}
	for i, wait := range waits {
		if wait > 0 {
			refusal.RetryAfter = max(refusal.RetryAfter, (wait + time.Second - 1).Truncate(time.Second))
			if !refusal.Has(limits[i].Name) { // a limit that refuses for two subjects is one
				refusal.Limits = append(refusal.Limits, limits[i])
			}
		}
	}
	return refusal
}

// GiveBack undoes Take. A counter that could not be lowered only makes the limit stricter, so an error is logged and no more.
func (l Limiter) GiveBack(ctx context.Context, limits ...Limit) {
	limits = limited(limits)
	if l.Store == nil || len(limits) == 0 {
		return
	}
	if err := l.Store.GiveLimitsBack(context.WithoutCancel(ctx), usesOf(limits)...); err != nil {
		l.Log.WarnContext(ctx, "rate limits were not lowered", "limit", limits[0].Name, "error", err)
	}
}

// Forget makes limits as good as never used. An error is logged and no more, as with GiveBack.
func (l Limiter) Forget(ctx context.Context, limits ...Limit) {
	limits = limited(limits)
	if l.Store == nil || len(limits) == 0 {
		return
	}
	keys := make([]string, len(limits))
	for i, x := range limits {
		keys[i] = x.Key()
	}
	if err := l.Store.ForgetLimits(context.WithoutCancel(ctx), keys...); err != nil {
		l.Log.WarnContext(ctx, "rate limits were not reset", "limit", limits[0].Name, "error", err)
	}
}

// limited leaves out what is not limited.
func limited(limits []Limit) []Limit {
	kept := make([]Limit, 0, len(limits))
	for _, x := range limits {
		if x.Rate != (Rate{}) && x.Subject != "" {
			kept = append(kept, x)
		}
	}
	return kept
}

func usesOf(limits []Limit) []Use {
	uses := make([]Use, len(limits))
	for i, x := range limits {
		uses[i] = Use{x.Key(), x.Rate}
	}
	return uses
}
