package mail_test

import (
	"strings"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/mail"
	"github.com/cartouche-auth/cartouche/secret"
)

func TestLinks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ site, pattern, uid, token, want string }{
		{"https://example.com", "activate/{uid}/{token}", "MQ", "a-_", "https://example.com/activate/MQ/a-_"},
		{"https://example.com/", "/activate/{uid}/{token}/", "MQ", "a-_", "https://example.com/activate/MQ/a-_/"},
		{"https://example.com/shop/", "#/activate/{uid}/{token}", "MQ", "a", "https://example.com/shop/#/activate/MQ/a"},
		{"https://example.com", "?u={uid}&t={token}", "MQ", "a", "https://example.com/?u=MQ&t=a"},
		{"https://example.com", "https://other.example/{token}?{uid}", "MQ", "a", "https://other.example/a?MQ"},
		{"http://localhost:3000", "go/{uid}/{token}", "MQ", "a", "http://localhost:3000/go/MQ/a"},
		{"http://[::1]:3000", "go/{uid}/{token}", "MQ", "a", "http://[::1]:3000/go/MQ/a"},
		{"http://app.localhost", "go/{uid}/{token}", "MQ", "a", "http://app.localhost/go/MQ/a"},
		{"https://example.com", "{uid}/{token}", "../a b", "x/?#&+%\r\n\u00e9\"", "https://example.com/..%2Fa%20b/x%2F%3F%23%26%2B%25%0D%0A%C3%A9%22"},
		{"https://example.com", "{uid}/{token}", "{token}", "{uid}", "https://example.com/%7Btoken%7D/%7Buid%7D"},
	} {
		conf := config(nil)
		conf.SiteURL, conf.ActivationURL = c.site, c.pattern
		m := sample(auth.MailActivation)
		m.UID, m.Token = c.uid, secret.NewText(c.token)
		if got := compose(t, conf, m).Link.Reveal(); got != c.want {
			t.Errorf("%s + %s: got %s, want %s", c.site, c.pattern, got, c.want)
		}
	}
}

func TestLifetimes(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "24 hours", 24 * time.Hour: "24 hours", 48 * time.Hour: "2 days", time.Hour: "1 hour", 36 * time.Hour: "36 hours",
		90 * time.Minute: "90 minutes", time.Minute: "1 minute", 30*time.Minute + 30*time.Second: "30 minutes",
	} {
		c := config(nil)
		c.ActivationLifetime = d
		if got := compose(t, c, sample(auth.MailActivation)).Text.Reveal(); !strings.Contains(got, "works for "+want+", and only once") {
			t.Errorf("%s: want %s in\n%s", d, want, got)
		}
	}
	m := sample(auth.MailPasswordReset)
	if got := compose(t, config(nil), m).Text.Reveal(); !strings.Contains(got, "works for 30 minutes,") {
		t.Error(got)
	}
}

// TestTokensSentElsewhere is the attack (or slip) of a pattern that sends the token to another host, or over a network in the clear.
func TestTokensSentElsewhere(t *testing.T) {
	t.Parallel()
	for pattern, says := range map[string]string{
		"":                                       "required",
		"activate/{uid}":                         "once",
		"activate/{token}":                       "once",
		"{uid}/{token}/{token}":                  "once",
		"{uid}/{token}/{email}":                  "once",
		"{uid}/{token}/}{":                       "once",
		"//evil.example/{uid}/{token}":           "begin with",
		"http://example.com/{uid}/{token}":       "https",
		"http://localhost.example/{uid}/{token}": "https",
		"ftp://example.com/{uid}/{token}":        "https",
		"https://{token}.evil.example/{uid}":     "after the host",
		"https://evil.example{uid}/{token}":      "after the host",
		"https://a:{token}@example.com/{uid}":    "user",
		"https://example.com:{uid}/{token}":      "not an https",
		"https:///{uid}/{token}":                 "not an https",
		"https://example.com\\{uid}/{token}":     "percent-encode",
		"go {uid}/{token}":                       "percent-encode",
		"go\n{uid}/{token}":                      "percent-encode",
		"gö/{uid}/{token}":                       "percent-encode",
		"go/%zz/{uid}/{token}":                   "not an https",
	} {
		c := config(&mail.Memory{})
		c.PasswordResetURL = pattern
		if _, err := mail.New(c); err == nil || !strings.Contains(err.Error(), "password_reset_url: ") || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: got error %v, want one that says %q", pattern, err, says)
		}
	}
}

func TestEveryMistakeAtOnce(t *testing.T) {
	t.Parallel()
	_, err := mail.New(mail.Config{})
	for _, name := range []string{"transport", "from", "site_name", "site_url", "activation_url", "password_reset_url", "identifier_reset_url"} {
		if err == nil || !strings.Contains(err.Error(), name+": required") {
			t.Errorf("%s is not among the mistakes: %v", name, err)
		}
	}
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	for says, change := range map[string]func(*mail.Config){
		"from: give one address":          func(c *mail.Config) { c.From = "a@example.com, b@example.com" },
		"from: not one plain address":     func(c *mail.Config) { c.From = `"a b"@example.com` },
		"from: the name":                  func(c *mail.Config) { c.From = "=?utf-8?q?a=0D=0Ab?= <a@example.com>" },
		"site_name: give one short":       func(c *mail.Config) { c.SiteName = "Example\r\nBcc: a@evil.example" },
		"site_url: must begin with https": func(c *mail.Config) { c.SiteURL = "http://example.com" },
		"site_url: has a user":            func(c *mail.Config) { c.SiteURL = "https://a@example.com" },
		"site_url: has a query":           func(c *mail.Config) { c.SiteURL = "https://example.com/?" },
		"site_url: not an https":          func(c *mail.Config) { c.SiteURL = "example.com" },
		"login_field: ":                   func(c *mail.Config) { c.LoginField = "phone" },
		"activation_url: the link must":   func(c *mail.Config) { c.ActivationLifetime = time.Second },
		"reset_url: the link must":        func(c *mail.Config) { c.ResetLifetime = -time.Hour },
	} {
		c := config(&mail.Memory{})
		change(&c)
		if _, err := mail.New(c); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got error %v, want one that says %q", err, says)
		}
	}
}
