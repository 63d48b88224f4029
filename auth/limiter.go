package auth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"log/slog"
	"slices"
	"time"
)

// limit is one rate applied to one thing.
type limit struct {
	name    string
	subject string
	rate    Rate
}

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

// take counts one use under every limit, or none. The wait of a refusal is the longest, so that whoever waits for it is not refused by the next limit.
func (l limiter) take(ctx context.Context, now time.Time, limits ...limit) error {
	return l.told(l.try(ctx, now, limits...))
}

// told counts a refusal that somebody is told.
func (l limiter) told(err error) error {
	if refusal, ok := errors.AsType[*LimitError](err); ok {
		for _, name := range refusal.names {
			l.refused.add(name)
		}
	}
	return err
}

// try is take where there may be another way.
func (l limiter) try(ctx context.Context, now time.Time, limits ...limit) error {
	limits = limited(limits)
	if l.store == nil || len(limits) == 0 {
		return nil
	}
	waits, err := l.store.TakeLimits(ctx, now, usesOf(limits)...)
	if err != nil {
		return wrap("count for "+limits[0].name, err)
	}
	if waits == nil {
		return nil
	}
	refusal := &LimitError{}
	for i, wait := range waits {
		if wait > 0 {
			refusal.RetryAfter = max(refusal.RetryAfter, (wait + time.Second - 1).Truncate(time.Second))
			if !slices.Contains(refusal.names, limits[i].name) { // a limit that refuses for two subjects is one
				refusal.names = append(refusal.names, limits[i].name)
				refusal.keys = append(refusal.keys, limits[i].key())
			}
		}
	}
	return refusal
}

// giveBack undoes take. A counter that could not be lowered only makes the limit stricter, so an error is logged and no more.
func (l limiter) giveBack(ctx context.Context, limits ...limit) {
	limits = limited(limits)
	if l.store == nil || len(limits) == 0 {
		return
	}
	if err := l.store.GiveLimitsBack(context.WithoutCancel(ctx), usesOf(limits)...); err != nil {
		l.log.WarnContext(ctx, "rate limits were not lowered", "limit", limits[0].name, "error", err)
	}
}

// forget makes limits as good as never used. An error is logged and no more, as with giveBack.
func (l limiter) forget(ctx context.Context, limits ...limit) {
	limits = limited(limits)
	if l.store == nil || len(limits) == 0 {
		return
	}
	keys := make([]string, len(limits))
	for i, x := range limits {
		keys[i] = x.key()
	}
	if err := l.store.ForgetLimits(context.WithoutCancel(ctx), keys...); err != nil {
		l.log.WarnContext(ctx, "rate limits were not reset", "limit", limits[0].name, "error", err)
	}
}

// limited leaves out what is not limited.
func limited(limits []limit) []limit {
	kept := make([]limit, 0, len(limits))
	for _, x := range limits {
		if x.rate != (Rate{}) && x.subject != "" {
			kept = append(kept, x)
		}
	}
	return kept
}

func usesOf(limits []limit) []LimitUse {
	uses := make([]LimitUse, len(limits))
	for i, x := range limits {
		uses[i] = LimitUse{x.key(), x.rate}
	}
	return uses
}
