package auth

import (
	"errors"
	"fmt"
	"time"
)

// Policy is every number that one may turn. Start from [DefaultPolicy].
type Policy struct {
	AccessLifetime   time.Duration // life of an access token, less up to a tenth at random; 5 minutes
	SessionIdle      time.Duration // how long a remembered session outlives its last refresh; 14 days
	SessionIdleShort time.Duration // the same for a session that ends with the browser; 24 hours
	SessionAbsolute  time.Duration // how long a session may last at all; 90 days
	MaxSessions      int           // how many live sessions a user may have; a further one ends the least recently active; 50
	// RefreshMinAge (M) is how old a refresh token must be before its use confirms it; 30 s. Zero: at once.
	RefreshMinAge time.Duration
	// RefreshSuperseded (T) is how long a token that was overtaken on its way is refused without ending the session; 5 minutes.
	RefreshSuperseded time.Duration
	// RefreshRetryWindow, when positive, treats a retry of a spent token later than this after its confirmation as a fork. Zero: off.
	RefreshRetryWindow time.Duration

	PasswordMinLength  int           // code points; 8
	ResetLifetime      time.Duration // life of a one-time token that resets; 30 minutes
	ActivationLifetime time.Duration // life of a one-time token that activates; 24 hours
	EventRetention     time.Duration
	SessionRetention   time.Duration // how long an ended session stays explainable; 30 days

	KeyPending time.Duration // how long a key is published before it signs; 24 hours
	KeyActive  time.Duration // how long a key signs; 30 days
	// KeyRetiring is how long a key verifies after it stopped signing, beyond the life of its last access token; 1 hour.
	KeyRetiring time.Duration

	Limits Limits
}

// Limits are the rates above which a client has to wait.
type Limits struct {
	FailedLoginsPerSource  Rate // at one account from one source: 10 at once, then one a minute
	FailedLoginsPerAccount Rate // from all sources of one standing: 50 at once, then one in 30 minutes
	// FailedLoginsInARow is how many failures an account may have with no success and no new password in between: 100. Strangers have three fifths of them,
	// known addresses and known devices a fifth each. Zero is no limit.
	FailedLoginsInARow     int
	FailedLoginsPerAddress Rate // 50 at once, then one in 6 s
	LoginsPerAddress       Rate // 100 at once, then one a second
	RefreshesPerSession    Rate // 120 at once, then one a second
	MailsPerAccount        Rate // 3 at once, then one in 5 minutes
	MailsPerAddress        Rate // 20 at once, then one a minute
}

// DefaultPolicy is the policy of a server that is left alone.
func DefaultPolicy() Policy {
	const day = 24 * time.Hour
	return Policy{
		AccessLifetime:     5 * time.Minute,
		SessionIdle:        14 * day,
		SessionIdleShort:   day,
		SessionAbsolute:    90 * day,
		MaxSessions:        50,
		RefreshMinAge:      30 * time.Second,
		RefreshSuperseded:  5 * time.Minute,
		PasswordMinLength:  8,
		ResetLifetime:      30 * time.Minute,
		ActivationLifetime: day,
		EventRetention:     90 * day,
		SessionRetention:   30 * day,
		KeyPending:         day,
		KeyActive:          30 * day,
		KeyRetiring:        time.Hour,
		Limits: Limits{
			FailedLoginsPerSource:  Rate{Burst: 10, Interval: time.Minute},
			FailedLoginsPerAccount: Rate{Burst: 50, Interval: 30 * time.Minute},
			FailedLoginsInARow:     maxFailedLogins,
			FailedLoginsPerAddress: Rate{Burst: 50, Interval: 6 * time.Second},
			LoginsPerAddress:       Rate{Burst: 100, Interval: time.Second},
			RefreshesPerSession:    Rate{Burst: 120, Interval: time.Second},
			MailsPerAccount:        Rate{Burst: 3, Interval: 5 * time.Minute},
			MailsPerAddress:        Rate{Burst: 20, Interval: time.Minute},
		},
	}
}

// maxAccessLifetime bounds what a stolen access token is worth at services that never ask for revocations.
const maxAccessLifetime = 15 * time.Minute

// maxMaxSessions keeps the list of a person's sessions one that a person can read, and a sign-in from walking through thousands of rows.
const maxMaxSessions = 1000

// maxFailedLogins is how many failures in a row one account may have at most (NIST SP 800-63B-4, 3.2.2).
const maxFailedLogins = 100

// Check reports every setting that cannot work, joined. Names are those of the configuration.
func (p Policy) Check() error {
	var errs []error
	must := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	must(p.AccessLifetime > 0 && p.AccessLifetime <= maxAccessLifetime,
		"access_lifetime: %s: must be more than 0 and at most %s, because an access token cannot be taken back everywhere at once", p.AccessLifetime, maxAccessLifetime)
	must(p.RefreshMinAge >= 0, "refresh_min_age: %s: must not be negative", p.RefreshMinAge)
	must(p.AccessLifetime >= 4*p.RefreshMinAge,
		"access_lifetime: %s: must be at least four times refresh_min_age (%s), or a browser would refresh before a token may be confirmed", p.AccessLifetime, p.RefreshMinAge)
	must(p.RefreshSuperseded >= 0, "refresh_superseded: %s: must not be negative", p.RefreshSuperseded)
	must(p.RefreshRetryWindow >= 0, "refresh_retry_window: %s: must not be negative", p.RefreshRetryWindow)
	must(p.SessionIdleShort > p.AccessLifetime, "session_idle_short: %s: must be longer than access_lifetime (%s)", p.SessionIdleShort, p.AccessLifetime)
	must(p.SessionIdle >= p.SessionIdleShort, "session_idle: %s: must not be shorter than session_idle_short (%s)", p.SessionIdle, p.SessionIdleShort)
	must(p.SessionAbsolute >= p.SessionIdle, "session_absolute: %s: must not be shorter than session_idle (%s)", p.SessionAbsolute, p.SessionIdle)
	must(p.MaxSessions >= 1 && p.MaxSessions <= maxMaxSessions, "max_sessions: %d: must be 1 to %d", p.MaxSessions, maxMaxSessions)
	must(p.PasswordMinLength >= 8 && p.PasswordMinLength <= 64, "password_min_length: %d: must be 8 to 64", p.PasswordMinLength)
	must(p.ResetLifetime > 0 && p.ResetLifetime <= 24*time.Hour, "reset_lifetime: %s: must be more than 0 and at most 24h", p.ResetLifetime)
	must(p.ActivationLifetime > 0 && p.ActivationLifetime <= 30*24*time.Hour, "activation_lifetime: %s: must be more than 0 and at most 720h", p.ActivationLifetime)
	must(p.EventRetention > 0 && p.SessionRetention > 0, "retention: must be positive")
	must(p.KeyPending > 0 && p.KeyActive > p.KeyPending && p.KeyRetiring > 0, "signing keys: pending (%s), active (%s) and retiring (%s) must be positive, active the longest",
		p.KeyPending, p.KeyActive, p.KeyRetiring)
	row := p.Limits.FailedLoginsInARow
	must(row == 0 || row >= 5 && row <= maxFailedLogins, "limit failed logins in a row: %d: must be 5 to %d, or 0 for no limit", row, maxFailedLogins)
	for name, r := range map[string]Rate{
		"failed logins per source": p.Limits.FailedLoginsPerSource, "failed logins per account": p.Limits.FailedLoginsPerAccount,
		"failed logins per address": p.Limits.FailedLoginsPerAddress, "logins per address": p.Limits.LoginsPerAddress, "refreshes per session": p.Limits.RefreshesPerSession,
		"mails per account": p.Limits.MailsPerAccount, "mails per address": p.Limits.MailsPerAddress,
	} {
		must(r.Burst >= 0 && r.Interval >= 0 && (r.Burst == 0) == (r.Interval == 0), "limit %s: burst and interval must both be positive or both zero", name)
	}
	return errors.Join(errs...)
}
