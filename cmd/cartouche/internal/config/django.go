package config

import (
	"cmp"
	"errors"
	"fmt"
	"time"
	_ "time/tzdata" // containers have no time zones of their own; it makes the program 450 KB larger

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/django"
)

// Django is the configuration of what users still hold who came from Django.
type Django struct {
	SecretKeyFile    string
	ResetTokensUntil string // a day; empty: none is accepted
	SessionsUntil    string // likewise
	SessionCookie    string // empty: sessionid
	TimeZone         string // empty: UTC
}

func move() []Setting {
	return in(
		"Moving from Django",
		Setting{
			Name: "django_secret_key_file", field: func(c *Config) any { return &c.Django.SecretKeyFile },
			Help: "file of the SECRET_KEY of the Django that users were imported from, so that their old tokens go on working; older keys on further lines",
		},
		Setting{
			Name: "django_reset_tokens_until", field: func(c *Config) any { return &c.Django.ResetTokensUntil },
			Help: "the day, such as 2027-01-31, from which links are refused that Django has mailed; none is accepted when empty",
		},
		Setting{
			Name: "django_sessions_until", field: func(c *Config) any { return &c.Django.SessionsUntil },
			Help: "the day, such as 2027-01-31, from which cookies of Django's sessions sign nobody in any more; none is accepted when empty",
		},
		Setting{
			Name: "django_session_cookie", field: func(c *Config) any { return &c.Django.SessionCookie },
			Help: "Django's SESSION_COOKIE_NAME; sessionid when empty",
		},
		Setting{
			Name: "django_time_zone", field: func(c *Config) any { return &c.Django.TimeZone },
			Help: "Django's TIME_ZONE, such as Europe/Berlin, by which its mailed links count; UTC when empty",
		},
	)
}

// readers adds what reads Django's tokens to the configuration of the domain.
func (d Django) readers(domain *auth.Config) error {
	var keys django.Keys
	zone, err := ReadTimeZone(d.TimeZone)
	if err != nil {
		err = fmt.Errorf("django_time_zone: %w", err)
	}
	linksUntil, linksErr := readDay("django_reset_tokens_until", d.ResetTokensUntil)
	sessionsUntil, sessionsErr := readDay("django_sessions_until", d.SessionsUntil)
	err = errors.Join(err, linksErr, sessionsErr)
	if d.SecretKeyFile != "" {
		var keyErr error
		if keys, keyErr = ReadDjangoKeys(d.SecretKeyFile); keyErr != nil {
			err = errors.Join(err, fmt.Errorf("django_secret_key_file: %w", keyErr))
		}
	} else if d.ResetTokensUntil != "" {
		err = errors.Join(err, errors.New("django_reset_tokens_until: needs django_secret_key_file"))
	}
	if err != nil {
		return err
	}
	if keys != nil || !sessionsUntil.IsZero() {
		domain.ForeignTokens = django.Tokens{Keys: keys, SessionsUntil: sessionsUntil}
	}
	if !linksUntil.IsZero() {
		domain.ForeignLinks = django.ResetTokens{Keys: keys, Until: linksUntil, Location: zone}
	}
	return nil
}

// sessionCookie is the cookie of Django's sessions; empty: none is looked at.
func (d Django) sessionCookie() string {
	if d.SessionsUntil == "" {
		return ""
	}
	return cmp.Or(d.SessionCookie, "sessionid")
}

// readDay reads the day that a setting names; zero: it names none.
func readDay(setting, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%s: %q: must be a day such as 2027-01-31", setting, text)
	}
	return day, nil
}

// ReadTimeZone finds a time zone by its IANA name; empty: UTC. "Local" is none: it would be another one on each machine.
func ReadTimeZone(name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil, fmt.Errorf("%q: must be the name of a time zone, such as Europe/Berlin", name)
	}
	return zone, nil
}

// ReadDjangoKeys reads a file of Django's keys.
func ReadDjangoKeys(path string) (django.Keys, error) {
	text, err := readPrivate(path)
	if err != nil {
		return nil, err
	}
	return django.ParseKeys(text)
}
