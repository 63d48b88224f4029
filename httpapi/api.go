package httpapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

// AccessCarrier says where the native browser routes put the access token.
type AccessCarrier string

// The access carriers.
const (
	AccessInBody   AccessCarrier = "body"   // kept in the page's memory and sent as a header
	AccessInCookie AccessCarrier = "cookie" // HttpOnly: scripts never see it
	AccessInBoth   AccessCarrier = "both"
)

// Config is how the operations are served. The zero value is a good default.
type Config struct {
	// PublicURL is where browsers find the server, such as https://app.example.com; default the service's issuer. Plain http is for loopback only.
	PublicURL string
	// Prefix is the path of the native routes; default "/auth/".
	Prefix string
	// Dialects are switched on beside the native one; default none.
	Dialects []Dialect
	// AllowedOrigins are further origins that may call with credentials, each exact, such as https://app.example.com.
	AllowedOrigins []string
	// CrossSite says that allowed origins are of other sites than PublicURL, so cookies need SameSite=None and Partitioned.
	CrossSite bool
	// TrustedProxies are the addresses or networks whose X-Forwarded-For is believed; default none.
	TrustedProxies []string
	// UserFields are what answers show of a user; default email, id, username (id, email where people sign in by address).
	UserFields []string
	// RequiredFields are what a registration has to bring besides the login field and the password, in this order: email, first_name, last_name;
	// default none. An account cannot take back what it had to bring.
	RequiredFields []string
	// Retype asks for new passwords and login names twice: re_password, re_new_password, re_new_username or re_new_email.
	Retype bool
	// SiteName and SiteURL are what people call the site and where it is, for the pages behind mailed links; defaults the host of PublicURL, and no link.
	SiteName, SiteURL string
	// HeaderWords are the words accepted before a token in Authorization, without regard to case; default Bearer, JWT.
	HeaderWords []string
	// AccessCarrier says where the native browser routes put the access token; default AccessInBody.
	AccessCarrier AccessCarrier
	// CSRFPresession asks a CSRF token of sign-in and registration in cookie routes too. Front ends must then call csrf/ first.
	CSRFPresession bool
	// ClearSiteData asks browsers to drop every cookie of the site when somebody signs out everywhere. Those of other hosts of the same registrable
	// domain go too, so it is for sites that are alone on theirs.
	ClearSiteData bool
	// ForeignSessionCookie is the name of the session cookie of the system that users were imported from, such as Django's sessionid: routes that refresh by
	// cookie take it for a first sign-in. auth.Config.ForeignTokens says which are good. Empty: none is looked at.
	ForeignSessionCookie string
	// FeedTokens are the tokens with which services elsewhere read the revocations, each at least 32 random characters; default none: there is no feed.
	FeedTokens []secret.Text
	// Places tells roughly where an address is, for the list of sessions, such as geoip.File.Place; default: nowhere is known.
	Places func(address string) string
	// Logger gets one line per request; default slog.DiscardHandler.
	Logger *slog.Logger
	// Observe is told of every request after its answer, in the context of the request; nil: nobody is. It must be quick and safe for concurrent use.
	Observe func(context.Context, Request)
}

// api is what every route shares.
type api struct {
	svc        *auth.Service
	config     Config
	origins    originPolicy
	csrfKeys   [][]byte
	proxies    []netip.Prefix
	challenge  string // WWW-Authenticate
	log        *slog.Logger
	deployment deployment
	userValues map[string]func(auth.User) any
	feedTokens feedTokens
	device     cookieSpec // one for all dialects: it is about the browser
}

// New serves the operations of svc at absolute paths: the native routes below Config.Prefix, those of the dialects, and the public documents.
// It reports every mistake in the configuration at once.
func New(svc *auth.Service, config Config) (http.Handler, error) {
	config = config.withDefaults(svc)
	a := &api{svc: svc, config: config, log: config.Logger, userValues: userFieldValues()}
	for _, child := range svc.CSRFKeys() {
		a.csrfKeys = append(a.csrfKeys, child.Key)
	}
	var errs []error
	errs = append(errs, a.readPublicURL(), a.readProxies(), a.checkWords())
	a.device = a.deviceCookie()
	for _, d := range append([]Dialect{nativeDialect()}, config.Dialects...) {
		errs = append(errs, a.checkForeignCookie(a.cookieSet(&d)))
	}
	cors, err := newCORS(config.AllowedOrigins, a.deployment == localhostDeployment)
	errs = append(errs, err)
	a.feedTokens, err = newFeedTokens(config.FeedTokens)
	errs = append(errs, err)
	routes, err := a.routes()
	errs = append(errs, err)
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	a.warnAboutOrigins()
	return a.middleware(routes, cors), nil
}

func (c Config) withDefaults(svc *auth.Service) Config {
	if c.PublicURL == "" {
		c.PublicURL = svc.Issuer()
	}
	if c.Prefix == "" {
		c.Prefix = "/auth/"
	}
	if len(c.UserFields) == 0 {
		c.UserFields = []string{"email", "id", "username"}
		if svc.LoginField() == auth.LoginByEmail {
			c.UserFields = []string{"id", "email"}
		}
	}
	if len(c.HeaderWords) == 0 {
		c.HeaderWords = []string{"Bearer", "JWT"}
	}
	if c.AccessCarrier == "" {
		c.AccessCarrier = AccessInBody
	}
	if c.Places == nil {
		c.Places = func(string) string { return "" }
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// readPublicURL decides the deployment: which cookies, and whose origin is our own.
func (a *api) readPublicURL() error {
	u, err := url.Parse(a.config.PublicURL)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("public_url: %q: must be a URL such as https://app.example.com", a.config.PublicURL)
	}
	origin, err := parseOrigin(u.Scheme + "://" + u.Host)
	if err != nil {
		return fmt.Errorf("public_url: %w", err)
	}
	loopback := isLoopback(u.Hostname())
	switch {
	case u.Scheme == "http" && !loopback:
		return fmt.Errorf("public_url: %q: must be https, because cookies and tokens travel in clear over http; http is for loopback only", a.config.PublicURL)
	case u.Scheme == "http" && a.config.CrossSite:
		return errors.New("cross_site: needs an https public_url, because browsers send SameSite=None cookies over https only")
	case u.Scheme == "http":
		a.deployment = localhostDeployment
	case a.config.CrossSite:
		a.deployment = crossSiteDeployment
	default:
		a.deployment = secureDeployment
	}
	a.origins = originPolicy{Own: ownOrigins(origin, u, loopback), Allowed: a.config.AllowedOrigins, CrossSite: a.config.CrossSite, https: u.Scheme == "https"}
	return nil
}

// ownOrigins is the origin of the public URL; on loopback also its other spellings, because people type both.
func ownOrigins(origin string, u *url.URL, loopback bool) []string {
	if !loopback {
		return []string{origin}
	}
	port := ""
	if u.Port() != "" {
		port = ":" + u.Port()
	}
	own := []string{origin}
	for _, host := range []string{"localhost", "127.0.0.1", "[::1]"} {
		if o := u.Scheme + "://" + host + port; o != origin {
			own = append(own, o)
		}
	}
	return own
}

func isLoopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

func (a *api) readProxies() error {
	proxies, err := parseProxies(a.config.TrustedProxies)
	if err != nil {
		return fmt.Errorf("trusted_proxies: %w", err)
	}
	a.proxies = proxies
	return nil
}

func (a *api) checkWords() error {
	var errs []error
	if !strings.HasPrefix(a.config.Prefix, "/") || !strings.HasSuffix(a.config.Prefix, "/") {
		errs = append(errs, fmt.Errorf("prefix: %q: must begin and end with /", a.config.Prefix))
	}
	for _, word := range a.config.HeaderWords {
		if word == "" || strings.ContainsFunc(word, func(r rune) bool { return r <= ' ' || r > '~' }) {
			errs = append(errs, fmt.Errorf("header_words: %q: must be a word of visible ASCII characters", word))
		}
	}
	for _, field := range a.config.UserFields {
		if _, known := userFieldValues()[field]; !known {
			errs = append(errs, fmt.Errorf("user_fields: %q is not a field that may be shown", field))
		}
	}
	for _, field := range a.config.RequiredFields {
		if !slices.Contains(profileFields(), field) {
			errs = append(errs, fmt.Errorf("required_fields: %q: must be %s", field, strings.Join(profileFields(), ", ")))
		}
	}
	if !slices.Contains([]AccessCarrier{AccessInBody, AccessInCookie, AccessInBoth}, a.config.AccessCarrier) {
		errs = append(errs, fmt.Errorf("access_carrier: %q: must be body, cookie or both", a.config.AccessCarrier))
	}
	a.challenge = a.config.HeaderWords[0] + ` realm="api"`
	return errors.Join(errs...)
}
