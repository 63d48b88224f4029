package config

import (
	"slices"
	"strings"

	"github.com/cartouche-auth/cartouche/httpapi"
)

// Settings is the table of settings, in the order of the reference page.
func Settings() []Setting {
	return slices.Concat(addresses(), storage(), tokens(), browsers(), users(), accounts(), mails(), move(), operation())
}

func in(group string, settings ...Setting) []Setting {
	for i := range settings {
		settings[i].Group = group
	}
	return settings
}

func addresses() []Setting {
	return in(
		"Addresses",
		Setting{Name: "listen", field: func(c *Config) any { return &c.Listen }, Help: "where the server listens; port 0 means any free one"},
		Setting{
			Name: "public_url", field: func(c *Config) any { return &c.PublicURL }, Derived: "http:// and listen, on loopback only",
			Help: "where browsers find the server, such as https://auth.example.com",
		},
		Setting{Name: "prefix", field: func(c *Config) any { return &c.Prefix }, Help: "path of the native routes"},
		Setting{
			Name: "trusted_proxies", field: func(c *Config) any { return &c.TrustedProxies },
			Help: "addresses or networks whose X-Forwarded-For is believed",
		},
		Setting{
			Name: "operations_listen", field: func(c *Config) any { return &c.OperationsListen },
			Help: "a second address for operators, with /metrics, /livez and /readyz, such as 127.0.0.1:8081; none when empty",
		},
		Setting{
			Name: "operations_public", field: func(c *Config) any { return &c.OperationsPublic },
			Help: "operations_listen may be an address that other machines reach: nothing there asks for a password, so a firewall or a private network must keep strangers out",
		},
		Setting{
			Name: "operations_debug", field: func(c *Config) any { return &c.OperationsDebug },
			Help: "serve Go's profiles at /debug/pprof/ of operations_listen, which must be on loopback then",
		},
	)
}

func storage() []Setting {
	return in(
		"Storage and keys",
		Setting{Name: "data_dir", field: func(c *Config) any { return &c.DataDir }, Help: "folder of the database file and the master key, made with mode 0700"},
		Setting{
			Name: "database", field: func(c *Config) any { return &c.Database }, Derived: "sqlite:DATA_DIR/cartouche.db",
			Help: "where the data is: sqlite:PATH, or a URL such as postgres://cartouche@localhost/cartouche",
		},
		Setting{
			Name: "master_key_file", field: func(c *Config) any { return &c.MasterKeyFile }, Derived: "DATA_DIR/master.key",
			Help: "file of the key that seals all others, made on the first run; never keep its copy beside the database's",
		},
	)
}

func tokens() []Setting {
	return in(
		"Sessions and tokens",
		Setting{Name: "access_lifetime", field: func(c *Config) any { return &c.AccessLifetime }, Help: "life of an access token, at most 15m"},
		Setting{
			Name: "session_idle", field: func(c *Config) any { return &c.SessionIdle },
			Help: "how long a remembered session outlives its last refresh",
		},
		Setting{
			Name: "session_idle_short", field: func(c *Config) any { return &c.SessionIdleShort },
			Help: "the same for a session that ends with the browser",
		},
		Setting{Name: "session_absolute", field: func(c *Config) any { return &c.SessionAbsolute }, Help: "how long a session may last at all"},
		Setting{
			Name: "max_sessions", field: func(c *Config) any { return &c.MaxSessions },
			Help: "how many sessions a user may have at once, 1 to 1000; a further sign-in ends the least recently active",
		},
		Setting{
			Name: "refresh_min_age", field: func(c *Config) any { return &c.RefreshMinAge },
			Help: "how old a refresh token must be before its use confirms it",
		},
		Setting{
			Name: "refresh_superseded", field: func(c *Config) any { return &c.RefreshSuperseded },
			Help: "how long a token that was overtaken on its way is refused without ending the session",
		},
		Setting{
			Name: "refresh_retry_window", field: func(c *Config) any { return &c.RefreshRetryWindow },
			Help: "when not 0, a spent token that comes back later than this after its confirmation ends the session",
		},
		Setting{
			Name: "signing_algorithm", field: func(c *Config) any { return &c.SigningAlgorithm }, Choices: []string{"ES256", "EdDSA", "HS256"},
			Help: "how access tokens are signed; HS256 shares a secret with a Django application",
		},
		Setting{
			Name: "signing_secret_file", field: func(c *Config) any { return &c.SigningSecretFile },
			Help: "file of the secret of HS256, at least 32 bytes, not Django's SECRET_KEY",
		},
		Setting{
			Name: "feed_tokens_file", field: func(c *Config) any { return &c.FeedTokensFile },
			Help: "file of the tokens with which other services read what is revoked, one on each line, each at least 32 random characters; without it there is no feed",
		},
		Setting{Name: "issuer", field: func(c *Config) any { return &c.Issuer }, Derived: "public_url", Help: "the issuer that access tokens name"},
		Setting{Name: "audience", field: func(c *Config) any { return &c.Audience }, Help: "the audience that access tokens name; none when empty"},
	)
}

func browsers() []Setting {
	return in(
		"Front ends and browsers",
		Setting{
			Name: "dialects", field: func(c *Config) any { return &c.Dialects },
			Help: "front ends to understand beside the native routes: " + strings.Join(httpapi.DialectNames(), ", ") + ", or your own as objects in the YAML file",
		},
		Setting{
			Name: "rest_auth_tokens", field: func(c *Config) any { return &c.RestAuthTokens }, Choices: []string{"cookie", "both", "key"},
			Help: "which tokens the dialect dj-rest-auth hands out: cookie keeps the refresh token in an HttpOnly cookie; both puts it into answers too " +
				"(JWT_AUTH_HTTPONLY = False), so a script that gets into a page takes the session away for as long as it lasts; " +
				"key is one opaque token for each device (USE_JWT = False), which scripts can take away likewise",
		},
		Setting{
			Name: "rest_auth_login_by_email", field: func(c *Config) any { return &c.RestAuthLoginByEmail },
			Help: "let people sign in by their address too in the dialect dj-rest-auth, where login_field is username; an address of several accounts is the oldest active one's",
		},
		Setting{
			Name: "allowed_origins", field: func(c *Config) any { return &c.AllowedOrigins },
			Help: "further origins whose pages may call with credentials, each exact, such as https://app.example.com; with --dev by default those of Vite and Next.js on this machine",
		},
		Setting{
			Name: "cross_site", field: func(c *Config) any { return &c.CrossSite },
			Help: "allowed origins are of other sites, so cookies become SameSite=None; Partitioned",
		},
		Setting{
			Name: "csrf_presession", field: func(c *Config) any { return &c.CSRFPresession },
			Help: "ask a CSRF token of sign-in and registration too",
		},
		Setting{
			Name: "clear_site_data", field: func(c *Config) any { return &c.ClearSiteData },
			Help: "when somebody signs out everywhere, ask the browser to drop every cookie of the site (Clear-Site-Data), " +
				"those of other hosts of the same domain too",
		},
		Setting{
			Name: "access_carrier", field: func(c *Config) any { return &c.AccessCarrier }, Choices: []string{"body", "cookie", "both"},
			Help: "where the native browser routes put the access token",
		},
		Setting{
			Name: "header_words", field: func(c *Config) any { return &c.HeaderWords },
			Help: "the words accepted before a token in Authorization",
		},
	)
}

func users() []Setting {
	return in(
		"Users and passwords",
		Setting{
			Name: "login_field", field: func(c *Config) any { return &c.LoginField }, Choices: []string{"username", "email"},
			Help: "by what people sign in",
		},
		Setting{
			Name: "user_ids", field: func(c *Config) any { return &c.UserIDs }, Choices: []string{"uuid", "integer"},
			Help: "how ids of new users are made",
		},
		Setting{
			Name: "user_fields", field: func(c *Config) any { return &c.UserFields }, Derived: "email,id,username; id,email where people sign in by email",
			Help: "what answers show of a user",
		},
		Setting{
			Name: "password_min_length", field: func(c *Config) any { return &c.PasswordMinLength },
			Help: "characters that a new password needs, 8 to 64",
		},
		Setting{
			Name: "password_profile", field: func(c *Config) any { return &c.PasswordProfile }, Choices: []string{"small", "standard"},
			Help: "the cost of a password hash: small is argon2id with 19 MiB, standard with 64 MiB",
		},
	)
}

func accounts() []Setting {
	return in(
		"Accounts",
		Setting{
			Name: "required_fields", field: func(c *Config) any { return &c.RequiredFields },
			Help: "what a registration has to bring besides login field and password: email, first_name, last_name",
		},
		Setting{
			Name: "retype", field: func(c *Config) any { return &c.Retype },
			Help: "ask for new passwords and login names twice: re_password, re_new_password, re_new_username or re_new_email",
		},
		Setting{
			Name: "hide_users", field: func(c *Config) any { return &c.HideUsers },
			Help: "who is not staff sees nobody but himself",
		},
		Setting{
			Name: "show_email_not_found", field: func(c *Config) any { return &c.ShowEmailNotFound },
			Help: "tell strangers whether an address has an account; for old front ends only, because it is a leak",
		},
		Setting{
			Name: "send_activation_email", field: func(c *Config) any { return &c.SendActivationEmail },
			Help: "a new account, or one with a changed address, sleeps until its address is proved by a mailed link; needs mail",
		},
		Setting{
			Name: "activation_requires_password", field: func(c *Config) any { return &c.ActivationRequiresPassword },
			Help: "activation by JSON asks for the account's password too, as the server's own page always does, so that nobody activates what a stranger registered",
		},
		Setting{
			Name: "send_confirmation_email", field: func(c *Config) any { return &c.SendConfirmationEmail },
			Help: "say welcome to accounts that have become active; needs mail",
		},
		Setting{
			Name: "password_changed_email_confirmation", field: func(c *Config) any { return &c.PasswordChangedEmailConfirmation },
			Help: "tell people by mail that their password was changed; needs mail",
		},
		Setting{
			Name: "identifier_changed_email_confirmation", field: func(c *Config) any { return &c.IdentifierChangedEmailConfirmation },
			Help: "tell people by mail that their login name was changed; needs mail",
		},
		Setting{
			Name: "notify_new_device", field: func(c *Config) any { return &c.NotifyNewDevice },
			Help: "where there is mail, tell people of a sign-in from a device or network that their sessions have not shown before",
		},
		Setting{
			Name: "notify_session_ended", field: func(c *Config) any { return &c.NotifySessionEnded },
			Help: "where there is mail, tell people that a session of theirs was ended by an operator or from another device",
		},
	)
}

func mails() []Setting {
	return in(
		"Mail",
		Setting{
			Name: "mail", field: func(c *Config) any { return &c.Mail },
			Help: "how mails leave: smtp://USER:PASSWORD@HOST:PORT, smtps://..., file:FOLDER for one .eml each, or log; none when empty",
		},
		Setting{Name: "mail_from", field: func(c *Config) any { return &c.MailFrom }, Help: "the sender, such as Example <noreply@example.com>"},
		Setting{
			Name: "mail_templates", field: func(c *Config) any { return &c.MailTemplates },
			Help: "folder with templates that replace the built-in ones, such as activation.subject, activation.txt and activation.html",
		},
		Setting{Name: "site_name", field: func(c *Config) any { return &c.SiteName }, Derived: "the host of site_url", Help: "what mails and pages call the site"},
		Setting{
			Name: "site_url", field: func(c *Config) any { return &c.SiteURL }, Derived: "public_url",
			Help: "where people find the site; relative links begin with it",
		},
		Setting{
			Name: "devices_url", field: func(c *Config) any { return &c.DevicesURL }, Derived: "a page of this server",
			Help: "where mails send people to see their sessions and end them",
		},
		Setting{
			Name: "activation_url", field: func(c *Config) any { return &c.ActivationURL }, Derived: "a page of this server",
			Help: "the page behind activation links, such as #/activate/{uid}/{token}",
		},
		Setting{
			Name: "password_reset_url", field: func(c *Config) any { return &c.PasswordResetURL }, Derived: "a page of this server",
			Help: "the page behind links for a new password, likewise",
		},
		Setting{
			Name: "identifier_reset_url", field: func(c *Config) any { return &c.IdentifierResetURL }, Derived: "a page of this server",
			Help: "the page behind links for a new login name, likewise",
		},
	)
}

func operation() []Setting {
	return in(
		"Operation",
		Setting{
			Name: "rate_limits", field: func(c *Config) any { return &c.RateLimits }, Choices: []string{"on", "shared", "off"},
			Help: "counters in this process, shared through the database by several, or none (for measurements)",
		},
		Setting{
			Name: "limits_url", field: func(c *Config) any { return &c.LimitsURL },
			Help: "a Valkey or Redis server that keeps the shared counters and passes revocations on, such as valkey://:PASSWORD@cache:6379, or valkeys:// " +
				"with TLS; while it is down nobody signs in; the database does both when empty",
		},
		Setting{
			Name: "geoip_file", field: func(c *Config) any { return &c.GeoIPFile },
			Help: "file in the MaxMind DB format, such as GeoLite2-City.mmdb, by which lists of sessions and mails say where an address is; none when empty",
		},
		Setting{
			Name: "log_level", field: func(c *Config) any { return &c.LogLevel }, Choices: []string{"debug", "info", "warn", "error"},
			Help: "the least that is logged",
		},
		Setting{Name: "config", field: func(c *Config) any { return &c.File }, Help: "YAML file with these settings; none when empty"},
	)
}
