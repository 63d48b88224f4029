package auth

import (
	"context"
	"errors"
	"slices"
	"time"
)

// guess is one try at a password. Every place that checks one counts it, before any hash is made: so no side door is left for guessing, and a parallel
// burst cannot outrun the count (CVE-2024-4629).
//
// Wrong guesses count three times: for the pair of account and source, strictly; for the source, whatever the accounts (spraying); and for the account,
// whatever the sources (a botnet). The last could be filled by strangers to lock the owner out, so each standing has a count of its own: who was here
// before is not refused for what strangers did.
type guess struct {
	subject string // how counters name the account, be there one or not
	user    User   // the zero User: nobody, who is counted like anybody
	client  Client
	vouched bool    // a live session of the account, or a link that was mailed to it, is presented too
	counted []limit // what reserve counted, and fail keeps
}

// standing is what speaks for a source.
type standing string

const (
	stranger     standing = "stranger"
	knownAddress standing = "address" // the account has a live session from there
	knownDevice  standing = "device"  // a device cookie of the account, or what else vouches for it
)

const failedAccount = "failed-account"

// reserve counts a guess as if it were wrong, or refuses it and counts nothing.
func (s *Service) reserve(ctx context.Context, now time.Time, g *guess) error {
	err := s.limits.told(s.tryGuess(ctx, now, g))
	return s.noteRefusal(ctx, Event{At: now, UserID: g.user.ID, Client: g.client}, err)
}

func (s *Service) tryGuess(ctx context.Context, now time.Time, g *guess) error {
	standing, limits := s.guessLimits(*g, now)
	err := s.takeGuess(ctx, now, g, limits, standing)
	refusal, refused := errors.AsType[*LimitError](err)
	if !refused || standing != stranger || !refusal.only(failedAccount) {
		return err
	}
	known, lookErr := s.fromKnownAddress(ctx, *g, now)
	switch {
	case lookErr != nil:
		return lookErr
	case !known:
		return err
	default:
		return s.takeGuess(ctx, now, g, limits, knownAddress)
	}
}

// takeGuess counts under the limits of the source, the first of which is that of all sign-ins, and under the one of the account.
func (s *Service) takeGuess(ctx context.Context, now time.Time, g *guess, limits []limit, standing standing) error {
	all := append(slices.Clone(limits), s.accountLimit(g.subject, standing))
	err := s.limits.try(ctx, now, all...)
	if err == nil {
		g.counted = all[1:]
	}
	return err
}

// guessLimits are the limits of the source. A known device is a source of its own wherever it is: a neighbour behind the same address does not count against it.
func (s *Service) guessLimits(g guess, now time.Time) (standing, []limit) {
	rates := s.policy.Limits
	if device, ok := s.device(g.user.ID, g.client, now); ok {
		return knownDevice, []limit{
			{"logins", "device\x00" + g.subject, rates.LoginsPerAddress}, // not for each device: whoever owns one account could make himself many
			s.pairLimit(g.subject, "device\x00"+device),
		}
	}
	limits := []limit{
		{"logins", g.client.bucket(), rates.LoginsPerAddress},
		s.pairLimit(g.subject, g.client.bucket()),
		{"failed-address", g.client.bucket(), rates.FailedLoginsPerAddress},
	}
	if g.vouched {
		return knownDevice, limits
	}
	return stranger, limits
}

func (s *Service) pairLimit(subject, source string) limit {
	return limit{"failed-source", subject + "\x00" + source, s.policy.Limits.FailedLoginsPerSource}
}

func (s *Service) accountLimit(subject string, standing standing) limit {
	return limit{failedAccount, subject + "\x00" + string(standing), s.policy.Limits.FailedLoginsPerAccount}
}

// fromKnownAddress tells whether the account has a live session that was opened from the client's address. For nobody the store is asked all the same.
func (s *Service) fromKnownAddress(ctx context.Context, g guess, now time.Time) (bool, error) {
	sessions, err := s.store.Sessions(ctx, g.user.ID, now)
	if err != nil {
		return false, wrap("find known address", err)
	}
	bucket, ok := AddressBucket(g.client.Address)
	return ok && slices.ContainsFunc(sessions, func(session Session) bool {
		known, ok := AddressBucket(session.Address)
		return ok && known == bucket
	}), nil
}

// withdraw takes a guess back that compared nothing.
func (s *Service) withdraw(ctx context.Context, g guess) { s.limits.giveBack(ctx, g.counted...) }

// succeed forgets what was wrong before: failures are counted in a row. Only what the source did at other accounts stays, or whoever owns one could
// spray for ever.
func (s *Service) succeed(ctx context.Context, g guess) {
	var forget, back []limit
	for _, x := range g.counted {
		if x.name == "failed-address" {
			back = append(back, x)
		} else if x.name != failedAccount {
			forget = append(forget, x)
		}
	}
	s.limits.giveBack(ctx, back...)
	s.limits.forget(ctx, append(forget, s.accountLimits(g.subject)...)...)
}

func (s *Service) accountLimits(subject string) []limit {
	return []limit{s.accountLimit(subject, stranger), s.accountLimit(subject, knownAddress), s.accountLimit(subject, knownDevice)}
}
