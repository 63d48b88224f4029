package config

import (
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/httpapi"
	"github.com/cartouche-auth/cartouche/mail"
)

// Config is every setting, read and with its defaults filled in. What each one means stands in the table; see [Settings].
type Config struct {
	File string // where the YAML file is; empty: none

	Listen, OperationsListen, PublicURL, Prefix string
	TrustedProxies                              []string
	OperationsPublic, OperationsDebug           bool

	DataDir, Database, MasterKeyFile string

	AccessLifetime, SessionIdle, SessionIdleShort, SessionAbsolute time.Duration
	MaxSessions                                                    int
	RefreshMinAge, RefreshSuperseded, RefreshRetryWindow           time.Duration
	SigningAlgorithm, SigningSecretFile, Issuer, Audience          string
	FeedTokensFile                                                 string

	Dialects                  []httpapi.Dialect
	RestAuthTokens            string
	RestAuthLoginByEmail      bool
	AllowedOrigins            []string
	CrossSite, CSRFPresession bool
	ClearSiteData             bool
	AccessCarrier             string
	HeaderWords               []string

	LoginField, UserIDs string
	UserFields          []string
	PasswordProfile     string
	PasswordMinLength   int

	SendActivationEmail, SendConfirmationEmail                           bool
	ActivationRequiresPassword                                           bool
	PasswordChangedEmailConfirmation, IdentifierChangedEmailConfirmation bool
	NotifyNewDevice, NotifySessionEnded                                  bool
	Retype, HideUsers, ShowEmailNotFound                                 bool
	RequiredFields                                                       []string

	Mail, MailFrom, MailTemplates                       string
	SiteName, SiteURL, DevicesURL                       string
	ActivationURL, PasswordResetURL, IdentifierResetURL string

	// Mailbox keeps the mails of a desk, where no setting says where else they go; nil elsewhere.
	Mailbox *mail.Memory

	Django Django

	GeoIPFile string

	RateLimits, LimitsURL, LogLevel string

	given map[string]given // by the setting's name; none: the default
}

// defaults is a server that is left alone.
func defaults() Config {
	p := auth.DefaultPolicy()
	return Config{
		Listen: "127.0.0.1:8080", Prefix: "/auth/", DataDir: "cartouche-data",
		AccessLifetime: p.AccessLifetime, SessionIdle: p.SessionIdle, SessionIdleShort: p.SessionIdleShort, SessionAbsolute: p.SessionAbsolute, MaxSessions: p.MaxSessions,
		RefreshMinAge: p.RefreshMinAge, RefreshSuperseded: p.RefreshSuperseded, RefreshRetryWindow: p.RefreshRetryWindow,
		SigningAlgorithm: "ES256", RestAuthTokens: string(httpapi.RestAuthCookie), AccessCarrier: string(httpapi.AccessInBody), HeaderWords: []string{"Bearer", "JWT"},
		LoginField: string(auth.LoginByUsername), UserIDs: string(auth.UserIDsUUID),
		PasswordProfile: "small", PasswordMinLength: p.PasswordMinLength,
		HideUsers: true, NotifyNewDevice: true, NotifySessionEnded: true,
		RateLimits: string(auth.LimitsOn), LogLevel: "info",
	}
}

// given is a value as it came, and from where.
type given struct {
	from string
	raw  any
}

// Given tells whether somebody gave the setting a value.
func (c Config) Given(name string) bool { return c.given[name].from != "" }

// derive fills in the defaults that depend on other settings.
func (c Config) derive() Config {
	if !c.Given("database") {
		c.Database = "sqlite:" + filepath.Join(c.DataDir, "cartouche.db")
	}
	if !c.Given("master_key_file") {
		c.MasterKeyFile = filepath.Join(c.DataDir, "master.key")
	}
	if !c.Given("public_url") && onLoopback(c.Listen) {
		c.PublicURL = "http://" + c.Listen
	}
	if !c.Given("issuer") {
		c.Issuer = c.PublicURL
	}
	return c.deriveLinks()
}

// deriveLinks sends people to the server's own pages, unless the settings name others.
func (c Config) deriveLinks() Config {
	for name, field := range map[string]struct {
		to   *string
		path string
	}{
		"site_url":             {&c.SiteURL, ""},
		"devices_url":          {&c.DevicesURL, "devices/"},
		"activation_url":       {&c.ActivationURL, "activate/{uid}/{token}/"},
		"password_reset_url":   {&c.PasswordResetURL, "reset-password/{uid}/{token}/"},
		"identifier_reset_url": {&c.IdentifierResetURL, "reset-identifier/{uid}/{token}/"},
	} {
		switch {
		case c.Given(name):
		case field.path == "":
			*field.to = c.PublicURL
		default:
			*field.to = strings.TrimSuffix(c.PublicURL, "/") + c.Prefix + field.path
		}
	}
	if u, err := url.Parse(c.SiteURL); err == nil && !c.Given("site_name") {
		c.SiteName = u.Hostname()
	}
	return c
}

// Bound is the configuration once the listener has its port: where listen asked for any, that one takes its place, also in what derives from it.
func (c Config) Bound(port int) Config {
	if host, asked, err := net.SplitHostPort(c.Listen); err == nil && asked == "0" {
		c.Listen = net.JoinHostPort(host, strconv.Itoa(port))
	}
	return c.derive()
}

// onLoopback tells whether only this machine can reach an address to listen on. No host means every network.
func onLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && loopbackHost(host)
}

func loopbackHost(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
