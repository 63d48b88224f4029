package auth

import (
	"context"
	"errors"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cartouche-auth/cartouche/password"
	"github.com/cartouche-auth/cartouche/token"
)

// RefreshOutcome is what became of a refresh token that was presented.
type RefreshOutcome string

// The outcomes of a refresh.
const (
	RefreshConfirmed   RefreshOutcome = "confirmed"   // the token was confirmed, and written down
	RefreshRetried     RefreshOutcome = "retried"     // the confirmed token: the first of a session, a second tab, or a lost answer
	RefreshYoung       RefreshOutcome = "young"       // too young to be confirmed, so it was kept
	RefreshImported    RefreshOutcome = "imported"    // a token or cookie of another system was exchanged
	RefreshEnded       RefreshOutcome = "ended"       // the session or its user is no more
	RefreshSuperseded  RefreshOutcome = "superseded"  // overtaken on its way by another of its session
	RefreshCompromised RefreshOutcome = "compromised" // two holders: the session has been ended
	RefreshInvalid     RefreshOutcome = "invalid"     // forged, expired, or no refresh token at all
	RefreshLimited     RefreshOutcome = "limited"     // refused by a rate limit
	RefreshFailed      RefreshOutcome = "failed"      // the store could not answer, or the client went away
)

// MailOutcome is what became of a try to deliver a mail.
type MailOutcome string

// The outcomes of a delivery.
const (
	MailSent    MailOutcome = "sent"
	MailRetried MailOutcome = "retried"  // failed, and will be tried again
	MailGivenUp MailOutcome = "given_up" // refused for good, or too old
	MailDropped MailOutcome = "dropped"  // nobody to send it to
)

// Stats are what a [Service] has counted since it was made, and what it holds now. Keys of the maps come from this package alone, never from a
// request, so there are few of them.
type Stats struct {
	Refreshes map[RefreshOutcome]uint64
	Limited   map[string]uint64 // requests refused, by the name of the limit
	Mails     map[MailOutcome]uint64
	Keys      map[KeyState]int // signing keys that this process works with
	Passwords password.Stats

	RevocationsInForce int
	RevocationsLearned uint64        // that this process has taken into force, its own too
	RevocationsAge     time.Duration // since this process last heard what others revoked
	FeedFollowers      int           // that wait for the next revocation now
}

// Stats are the counters. It asks nothing of the store; see [Service.MailQueue].
func (s *Service) Stats() Stats {
	inForce, learned := s.revocations.size()
	stats := Stats{
		Refreshes: s.counts.refreshes.read(), Limited: s.counts.limited.read(), Mails: s.counts.mails.read(), Keys: map[KeyState]int{},
		Passwords: s.passwords.Stats(), RevocationsInForce: inForce, RevocationsLearned: learned, FeedFollowers: int(s.counts.followers.Load()),
	}
	if polled := s.polledAt.Load(); polled > 0 {
		stats.RevocationsAge = max(0, s.now().Sub(time.UnixMilli(polled)))
	}
	for _, state := range []token.State{token.Pending, token.Active, token.Retiring} {
		stats.Keys[KeyState(state)] = s.keys.load().Count(state)
	}
	return stats
}

// MailQueue tells how many mails wait to be delivered, and since when the oldest does.
func (s *Service) MailQueue(ctx context.Context) (MailQueue, error) {
	queue, err := s.store.MailQueue(ctx)
	return queue, wrap("look at the outbox", err)
}

// counts are what a Service counts by itself.
type counts struct {
	refreshes *tally[RefreshOutcome]
	limited   *tally[string]
	mails     *tally[MailOutcome]
	followers atomic.Int64
}

// newCounts are counters that know their keys, so that each can be read before anything was counted.
func newCounts() *counts {
	return &counts{
		refreshes: newTally(
			RefreshConfirmed, RefreshRetried, RefreshYoung, RefreshImported, RefreshEnded, RefreshSuperseded, RefreshCompromised, RefreshInvalid,
			RefreshLimited, RefreshFailed,
		),
		limited: newTally[string](),
		mails:   newTally(MailSent, MailRetried, MailGivenUp, MailDropped),
	}
}

// refreshFailure is the outcome that an error of a refresh tells.
func refreshFailure(err error) RefreshOutcome {
	var limited *LimitError
	switch {
	case errors.As(err, &limited):
		return RefreshLimited
	case errors.Is(err, ErrSessionCompromised):
		return RefreshCompromised
	case errors.Is(err, ErrRefreshSuperseded):
		return RefreshSuperseded
	case errors.Is(err, ErrSessionEnded), errors.Is(err, ErrUserInactive), errors.Is(err, ErrUserGone):
		return RefreshEnded
	case errors.Is(err, ErrTokenInvalid), errors.Is(err, ErrTokenType), errors.Is(err, ErrTokenExpired):
		return RefreshInvalid
	default:
		return RefreshFailed
	}
}

func importedOutcome(err error) RefreshOutcome {
	if err != nil {
		return refreshFailure(err)
	}
	return RefreshImported
}

// tally counts by key. A lock costs some nanoseconds here, because it is held for one addition.
type tally[K comparable] struct {
	mu sync.Mutex
	n  map[K]uint64
}

func newTally[K comparable](keys ...K) *tally[K] {
	t := &tally[K]{n: make(map[K]uint64, len(keys))}
	for _, k := range keys {
		t.n[k] = 0
	}
	return t
}

func (t *tally[K]) add(key K) {
	t.mu.Lock()
	t.n[key]++
	t.mu.Unlock()
}

func (t *tally[K]) read() map[K]uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.n)
}
