package verifier

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/cartouche-auth/cartouche/secret"
)

// Config is what a [Verifier] is made of. Issuer is needed, and either FeedToken or WithoutFeed.
type Config struct {
	// Issuer is the URL that the tokens name as their issuer, compared exactly.
	Issuer string
	// Audience must be in the claim "aud"; empty: there must be no such claim.
	Audience string
	// JWKS is where the public keys are: a URL, or the path of a file; default /.well-known/jwks.json at the issuer.
	JWKS string
	// Feed is the URL of the feed of revocations; default /auth/revocations/ at the issuer.
	Feed string
	// FeedToken is one of the server's feed tokens.
	FeedToken secret.Text
	// WithoutFeed believes a token until it expires: a sign-out takes up to the life of an access token, 5 minutes unless the server was told otherwise.
	WithoutFeed bool
	// MaxStale is how old the knowledge of revocations may be, for routes that do not say otherwise; default 10 seconds, at least 2.
	MaxStale time.Duration
	// MaxLife is the longest life that a token may have; default 15 minutes.
	MaxLife time.Duration
	// Leeway is how far this machine's clock may be from the server's; default 10 seconds, at most 30; negative: none.
	Leeway time.Duration
	// CacheSize is how many genuine tokens are remembered, so that each costs one signature; default 10,000; negative: none.
	CacheSize int
	// Client fetches; default one with time-outs that follows no redirect. Its own Timeout must be longer than a long poll, MaxStale and ten seconds.
	Client *http.Client
	// Now is the clock; default time.Now.
	Now func() time.Time
	// Logger gets warnings; default slog.DiscardHandler.
	Logger *slog.Logger
}

const (
	defaultMaxStale = 10 * time.Second
	minStale        = 2 * time.Second
	defaultMaxLife  = 15 * time.Minute
	defaultLeeway   = 10 * time.Second
)

func (c Config) withDefaults() Config {
	base := strings.TrimSuffix(c.Issuer, "/")
	if c.JWKS == "" {
		c.JWKS = base + "/.well-known/jwks.json"
	}
	if c.Feed == "" {
		c.Feed = base + "/auth/revocations/"
	}
	if c.MaxStale == 0 {
		c.MaxStale = defaultMaxStale
	}
	if c.MaxLife == 0 {
		c.MaxLife = defaultMaxLife
	}
	switch {
	case c.Leeway == 0:
		c.Leeway = defaultLeeway
	case c.Leeway < 0:
		c.Leeway = 0
	}
	if c.Client == nil {
		c.Client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	if c.Now == nil {
		c.Now = time.Now //nolint:forbidigo // the clock that everything else is handed
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

func (c Config) check() error {
	var errs []error
	if strings.Contains(c.JWKS, "://") {
		errs = append(errs, checkURL("JWKS", c.JWKS))
	}
	switch {
	case c.WithoutFeed && !c.FeedToken.Empty():
		errs = append(errs, errors.New("feed token: is of no use without a feed"))
	case !c.WithoutFeed && c.FeedToken.Empty():
		errs = append(errs, errors.New("feed token: missing; without one, WithoutFeed says that sign-outs may take the life of a token"))
	case !c.WithoutFeed:
		errs = append(errs, checkURL("feed", c.Feed))
	}
	if c.MaxStale < minStale {
		errs = append(errs, fmt.Errorf("max stale: %s: must be at least %s", c.MaxStale, minStale))
	}
	return errors.Join(errs...)
}

// checkURL refuses plain http to other machines: who sits on the way would choose the keys, or read the feed token.
func checkURL(what, text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http":
		return fmt.Errorf("%s: must be a URL such as https://auth.example.com/", what)
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return fmt.Errorf("%s: %s: must be https; http is for loopback only", what, u.Redacted())
	default:
		return nil
	}
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}
