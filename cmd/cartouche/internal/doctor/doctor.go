// Package doctor looks at a server from outside, as a browser does that has a page of the application open, and names the settings of server and proxy that
// are wrong. It has no account, sends no password, and changes nothing.
package doctor

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"
	"unicode"
)

// Config is what to look at.
type Config struct {
	App  string // where the application's pages are, such as https://app.example.com
	Auth string // where browsers find Cartouche, such as https://auth.example.com
	// Prefix is the path of the native routes; default "/auth/".
	Prefix string
	// Server are the server's own settings, for what cannot be seen from outside; nil: they are not known.
	Server *Server
	// Now is the clock that the server's is held against.
	Now func() time.Time
	// Roots are the authorities whose certificates are accepted; nil: those of the system.
	Roots *x509.CertPool
	// Dial opens connections; nil: as usual.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Server are settings of the server.
type Server struct {
	Issuer         string
	TrustedProxies []string
}

// Finding is one thing that is wrong.
type Finding struct {
	ID      string `json:"id"`
	Setting string `json:"setting"` // what to change
	Text    string `json:"text"`    // one sentence
	Advice  bool   `json:"advice"`  // it works, and could work better
}

// Examine looks, and answers what it found, the gravest first; nothing when all is well. An error is a mistake in Config.
func Examine(ctx context.Context, config Config) ([]Finding, error) {
	v := &visit{config: config}
	var errs [2]error
	v.app, errs[0] = readOrigin("the application's URL", config.App)
	v.auth, errs[1] = readOrigin("Cartouche's URL", config.Auth)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	if v.config.Prefix == "" {
		v.config.Prefix = "/auth/"
	}
	v.make(ctx)
	var found []Finding
	for _, c := range checks {
		detail, wrong := c.found(v)
		if !wrong {
			continue
		}
		text := strings.NewReplacer("{app}", origin(v.app), "{auth}", origin(v.auth), "{prefix}", v.config.Prefix, "{detail}", printable(detail)).Replace(c.text)
		found = append(found, Finding{ID: c.id, Setting: c.setting, Text: text, Advice: c.advice})
		if c.last {
			break
		}
	}
	return found, nil
}

// printable replaces what a terminal would obey or hide: details have a stranger's words in them (terminal injection).
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

func readOrigin(name, text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.User != nil {
		return nil, fmt.Errorf("%s must be like https://app.example.com", name)
	}
	u.Host = strings.ToLower(u.Host)
	if port := u.Port(); (u.Scheme == "https" && port == "443") || (u.Scheme == "http" && port == "80") {
		u.Host = strings.TrimSuffix(u.Host, ":"+port) // browsers leave it out
	}
	return u, nil
}

func origin(u *url.URL) string { return u.Scheme + "://" + u.Host }
