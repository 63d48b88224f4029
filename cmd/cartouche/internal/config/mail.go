package config

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/mail"
	"github.com/cartouche-auth/cartouche/secret"
)

// Mailer sends what the lives of accounts cause, as the settings say; nil when there is no mail. It connects to nothing. Places says where an address
// is; nil: nowhere is known. The error joins every mistake.
func (c Config) Mailer(log *slog.Logger, places func(string) string) (auth.Mailer, error) {
	if c.Mail == "" && c.Mailbox == nil {
		return nil, c.checkNoMail()
	}
	transport, err := c.transport(log)
	if err != nil {
		return nil, err
	}
	if c.MailFrom == "" {
		return nil, errors.New("mail_from: missing: the address that mails come from, such as noreply@example.com")
	}
	var templates fs.FS
	if c.MailTemplates != "" {
		info, err := os.Stat(c.MailTemplates)
		if err != nil || !info.IsDir() {
			return nil, fmt.Errorf("mail_templates: %q: must be a folder", c.MailTemplates)
		}
		templates = os.DirFS(c.MailTemplates)
	}
	p := auth.DefaultPolicy()
	return mail.New(mail.Config{
		Transport: transport, From: c.MailFrom, SiteName: c.SiteName, SiteURL: c.SiteURL, DevicesURL: c.DevicesURL, ActivationURL: c.ActivationURL,
		PasswordResetURL: c.PasswordResetURL, IdentifierResetURL: c.IdentifierResetURL, ActivationLifetime: p.ActivationLifetime, ResetLifetime: p.ResetLifetime,
		LoginField: auth.LoginField(c.LoginField), Templates: templates, Places: places, Logger: log,
	})
}

func (c Config) transport(log *slog.Logger) (mail.Transport, error) {
	if c.Mail == "" {
		return c.Mailbox, nil
	}
	return mail.Open(secret.NewText(c.Mail), log)
}

// checkNoMail reports what needs mail where there is none: people would wait for letters that nobody sends. What must not be, activation, the
// domain refuses.
func (c Config) checkNoMail() error {
	var errs []error
	for name, on := range map[string]bool{
		"send_confirmation_email":               c.SendConfirmationEmail,
		"password_changed_email_confirmation":   c.PasswordChangedEmailConfirmation,
		"identifier_changed_email_confirmation": c.IdentifierChangedEmailConfirmation,
	} {
		if on {
			errs = append(errs, fmt.Errorf("%s: needs mail", name))
		}
	}
	return errors.Join(errs...)
}

// accounts is the domain's part of the settings of accounts.
func (c Config) accounts() auth.AccountPolicy {
	return auth.AccountPolicy{
		SendActivation: c.SendActivationEmail, ActivationRequiresPassword: c.ActivationRequiresPassword,
		SendConfirmation: c.SendConfirmationEmail, NotifyPasswordChange: c.PasswordChangedEmailConfirmation,
		NotifyNewDevice: c.NotifyNewDevice, NotifySessionEnded: c.NotifySessionEnded,
		NotifyIdentifierChange: c.IdentifierChangedEmailConfirmation, ShowEmailNotFound: c.ShowEmailNotFound, ShowUsers: !c.HideUsers,
	}
}
