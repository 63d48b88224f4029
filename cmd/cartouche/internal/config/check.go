package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/httpapi"
	"github.com/cartouche-auth/cartouche/password"
	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/token"
	"github.com/cartouche-auth/cartouche/valkey"
)

// Check reports every mistake that can be seen without a database, a master key or a socket. The rules of sessions, tokens and dialects are
// asked of the packages that own them.
func (c Config) Check() error {
	return errors.Join(c.checkListeners(), c.checkPublicURL(), c.checkDatabase(), c.checkLimits(), c.checkPlaces(), c.checkDomain())
}

func (c Config) checkListeners() error {
	err := checkAddress("listen", c.Listen)
	if c.OperationsListen == "" {
		if c.OperationsDebug {
			err = errors.Join(err, errors.New("operations_debug: needs operations_listen, because profiles are never served to the public"))
		}
		return err
	}
	if c.OperationsListen == c.Listen && !strings.HasSuffix(c.Listen, ":0") {
		err = errors.Join(err, fmt.Errorf("operations_listen: %q: must not be listen's address", c.OperationsListen))
	}
	return errors.Join(err, checkAddress("operations_listen", c.OperationsListen), c.checkOperations())
}

// checkOperations keeps metrics from strangers unless somebody says so, and profiles from them in any case: those stop the world and show what it does
// (the open debugging port).
func (c Config) checkOperations() error {
	if !isAddress(c.OperationsListen) || onLoopback(c.OperationsListen) {
		return nil
	}
	var errs []error
	if !c.OperationsPublic {
		errs = append(errs, fmt.Errorf("operations_listen: %q: can be reached by others, and asks for no password: choose one on loopback, "+
			"such as 127.0.0.1:8081, or say operations_public", c.OperationsListen))
	}
	if c.OperationsDebug {
		errs = append(errs, errors.New("operations_debug: only where operations_listen is on loopback"))
	}
	return errors.Join(errs...)
}

func checkAddress(name, address string) error {
	if !isAddress(address) {
		return fmt.Errorf("%s: %q: must be an address with a port, such as 127.0.0.1:8080", name, redactURL(address))
	}
	return nil
}

func isAddress(text string) bool {
	_, port, err := net.SplitHostPort(text)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	return err == nil
}

// checkPublicURL keeps a server that others can reach from running with the settings of a desk: browsers would send its cookies, and people their
// passwords, in clear over the network.
func (c Config) checkPublicURL() error {
	if c.PublicURL == "" {
		if !isAddress(c.Listen) {
			return nil // it may turn out to be on loopback
		}
		return errors.New("public_url: missing: cookies and tokens must know the address that people use, such as https://auth.example.com " +
			"(only a server that listens on loopback can do without)")
	}
	u, err := url.Parse(c.PublicURL)
	if err == nil && u.Scheme == "http" && loopbackHost(u.Hostname()) && !onLoopback(c.Listen) {
		return fmt.Errorf("public_url: %q: must be https, because listen (%s) can be reached by others; http is for loopback only",
			redactURL(c.PublicURL), c.Listen)
	}
	return nil
}

func (c Config) checkDatabase() error {
	scheme, rest, _ := strings.Cut(c.Database, ":")
	if !slices.Contains([]string{"sqlite", "postgres", "postgresql"}, scheme) || rest == "" {
		return fmt.Errorf("database: %q: must be sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME", redactURL(c.Database))
	}
	if _, err := url.Parse(c.Database); err != nil && scheme != "sqlite" {
		return fmt.Errorf("database: %q: is not a URL; a special character in the password must be written as %%XX", redactURL(c.Database))
	}
	return nil
}

// checkLimits keeps a limiter from being configured that nobody asks.
func (c Config) checkLimits() error {
	if c.LimitsURL == "" {
		return nil
	}
	if err := valkey.Check(secret.NewText(c.LimitsURL)); err != nil {
		return fmt.Errorf("limits_url: %w", err)
	}
	if c.RateLimits != string(auth.LimitsShared) {
		return fmt.Errorf("limits_url: needs rate_limits: shared, not %s", c.RateLimits)
	}
	return nil
}

// checkDomain builds the service and its routes on a store that nobody asks: neither starts anything, and both report all that they refuse.
func (c Config) checkDomain() error {
	c = c.Bound(1) // any port will do where the real one is not known yet
	domain, errs := c.Auth()
	domain.Store, domain.Now = noStore{}, func() time.Time { return time.Time{} }
	elsewhere := c
	elsewhere.PublicURL = somewhere // what is wrong with it is reported under its own name
	mailer, err := elsewhere.derive().Mailer(slog.New(slog.DiscardHandler), nil)
	errs = errors.Join(errs, err)
	domain.Mailer = mailer
	if err != nil {
		domain.Accounts.SendActivation, domain.Accounts.ActivationRequiresPassword = false, false // why there is no mail is reported already
	}
	if domain.Master, err = secret.NewMaster(secret.Bytes(secret.MasterSize)); err != nil {
		return err
	}
	if c.SigningSecretFile != "" && domain.SigningSecret.Empty() {
		domain.Algorithm = token.ES256 // why there is no secret is reported already
	}
	if !c.Given("issuer") {
		domain.Issuer = somewhere // it is public_url: likewise
	}
	service, err := auth.New(domain)
	if err != nil {
		errs = errors.Join(errs, err)
		domain = auth.Config{Issuer: somewhere, Store: domain.Store, Now: domain.Now, Master: domain.Master, LoginField: domain.LoginField, Passwords: domain.Passwords}
		if service, err = auth.New(domain); err != nil {
			return errs
		}
	}
	routes, err := c.HTTP()
	errs = errors.Join(errs, err)
	if !c.Given("site_url") {
		routes.SiteURL = ""
	}
	_, err = httpapi.New(service, routes)
	return errors.Join(errs, err)
}

const somewhere = "http://127.0.0.1:8080"

type noStore struct{ auth.Store }

// Auth is the part of the settings that the domain takes; the caller adds store, mailer, master key and logger. The error joins what cannot be read.
func (c Config) Auth() (auth.Config, error) {
	p := auth.DefaultPolicy()
	p.AccessLifetime, p.SessionIdle, p.SessionIdleShort, p.SessionAbsolute = c.AccessLifetime, c.SessionIdle, c.SessionIdleShort, c.SessionAbsolute
	p.RefreshMinAge, p.RefreshSuperseded, p.RefreshRetryWindow = c.RefreshMinAge, c.RefreshSuperseded, c.RefreshRetryWindow
	p.PasswordMinLength, p.MaxSessions = c.PasswordMinLength, c.MaxSessions
	text, err := c.signingSecret()
	hasher, hashErr := password.New(password.Config{Profile: c.PasswordProfile})
	domain := auth.Config{
		Issuer: c.Issuer, Audience: c.Audience, Policy: p, LoginField: auth.LoginField(c.LoginField), UserIDs: auth.UserIDs(c.UserIDs),
		Algorithm: token.Algorithm(c.SigningAlgorithm), SigningSecret: text, Passwords: hasher, Limits: auth.LimitMode(c.RateLimits), Accounts: c.accounts(),
	}
	djangoErr := c.Django.readers(&domain)
	return domain, errors.Join(err, hashErr, djangoErr)
}

// HTTP is the part of the settings that the routes take; the caller adds the logger. The error says which file cannot be read.
func (c Config) HTTP() (httpapi.Config, error) {
	tokens, err := c.feedTokens()
	return httpapi.Config{
		PublicURL: c.PublicURL, Prefix: c.Prefix, Dialects: c.dialects(), AllowedOrigins: c.AllowedOrigins, CrossSite: c.CrossSite,
		TrustedProxies: c.TrustedProxies, UserFields: c.UserFields, HeaderWords: c.HeaderWords,
		AccessCarrier: httpapi.AccessCarrier(c.AccessCarrier), CSRFPresession: c.CSRFPresession, ClearSiteData: c.ClearSiteData,
		RequiredFields: c.RequiredFields, Retype: c.Retype, SiteName: c.SiteName, SiteURL: c.SiteURL, ForeignSessionCookie: c.Django.sessionCookie(),
		FeedTokens: tokens,
	}, err
}

// feedTokens reads the tokens of services that follow the revocations, one on each line.
func (c Config) feedTokens() ([]secret.Text, error) {
	if c.FeedTokensFile == "" {
		return nil, nil
	}
	text, err := readPrivate(c.FeedTokensFile)
	if err != nil {
		return nil, fmt.Errorf("feed_tokens_file: %w", err)
	}
	var tokens []secret.Text
	for line := range strings.FieldsSeq(text) {
		tokens = append(tokens, secret.NewText(line))
	}
	if len(tokens) == 0 {
		return nil, fmt.Errorf("feed_tokens_file: %s is empty: openssl rand -hex 32 makes a token", c.FeedTokensFile)
	}
	return tokens, nil
}

// readPrivate reads a file of secrets. One that everybody may read is refused: whoever has a key forges tokens with it.
func readPrivate(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o027 != 0 {
		return "", fmt.Errorf("%s has mode %04o: must be a file that only its owner may write and only its group may read: chmod 600 it", path, info.Mode().Perm())
	}
	text, err := os.ReadFile(path)
	return string(text), err
}

// signingSecret reads the secret of HS256.
func (c Config) signingSecret() (secret.Text, error) {
	if c.SigningSecretFile == "" {
		return secret.Text{}, nil
	}
	text, err := readPrivate(c.SigningSecretFile)
	if err != nil {
		return secret.Text{}, fmt.Errorf("signing_secret_file: %w", err)
	}
	return secret.NewText(strings.TrimRight(text, "\r\n")), nil
}
