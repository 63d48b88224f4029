package config

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/cartouche-auth/cartouche/httpapi"
	"github.com/cartouche-auth/cartouche/mail"
)

// deskOrigins are where the usual tools of front ends serve pages on a desk: Vite, and Next.js and its like.
func deskOrigins() []string {
	return []string{"http://localhost:5173", "http://127.0.0.1:5173", "http://localhost:3000", "http://127.0.0.1:3000"}
}

// Develop is the configuration of a desk: djoser's dialect is on, pages of the usual development servers may call, mails stay in memory, and nothing but
// loopback is served. Debugging aids in production are an attacker's aids, so an address that others can reach is an error.
func (c Config) Develop() (Config, error) {
	if !onLoopback(c.Listen) {
		return c, fmt.Errorf("listen: %q: with --dev it must be on loopback, such as 127.0.0.1:8080", redactURL(c.Listen))
	}
	if u, err := url.Parse(c.PublicURL); err == nil && !loopbackHost(u.Hostname()) {
		return c, fmt.Errorf("public_url: %q: with --dev it must be on loopback; leave it out", redactURL(c.PublicURL))
	}
	if c.Mail == "" {
		c.Mailbox = new(mail.Memory)
	}
	if c.MailFrom == "" {
		c.MailFrom = "Cartouche <noreply@localhost>"
	}
	if len(c.AllowedOrigins) == 0 && !strings.HasPrefix(c.PublicURL, "https:") {
		c.AllowedOrigins = deskOrigins()
	}
	const djoser = "djoser"
	if slices.ContainsFunc(c.Dialects, func(d httpapi.Dialect) bool { return d.Name == djoser }) {
		return c, nil
	}
	d, err := httpapi.DialectNamed(djoser)
	if err != nil {
		return c, err
	}
	c.Dialects = append(slices.Clone(c.Dialects), d)
	return c, nil
}
