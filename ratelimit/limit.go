// Package ratelimit counts uses and refuses those that are too many, by the generic cell rate algorithm. It knows no users: what a limit is about is a text.
package ratelimit

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"time"
)

// Rate is a GCRA limit: Burst at once, then one every Interval. The zero Rate is no limit.
type Rate struct {
	Burst    int
	Interval time.Duration
}

// NextArrival is the arithmetic of the generic cell rate algorithm: given the theoretical arrival time kept for a key, it answers
// the one to keep, and how long to wait when the rate refuses (then nothing is to be kept). A time that the rate could never have kept is of a clock that has
// been set back since, and counts as none.
func (r Rate) NextArrival(kept, now time.Time) (next time.Time, retryAfter time.Duration) {
	if kept.Before(now) || kept.After(now.Add(r.Furthest())) {
		kept = now
	}
	next = kept.Add(r.Interval)
	return next, max(0, next.Sub(now)-r.Tolerance())
}

// Tolerance is how far a key's arrival time may run ahead of the clock.
func (r Rate) Tolerance() time.Duration { return time.Duration(r.Burst) * r.Interval }

// Furthest is how far ahead of the clock a key's arrival time may be and still be believed. Beyond it the clock was set back, and nobody shall wait until it has
// caught up. The minute is for requests that read the clock and are counted later than others: a full counter must not be emptied by one of them.
func (r Rate) Furthest() time.Duration { return r.Tolerance() + time.Minute }

// Store counts, by the generic cell rate algorithm: a key's theoretical arrival time is the one number kept.
type Store interface {
	// TakeLimits counts one use of every key, or of none: then it answers for each how long to wait, zero for those that would not refuse. Nil: it counted.
	// No key comes twice in one call.
	TakeLimits(ctx context.Context, now time.Time, uses ...Use) (waits []time.Duration, err error)
	// GiveLimitsBack takes one counted use of every key back.
	GiveLimitsBack(ctx context.Context, uses ...Use) error
	// ForgetLimits makes keys as good as never used.
	ForgetLimits(ctx context.Context, keys ...string) error
}

// Use is one use of what a key names, under a rate. The rate is not the zero Rate.
type Use struct {
	Key  string
	Rate Rate
}

// Limit is one rate applied to one thing. The zero Rate, or no subject, is no limit.
type Limit struct {
	Name    string
	Subject string
	Rate    Rate
}

// Of is the limit with a name, a subject and a rate.
func Of(name, subject string, rate Rate) Limit { return Limit{name, subject, rate} }

// Key names the counter. It hides the subject: identifiers and addresses are nobody's business in a table of counters.
func (l Limit) Key() string {
	sum := sha256.Sum256([]byte(l.Subject))
	return l.Name + ":" + base64.RawURLEncoding.EncodeToString(sum[:16])
}

// Error reports that a limit refuses for now.
type Error struct {
	// RetryAfter is how long to wait at least, rounded up to whole seconds.
	RetryAfter time.Duration
	// Limits are those that refuse, one of each name.
	Limits []Limit
}

// Only tells whether no limits of other names refuse.
func (e *Error) Only(names ...string) bool {
	return !slices.ContainsFunc(e.Limits, func(l Limit) bool { return !slices.Contains(names, l.Name) })
}

// Has tells whether a limit of that name refuses.
func (e *Error) Has(name string) bool {
	return slices.ContainsFunc(e.Limits, func(l Limit) bool { return l.Name == name })
}

// Error says how long to wait.
func (e *Error) Error() string { return fmt.Sprintf("rate limit: retry after %s", e.RetryAfter) }
