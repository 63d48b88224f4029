package auth

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/cartouche-auth/cartouche/password"
	"github.com/cartouche-auth/cartouche/ratelimit"
	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/token"
)

// Config is what a [Service] is made of. Issuer, Store and Master are needed; every other zero value is a good default.
type Config struct {
	// Issuer is the URL that the access tokens name as their issuer, such as https://app.example.com.
	Issuer string
	// Audience is the "aud" of access tokens; empty: none, as simplejwt has it.
	Audience string
	// Store keeps users, sessions and keys.
	Store Store
	// Master seals signing keys and authenticates refresh tokens. It must not live in the store; see secret.OpenMaster.
	Master secret.Master
	// Policy is every number; the zero Policy is DefaultPolicy.
	Policy Policy
	// LoginField is the field that names a user at sign-in; default LoginByUsername.
	LoginField LoginField
	// UserIDs says how ids of new users are made; default UserIDsUUID.
	UserIDs UserIDs
	// Algorithm signs access tokens; default token.ES256. token.HS256 needs SigningSecret.
	Algorithm token.Algorithm
	// SigningSecret is the secret that a Django application shares with an HS256 signer: at least 32 bytes, and not its SECRET_KEY.
	SigningSecret secret.Text
	// ExtraClaims adds claims to the access tokens of a user; nil: none. It must be quick and safe for concurrent use.
	ExtraClaims func(User) map[string]any
	// Passwords hashes passwords; default password.New with its defaults. Share one among services: it bounds the memory of the process.
	Passwords *password.Hasher
	// Limits says where the counters of rate limits live; default LimitsOn.
	Limits LimitMode
	// LimitStore keeps the counters of LimitsShared; default Store. While it does not answer, nobody signs in: a limiter that is down is not no limit.
	LimitStore LimitStore
	// Hints is a second line on which other processes' revocations are announced, beside the store's; nil: none.
	Hints Hints
	// Mailer sends what accounts' lives cause; nil: no mail is ever queued.
	Mailer Mailer
	// Accounts says which mails there are, and who may see whom.
	Accounts AccountPolicy
	// ForeignTokens reads refresh tokens that another system signed, for users who were imported from it; nil: there are none.
	ForeignTokens ForeignTokens
	// ForeignLinks checks links that another system mailed, for users who were imported from it; nil: none works.
	ForeignLinks ForeignLinks
	// Now is the clock; default the store's, which is the database's.
	Now func() time.Time
	// Logger gets life-cycle lines and warnings; default slog.DiscardHandler.
	Logger *slog.Logger
}

// Service is the domain at work. Make one with [New] and keep one [Service.Run] going. Every method is safe for concurrent use.
type Service struct {
	store      Store
	policy     Policy
	issuer     string
	audience   string
	loginBy    LoginField
	userIDs    UserIDs
	algorithm  token.Algorithm
	extra      func(User) map[string]any
	mailer     Mailer // nil: none
	accounts   AccountPolicy
	mailQueued chan struct{} // this process has put a mail into the outbox
	foreign    ForeignTokens // nil: none
	links      ForeignLinks  // nil: none
	passwords  *password.Hasher
	limits     ratelimit.Limiter
	noted      *ratelimit.Memory // which refusals are in the audit trail already
	// refreshLimits are always in memory: a refresh is one write, and each node bounds what it serves by itself.
	refreshLimits ratelimit.Limiter
	now           func() time.Time
	log           *slog.Logger
	master        secret.Master
	deviceKeys    []secret.Child
	hints         Hints // nil: none
	refresh       *token.RefreshKeys
	chain         chainKeys
	verifier      *token.Verifier
	keys          keyring
	revocations   *revocationFeed
	polledAt      atomic.Int64 // Unix milliseconds of the last poll of the revocations
	counts        *counts
}

// New builds a Service. It reports every mistake in the configuration at once, and touches neither store nor clock.
func New(c Config) (*Service, error) {
	c = c.withDefaults()
	if err := c.check(); err != nil {
		return nil, err
	}
	s := &Service{
		store: c.Store, policy: c.Policy, issuer: c.Issuer, audience: c.Audience, loginBy: c.LoginField, userIDs: c.UserIDs, algorithm: c.Algorithm,
		extra: c.ExtraClaims, passwords: c.Passwords, now: inMilliseconds(c.Now), log: c.Logger, master: c.Master, revocations: newRevocationFeed(),
		mailer: c.Mailer, accounts: c.Accounts, mailQueued: make(chan struct{}, 1),
		foreign: c.ForeignTokens, links: c.ForeignLinks, counts: newCounts(), deviceKeys: c.Master.Children("device-cookie"), hints: c.Hints,
	}
	s.noted = ratelimit.NewMemory()
	memory := ratelimit.Limiter{Store: ratelimit.NewMemory(), Log: c.Logger, Refused: s.counts.limited.add}
	switch c.Limits {
	case LimitsOn:
		s.limits, s.refreshLimits = memory, memory
	case LimitsShared:
		s.limits, s.refreshLimits = ratelimit.Limiter{Store: c.LimitStore, Log: c.Logger, Refused: s.counts.limited.add}, memory
	case LimitsOff:
	}
	if s.passwords == nil {
		hasher, err := password.New(password.Config{})
		if err != nil {
			return nil, err
		}
		s.passwords = hasher
	}
	s.chain = newChainKeys(c.Master)
	s.refresh = token.NewRefreshKeys(c.Master.Children("refresh-token"), c.Issuer)
	verifier, err := token.NewVerifier(token.VerifierConfig{
		Keyring: s.keys.load, Refresh: s.refresh, Issuer: c.Issuer, Audience: c.Audience, MaxLife: maxAccessLifetime,
	})
	if err != nil {
		return nil, err
	}
	s.verifier = verifier
	if c.Algorithm == token.HS256 {
		key, err := token.HMACKey(c.SigningSecret)
		if err != nil {
			return nil, err
		}
		if err := s.keys.fix(key); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (c Config) withDefaults() Config {
	if c.Policy == (Policy{}) {
		c.Policy = DefaultPolicy()
	}
	if c.LoginField == "" {
		c.LoginField = LoginByUsername
	}
	if c.UserIDs == "" {
		c.UserIDs = UserIDsUUID
	}
	if c.Algorithm == "" {
		c.Algorithm = token.ES256
	}
	if c.Limits == "" {
		c.Limits = LimitsOn
	}
	if c.LimitStore == nil {
		c.LimitStore = c.Store
	}
	if c.Now == nil && c.Store != nil {
		c.Now = c.Store.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

func (c Config) check() error {
	var errs []error
	if u, err := url.Parse(c.Issuer); err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		errs = append(errs, fmt.Errorf("issuer: %q: must be a URL such as https://app.example.com", c.Issuer))
	}
	if c.Store == nil {
		errs = append(errs, errors.New("store: missing; see packages sqlite and postgres"))
	}
	if c.Master.IsZero() {
		errs = append(errs, errors.New("master key: missing; see secret.OpenMaster"))
	}
	if c.LoginField != LoginByUsername && c.LoginField != LoginByEmail {
		errs = append(errs, fmt.Errorf("login_field: %q: must be username or email", c.LoginField))
	}
	if c.UserIDs != UserIDsUUID && c.UserIDs != UserIDsInteger {
		errs = append(errs, fmt.Errorf("user_ids: %q: must be uuid or integer", c.UserIDs))
	}
	switch c.Algorithm {
	case token.ES256, token.EdDSA:
		if !c.SigningSecret.Empty() {
			errs = append(errs, fmt.Errorf("signing secret: only HS256 has one, and signing_algorithm is %s", c.Algorithm))
		}
	case token.HS256:
		if c.SigningSecret.Empty() {
			errs = append(errs, errors.New("signing_algorithm: HS256 needs a signing secret of at least 32 bytes"))
		}
	default:
		errs = append(errs, fmt.Errorf("signing_algorithm: %q: must be ES256, EdDSA or HS256", c.Algorithm))
	}
	if c.Accounts.SendActivation && c.Mailer == nil {
		errs = append(errs, errors.New("send_activation_email: needs mail: nobody could ever activate an account"))
	}
	if c.Accounts.ActivationRequiresPassword && !c.Accounts.SendActivation {
		errs = append(errs, errors.New("activation_requires_password: needs send_activation_email: there is no activation without"))
	}
	if c.Limits != LimitsOn && c.Limits != LimitsShared && c.Limits != LimitsOff {
		errs = append(errs, fmt.Errorf("rate_limits: %q: must be on, shared or off", c.Limits))
	}
	errs = append(errs, c.Policy.Check())
	return errors.Join(errs...)
}

// inMilliseconds is the clock as the store keeps it, so that what is read back compares equal.
func inMilliseconds(now func() time.Time) func() time.Time {
	return func() time.Time { return now().UTC().Truncate(time.Millisecond) }
}

// Now is the clock that every deadline is held against.
func (s *Service) Now() time.Time { return s.now() }

// Issuer is the issuer that access tokens name.
func (s *Service) Issuer() string { return s.issuer }

// Policy is the policy in force.
func (s *Service) Policy() Policy { return s.policy }

// LoginField is the field that names a user at sign-in.
func (s *Service) LoginField() LoginField { return s.loginBy }

// UserIDs says how ids of users look.
func (s *Service) UserIDs() UserIDs { return s.userIDs }

// CSRFKeys are the keys of package httpapi's CSRF tokens: the first makes tokens, all check them.
func (s *Service) CSRFKeys() []secret.Child { return s.master.Children("csrf") }

// subjectOf is how an identifier is named in counters and events: never by itself, and one name for all its spellings.
func subjectOf(identifier string) string {
	sum := sha256.Sum256([]byte(strings.TrimSuffix(EmailKey(strings.TrimSpace(NormalizeUsername(identifier))), ".")))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}
