package config_test

import (
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/cmd/cartouche/internal/config"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	const good = "9Xv2LmQ8rT5kYb3NcW7dZs4HpJf6GaUe1RtVo0Mi"
	for name, c := range map[string]struct {
		flags map[string]string
		want  string // empty: it is good
	}{
		"Production":      {map[string]string{"listen": ":8080", "public_url": "https://auth.example.com", "database": "postgres://u@h/d"}, ""},
		"BehindAProxy":    {map[string]string{"public_url": "https://auth.example.com", "trusted_proxies": "127.0.0.1"}, ""},
		"Loopback6":       {map[string]string{"listen": "[::1]:8080"}, ""},
		"AnyPort":         {map[string]string{"listen": "127.0.0.1:0", "operations_listen": "127.0.0.1:0"}, ""},
		"SharedSecret":    {map[string]string{"signing_algorithm": "HS256", "signing_secret_file": write(t, "s", good+"\n", 0o640)}, ""},
		"NoPublicURL":     {map[string]string{"listen": ":8080"}, "public_url: missing"},
		"HTTPForAll":      {map[string]string{"listen": ":8080", "public_url": "http://auth.example.com"}, "public_url: \"http://auth.example.com\": must be https"},
		"DeskURLForAll":   {map[string]string{"listen": "0.0.0.0:8080", "public_url": "http://localhost:8080"}, "can be reached by others"},
		"NoPort":          {map[string]string{"listen": "127.0.0.1"}, "listen: \"127.0.0.1\": must be an address with a port"},
		"NamedPort":       {map[string]string{"operations_listen": "127.0.0.1:http"}, "operations_listen: "},
		"SameAddress":     {map[string]string{"operations_listen": "127.0.0.1:8080"}, "operations_listen: \"127.0.0.1:8080\": must not be listen's"},
		"UnknownDatabase": {map[string]string{"database": "mysql://h/d"}, "database: \"mysql://h/d\": must be sqlite:PATH"},
		"NoPath":          {map[string]string{"database": "sqlite:"}, "database: "},
		"AnyOrigin":       {map[string]string{"allowed_origins": "*"}, "allowed_origins: "},
		"CrossSiteHTTP":   {map[string]string{"cross_site": "true"}, "cross_site: "},
		"LongAccess":      {map[string]string{"access_lifetime": "20m"}, "access_lifetime: "},
		"NoSecret":        {map[string]string{"signing_algorithm": "HS256"}, "signing secret"},
		"TwoSigners":      {map[string]string{"signing_secret_file": write(t, "s", good, 0o600)}, "only HS256 has one"},
		"OpenSecret":      {map[string]string{"signing_algorithm": "HS256", "signing_secret_file": write(t, "s", good, 0o644)}, "signing_secret_file: "},
		"ShortSecret":     {map[string]string{"signing_algorithm": "HS256", "signing_secret_file": write(t, "s", "tooshort", 0o600)}, "bytes"},
		"MissingSecret":   {map[string]string{"signing_algorithm": "HS256", "signing_secret_file": "/nowhere"}, "signing_secret_file: "},
		"SecretIsAFolder": {map[string]string{"signing_algorithm": "HS256", "signing_secret_file": t.TempDir()}, "signing_secret_file: "},
		"SamePaths":       {map[string]string{"dialects": "djoser,djoser"}, "both have the path"},
		"NoSessions":      {map[string]string{"max_sessions": "0"}, "max_sessions: 0: must be 1 to 1000"},
		"NoPlaces":        {map[string]string{"geoip_file": "/nowhere"}, "geoip_file: "},
		"PlacesAreFolder": {map[string]string{"geoip_file": t.TempDir()}, "must be a file"},
		"BadProxy":        {map[string]string{"trusted_proxies": "proxy.example.com"}, "trusted_proxies: "},
		"ShortPasswords":  {map[string]string{"password_min_length": "4"}, "password_min_length: 4"},
		"Mail":            {map[string]string{"mail": "smtp://u:p@mail.example.com", "mail_from": "a@example.com", "send_activation_email": "true"}, ""},
		"FrontEndLinks":   {map[string]string{"mail": "log", "mail_from": "a@example.com", "activation_url": "#/activate/{uid}/{token}"}, ""},
		"NoSender":        {map[string]string{"mail": "log", "send_activation_email": "true"}, "mail_from: missing"},
		"BadSender":       {map[string]string{"mail": "log", "mail_from": "a@b@c"}, "from: "},
		"BadMailServer":   {map[string]string{"mail": "http://mail.example.com", "mail_from": "a@example.com"}, "mail: address must be smtp://"},
		"NoTemplates":     {map[string]string{"mail": "log", "mail_from": "a@example.com", "mail_templates": "/nowhere"}, "mail_templates: "},
		"LinkNowhere":     {map[string]string{"mail": "log", "mail_from": "a@example.com", "activation_url": "https://{uid}.example.com/{token}"}, "activation_url: "},
		"OpenLink":        {map[string]string{"mail": "log", "mail_from": "a@example.com", "password_reset_url": "http://a.example/{uid}/{token}"}, "password_reset_url: "},
		"ActivationOnly":  {map[string]string{"send_activation_email": "true"}, "send_activation_email: needs mail"},
		"WelcomeOnly":     {map[string]string{"send_confirmation_email": "true"}, "send_confirmation_email: needs mail"},
		"BadSite":         {map[string]string{"site_url": "http://www.example.com"}, "site_url: "},
		"RequiredSecret":  {map[string]string{"required_fields": "email,is_staff"}, "required_fields: \"is_staff\""},
		"UnknownField":    {map[string]string{"user_fields": "id,password"}, "user_fields: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			flags := map[string][]string{}
			for setting, text := range c.flags {
				flags[setting] = []string{text}
			}
			err := load(t, config.Sources{Flags: flags}).Check()
			switch {
			case c.want == "" && err != nil:
				t.Errorf("Check: %v", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("Check: got %v, want mention of %q", err, c.want)
			case c.want != "" && strings.Count(err.Error(), "\n") > 0:
				t.Errorf("Check: one mistake, several complaints:\n%v", err)
			}
		})
	}
}

func TestCheckReportsEveryMistake(t *testing.T) {
	t.Parallel()
	err := load(t, config.Sources{Flags: map[string][]string{
		"listen": {":8080"}, "operations_listen": {"8080"}, "database": {"mysql:x"}, "access_lifetime": {"1h"}, "allowed_origins": {"*"}, "dialects": {"djoser,djoser"},
		"signing_algorithm": {"HS256"}, "trusted_proxies": {"x"}, "header_words": {"a b"},
	}}).Check()
	wantLines(t, err, []string{
		"operations_listen: ", "public_url: missing", "database: ", "access_lifetime: ", "allowed_origins: ", "both have the path", "HS256 needs", "trusted_proxies: ", "header_words: ",
	})
}

func TestDevelop(t *testing.T) {
	t.Parallel()
	c, err := load(t, config.Sources{}).Develop()
	if err != nil || len(c.Dialects) != 1 || c.Dialects[0].Name != "djoser" {
		t.Errorf("Develop: dialects %v, error %v; want djoser's", c.Dialects, err)
	}
	if c, err = c.Develop(); err != nil || len(c.Dialects) != 1 {
		t.Errorf("Develop: a second time: dialects %v, error %v", c.Dialects, err)
	}
	for setting, text := range map[string]string{"listen": ":8080", "public_url": "https://auth.example.com"} {
		if _, err := load(t, config.Sources{Flags: map[string][]string{setting: {text}}}).Develop(); err == nil || !strings.HasPrefix(err.Error(), setting) {
			t.Errorf("Develop: with %s %s: %v", setting, text, err)
		}
	}
}

func TestDevelopOrigins(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		flags map[string][]string
		want  string // the first origin
	}{
		"none given": {nil, "http://localhost:5173"},
		"one given":  {map[string][]string{"allowed_origins": {"http://localhost:4200"}}, "http://localhost:4200"},
		"over https": {map[string][]string{"public_url": {"https://localhost:8443"}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := load(t, config.Sources{Flags: test.flags}).Develop()
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(c.AllowedOrigins, " "); !strings.HasPrefix(got, test.want) || (test.want == "") != (got == "") {
				t.Errorf("Develop: allowed origins %q, want %q first", got, test.want)
			}
		})
	}
}

func TestCheckLimitsURL(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ url, mode, want string }{
		"good":        {"valkey://:canary@cache:6379", "shared", ""},
		"not shared":  {"valkey://:canary@cache:6379", "on", "limits_url: needs rate_limits: shared, not on"},
		"not an URL":  {"canary", "shared", "limits_url: must be a URL"},
		"unverified":  {"valkeys://:canary@cache?skip_verify=true", "shared", "limits_url: must be a URL"},
		"several":     {"valkey://:canary@one?addr=two:1", "shared", "limits_url: must be a URL"},
		"another one": {"memcached://:canary@cache", "shared", "limits_url: must be a URL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := config.Load(config.Sources{Environment: []string{"CARTOUCHE_LIMITS_URL=" + test.url, "CARTOUCHE_RATE_LIMITS=" + test.mode}})
			if err == nil {
				err = c.Check()
			}
			switch {
			case test.want == "" && err != nil:
				t.Errorf("Check: %v", err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "canary")):
				t.Errorf("Check: got %v, want %q and no password", err, test.want)
			}
		})
	}
}
