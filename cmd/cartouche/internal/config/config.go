package config

import (
	"net"
	"path/filepath"
	"strconv"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/httpapi"
)

// Config is every setting, read and with its defaults filled in. What each one means stands in the table; see [Settings].
type Config struct {
	File string // where the YAML file is; empty: none

	Listen, OperationsListen, PublicURL, Prefix string
	TrustedProxies                              []string

	DataDir, Database, MasterKeyFile string

	AccessLifetime, SessionIdle, SessionIdleShort, SessionAbsolute time.Duration
	RefreshMinAge, RefreshSuperseded, RefreshRetryWindow           time.Duration
	SigningAlgorithm, SigningSecretFile, Issuer, Audience          string

	Dialects                  []httpapi.Dialect
	AllowedOrigins            []string
	CrossSite, CSRFPresession bool
	AccessCarrier             string
	HeaderWords               []string

	LoginField, UserIDs string
	UserFields          []string
	PasswordProfile     string
	PasswordMinLength   int

	RateLimits, LogLevel string

	given map[string]given // by the setting's name; none: the default
}

// defaults is a server that is left alone.
func defaults() Config {
	p := auth.DefaultPolicy()
	return Config{
		Listen: "127.0.0.1:8080", Prefix: "/auth/", DataDir: "cartouche-data",
		AccessLifetime: p.AccessLifetime, SessionIdle: p.SessionIdle, SessionIdleShort: p.SessionIdleShort, SessionAbsolute: p.SessionAbsolute,
		RefreshMinAge: p.RefreshMinAge, RefreshSuperseded: p.RefreshSuperseded, RefreshRetryWindow: p.RefreshRetryWindow,
		SigningAlgorithm: "ES256", AccessCarrier: string(httpapi.AccessInBody), HeaderWords: []string{"Bearer", "JWT"},
		LoginField: string(auth.LoginByUsername), UserIDs: string(auth.UserIDsUUID),
		PasswordProfile: "small", PasswordMinLength: p.PasswordMinLength,
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
