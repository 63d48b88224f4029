package mail

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/cartouche-auth/cartouche/auth"
)

// link is a page of the site and how long its address works.
type link struct{ pattern, validity string }

// to puts a uid and a token into the pattern. Only the unreserved characters of RFC 3986 stay as they are, so that neither can end the path, the
// query or the fragment that it stands in.
func (l link) to(uid, token string) string {
	return strings.NewReplacer("{uid}", escape(uid), "{token}", escape(token)).Replace(l.pattern)
}

func escape(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

func parseLinks(c Config) (map[auth.MailKind]link, error) {
	rows := []struct {
		kind          auth.MailKind
		name, pattern string
		lifetime      time.Duration
	}{
		{auth.MailActivation, "activation_url", c.ActivationURL, cmp.Or(c.ActivationLifetime, 24*time.Hour)},
		{auth.MailPasswordReset, "password_reset_url", c.PasswordResetURL, cmp.Or(c.ResetLifetime, 30*time.Minute)},
		{auth.MailIdentifierReset, "identifier_reset_url", c.IdentifierResetURL, cmp.Or(c.ResetLifetime, 30*time.Minute)},
	}
	base := c.SiteURL
	if _, err := parseBase(base); err != nil {
		base = "https://site.example" // a mistake of site_url's, reported there
	}
	links := make(map[auth.MailKind]link, len(rows))
	var mistakes []error
	for _, r := range rows {
		pattern, err := parsePattern(r.pattern, base)
		if err != nil {
			mistakes = append(mistakes, fmt.Errorf("%s: %w", r.name, err))
		}
		if r.lifetime < time.Minute {
			mistakes = append(mistakes, fmt.Errorf("%s: the link must work for a minute at least", r.name))
		}
		links[r.kind] = link{pattern, spell(r.lifetime)}
	}
	return links, errors.Join(mistakes...)
}

// parsePattern gives the whole address. It refuses patterns in which a placeholder could become a part of the host: the token must not travel to
// any other site.
func parsePattern(pattern, base string) (string, error) {
	if pattern == "" {
		return "", errors.New("required")
	}
	if strings.Count(pattern, "{uid}") != 1 || strings.Count(pattern, "{token}") != 1 || strings.Count(pattern, "{") != 2 || strings.Count(pattern, "}") != 2 {
		return "", errors.New("needs {uid} once, {token} once, and no other braces")
	}
	if strings.HasPrefix(pattern, "//") {
		return "", errors.New("begin with https:// or with a path")
	}
	whole := pattern
	if start, _, _ := strings.Cut(pattern, "{"); !strings.Contains(start, "://") {
		whole = strings.TrimRight(base, "/") + "/" + strings.TrimPrefix(pattern, "/")
	}
	u, err := parseBase(link{pattern: whole}.to("uid", "token"))
	if err != nil {
		return "", err
	}
	if prefix := u.Scheme + "://" + u.Host; !strings.HasPrefix(whole, prefix) || !strings.ContainsRune("/?#", rune((whole + " ")[len(prefix)])) {
		return "", errors.New("placeholders belong after the host")
	}
	return whole, nil
}

// parseBase reads an address that people may be sent to: a link over plain http would show its token to the network.
func parseBase(text string) (*url.URL, error) {
	if text == "" {
		return nil, errors.New("required")
	}
	if strings.ContainsFunc(text, func(r rune) bool {
		return r > unicode.MaxASCII || r <= ' ' || r == 0x7f || strings.ContainsRune(`\"<>`, r)
	}) {
		return nil, errors.New(`percent-encode spaces, quotes, backslashes and letters that are not ASCII`)
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || u.Opaque != "":
		return nil, errors.New("not an https address")
	case u.User != nil:
		return nil, errors.New("has a user or password in it")
	case u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname()) && !strings.HasSuffix(u.Hostname(), ".localhost")):
		return nil, errors.New("must begin with https:// (http:// only for this machine)")
	}
	return u, nil
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

// spell says a duration in the largest unit that divides it.
func spell(d time.Duration) string {
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		n := d / u.unit
		switch {
		case n == 1 && u.unit == 24*time.Hour && d == u.unit:
			return "24 hours"
		case d%u.unit != 0 && u.unit > time.Minute:
			continue
		case n == 1:
			return "1 " + u.name
		default:
			return fmt.Sprintf("%d %ss", n, u.name)
		}
	}
	return ""
}
