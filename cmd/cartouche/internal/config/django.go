package config

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/django"
)

// Django is the configuration of what users still hold who came from Django.
type Django struct {
	SecretKeyFile    string
	ResetTokensUntil string // a day; empty: none is accepted
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
	)
}

// readers adds what reads Django's tokens to the configuration of the domain.
func (d Django) readers(domain *auth.Config) error {
	if d.SecretKeyFile == "" {
		if d.ResetTokensUntil != "" {
			return errors.New("django_reset_tokens_until: needs django_secret_key_file")
		}
		return nil
	}
	keys, err := ReadDjangoKeys(d.SecretKeyFile)
	if err != nil {
		return fmt.Errorf("django_secret_key_file: %w", err)
	}
	domain.ForeignTokens = django.RefreshTokens{Keys: keys}
	if d.ResetTokensUntil == "" {
		return nil
	}
	until, err := time.Parse(time.DateOnly, d.ResetTokensUntil)
	if err != nil {
		return fmt.Errorf("django_reset_tokens_until: %q: must be a day such as 2027-01-31", d.ResetTokensUntil)
	}
	domain.ForeignLinks = django.ResetTokens{Keys: keys, Until: until}
	return nil
}

// ReadDjangoKeys reads a file of Django's keys. One that everybody may read is refused: whoever has a key forges links and tokens.
func ReadDjangoKeys(path string) (django.Keys, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o027 != 0 {
		return nil, fmt.Errorf("%s has mode %04o: must be a file that only its owner may write and only its group may read: chmod 600 it", path, info.Mode().Perm())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return django.ParseKeys(string(text))
}
