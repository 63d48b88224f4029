package auth

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/cartouche-auth/cartouche/ratelimit"
)

// guess is one try at a password. Every place that checks one counts it, before any hash is made: so no side door is left for guessing, and a parallel
// burst cannot outrun the count (CVE-2024-4629).
//
// Wrong guesses count three times: for the pair of account and source, strictly; for the source, whatever the accounts (spraying); and for the account,
// whatever the sources (a botnet). The last could be filled by strangers to lock the owner out, so each standing has a count of its own: who was here
// before is not refused for what strangers did. That of the account is two counts: a quick one, and one in a row that time does not empty.
type guess struct {
	spelling string // how counters name the identifier as it was presented, see subjectOf; empty: the user is known by other means
	user     User   // the zero User: nobody, who is counted like anybody
	client   Client
	vouched  bool              // a live session of the account, or a link that was mailed to it, is presented too
	counted  []ratelimit.Limit // what reserve counted, and fail keeps
	closed   bool              // the account had too many failures in a row: whatever is presented is wrong
}

// standing is what speaks for a source.
type standing string

const (
	stranger     standing = "stranger"
	knownAddress standing = "address" // the account has a live session from there
	knownDevice  standing = "device"  // a device cookie of the account, or what else vouches for it
)

// The limits that are about an account, whatever the sources.
const (
	failedAccount = "failed-account"
	failedRow     = "failed-in-a-row"
)

// rowInterval is after how long one of the failures in a row is forgotten: not within the time for which anybody guesses at one password.
const rowInterval = 365 * 24 * time.Hour

// account is how counters name the account, however it was called. The password belongs to it: a new one, wherever it was set, has nothing to answer for.
func (g guess) account() string {
	if g.user.ID == "" {
		return "nobody\x00" + g.spelling
	}
	return string(g.user.ID) + "\x00" + g.user.PasswordHash
}

// subjects are what strangers' guesses count for: the account, under all its names; and the name, under all its spellings. The second alone would give each
// name of an account a count of its own. The first alone would tell who has an account: a spelling that is nobody's would not count with one that is
// somebody's. Who is known is no stranger to the account, and a name that is like another's is none of its business.
func (g guess) subjects(standing standing) []string {
	if standing == stranger && g.spelling != "" {
		return []string{g.account(), g.spelling}
	}
	return []string{g.account()}
}

// reserve counts a guess as if it were wrong, or refuses it and counts nothing.
func (s *Service) reserve(ctx context.Context, now time.Time, g *guess) error {
	return s.refused(ctx, now, *g, s.tryGuess(ctx, now, g))
}

// refused counts and records it if err is a refusal, and answers err.
func (s *Service) refused(ctx context.Context, now time.Time, g guess, err error) error {
	return s.noteRefusal(ctx, Event{At: now, UserID: g.user.ID, Client: g.client}, s.limits.Told(err))
}

func (s *Service) tryGuess(ctx context.Context, now time.Time, g *guess) error {
	standing, limits := s.guessLimits(*g, now)
	err := s.takeGuess(ctx, now, g, limits, standing)
	if refusal, ok := errors.AsType[*LimitError](err); ok && standing == stranger && refusal.Only(failedAccount, failedRow) {
		known, lookErr := s.fromKnownAddress(ctx, *g, now)
		if lookErr != nil {
			return lookErr
		}
		if known {
			standing = knownAddress
			err = s.takeGuess(ctx, now, g, limits, standing)
		}
	}
	if refusal, ok := errors.AsType[*LimitError](err); ok && refusal.Has(failedRow) {
		s.close(ctx, now, g, standing)
		err = s.takeGuess(ctx, now, g, limits, standing)
	}
	return err
}

// close makes a guess wrong whatever it is (NIST SP 800-63B-4, 3.2.2). It is not refused, for only an account can have had too many failures: names that
// are nobody's are not remembered for years, or whoever makes them up would fill the counters. So a refusal would tell who has an account (enumeration).
func (s *Service) close(ctx context.Context, now time.Time, g *guess, standing standing) {
	g.closed = true
	_ = s.refused(ctx, now, *g, &LimitError{Limits: []ratelimit.Limit{s.rowLimit(*g, standing)}})
}

// takeGuess counts under the limits of the source, the first of which is that of all sign-ins, and under those of the account.
func (s *Service) takeGuess(ctx context.Context, now time.Time, g *guess, limits []ratelimit.Limit, standing standing) error {
	all := append(slices.Clone(limits), s.accountLimits(*g, standing)...)
	if !g.closed {
		all = append(all, s.rowLimit(*g, standing))
	}
	err := s.limits.Try(ctx, now, all...)
	if err == nil {
		g.counted = all[1:]
	}
	return err
}

// guessLimits are the limits of the source. A known device is a source of its own wherever it is: a neighbour behind the same address does not count against it.
func (s *Service) guessLimits(g guess, now time.Time) (standing, []ratelimit.Limit) {
	rates := s.policy.Limits
	if device, ok := s.device(g.user.ID, g.client, now); ok {
		// The first is not for each device: whoever owns one account could make himself many.
		return knownDevice, append([]ratelimit.Limit{ratelimit.Of("logins", "device\x00"+string(g.user.ID), rates.LoginsPerAddress)}, s.pairLimits(g, knownDevice, "device\x00"+device)...)
	}
	standing := stranger
	if g.vouched {
		standing = knownDevice
	}
	bucket := g.client.bucket()
	limits := []ratelimit.Limit{ratelimit.Of("logins", bucket, rates.LoginsPerAddress), ratelimit.Of("failed-address", bucket, rates.FailedLoginsPerAddress)}
	return standing, append(limits, s.pairLimits(g, standing, bucket)...)
}

// pairLimits are for an account and a source.
func (s *Service) pairLimits(g guess, standing standing, source string) []ratelimit.Limit {
	return s.limitsOf(g, standing, ratelimit.Of("failed-source", source, s.policy.Limits.FailedLoginsPerSource))
}

// accountLimits are for an account, whatever the sources.
func (s *Service) accountLimits(g guess, standing standing) []ratelimit.Limit {
	return s.limitsOf(g, standing, ratelimit.Of(failedAccount, string(standing), s.policy.Limits.FailedLoginsPerAccount))
}

func (s *Service) limitsOf(g guess, standing standing, of ratelimit.Limit) []ratelimit.Limit {
	var limits []ratelimit.Limit
	for _, subject := range g.subjects(standing) {
		limits = append(limits, ratelimit.Of(of.Name, subject+"\x00"+of.Subject, of.Rate))
	}
	return limits
}

// rowLimit is the share that a standing has in the failures in a row. Nobody's is short-lived and there for the work only.
func (s *Service) rowLimit(g guess, standing standing) ratelimit.Limit {
	share := s.policy.Limits.FailedLoginsInARow / 5
	if standing == stranger {
		share *= 3
	}
	rate := Rate{Burst: share, Interval: rowInterval}
	switch {
	case share == 0:
		rate = Rate{}
	case g.user.ID == "":
		rate.Interval = time.Minute
	}
	return ratelimit.Of(failedRow, g.account()+"\x00"+string(standing), rate)
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
func (s *Service) withdraw(ctx context.Context, g guess) { s.limits.GiveBack(ctx, g.counted...) }

// succeed forgets what was wrong before: failures are counted in a row. Only what the source did at other accounts stays, or whoever owns one could
// spray for ever.
func (s *Service) succeed(ctx context.Context, g guess) {
	isAddress := func(x ratelimit.Limit) bool { return x.Name == "failed-address" }
	if i := slices.IndexFunc(g.counted, isAddress); i >= 0 {
		s.limits.GiveBack(ctx, g.counted[i])
	}
	s.forgetFailures(ctx, g, slices.DeleteFunc(slices.Clone(g.counted), isAddress)...)
}

// forgetFailures makes an account as good as new under all its names, and what else there is.
func (s *Service) forgetFailures(ctx context.Context, g guess, others ...ratelimit.Limit) {
	forget := map[ratelimit.Limit]bool{}
	for _, x := range others {
		forget[x] = true
	}
	for _, spelling := range []string{g.spelling, subjectOf(g.user.Username), subjectOf(g.user.Email)} {
		g.spelling = spelling
		for _, standing := range []standing{stranger, knownAddress, knownDevice} {
			forget[s.rowLimit(g, standing)] = true
			for _, x := range s.accountLimits(g, standing) {
				forget[x] = true
			}
		}
		for _, x := range s.pairLimits(g, stranger, g.client.bucket()) {
			forget[x] = true
		}
	}
	s.limits.Forget(ctx, slices.Collect(maps.Keys(forget))...)
}
