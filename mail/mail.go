package mail

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	netmail "net/mail"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
)

// Config says how mails look and where they go. The zero values of Transport, From, SiteName, SiteURL and the three patterns are refused.
type Config struct {
	// Transport delivers; see [Open] and [Memory].
	Transport Transport
	// From is the sender, "noreply@example.com" or "Example <noreply@example.com>".
	From string
	// SiteName is what people call the site, SiteURL where it is: https, or http on this machine. Both are shown, and links begin with SiteURL.
	SiteName, SiteURL string
	// The pages behind the links, with {uid} and {token} where those belong: "#/activate/{uid}/{token}" is relative to SiteURL, and
	// "https://app.example.com/activate?uid={uid}&token={token}" stands alone.
	ActivationURL, PasswordResetURL, IdentifierResetURL string
	// ActivationLifetime and ResetLifetime are told to the reader, so they must be those of the links; zero: 24 hours and 30 minutes.
	ActivationLifetime, ResetLifetime time.Duration
	// LoginField says what the identifier mails call the identifier; empty: [auth.LoginByUsername].
	LoginField auth.LoginField
	// Templates replaces templates: KIND.subject, KIND.txt and KIND.html in one folder, with a [View] as their data; nil: none.
	// Names that begin with a dot are passed over. Any other file, and one that cannot be carried out, is a mistake.
	Templates fs.FS
	// DevicesURL is where people see their sessions and end them; empty: SiteURL.
	DevicesURL string
	// Places tells roughly where an address is, such as "Oslo, Norway"; nil: nowhere is known.
	Places func(address string) string
	// Logger gets a line for each mail handed over, at debug level and without its recipient; nil: none.
	Logger *slog.Logger
}

// Mailer is an [auth.Mailer]. Many goroutines may use it at once.
type Mailer struct {
	transport Transport
	from      netmail.Address
	domain    string
	site      site
	links     map[auth.MailKind]link
	templates map[auth.MailKind]templates
	log       *slog.Logger
}

var _ auth.Mailer = (*Mailer)(nil)

// New checks everything that can be checked without sending a mail, and reports every mistake at once. It starts nothing.
func New(c Config) (*Mailer, error) {
	m := &Mailer{transport: c.Transport, log: cmp.Or(c.Logger, slog.New(slog.DiscardHandler))}
	var mistakes []error
	note := func(err error) {
		if err != nil {
			mistakes = append(mistakes, err)
		}
	}
	if c.Transport == nil {
		note(errors.New("transport: required"))
	}
	var err error
	m.from, m.domain, err = parseSender(c.From)
	note(err)
	m.site, err = parseSite(c)
	note(err)
	m.links, err = parseLinks(c)
	note(err)
	m.templates, err = loadTemplates(c.Templates, m.links)
	note(err)
	if len(mistakes) > 0 {
		return nil, fmt.Errorf("mail: %w", errors.Join(mistakes...))
	}
	return m, nil
}

// Send implements [auth.Mailer]. It refuses for good what has no strict single address, no known kind, or no token for its link.
func (m *Mailer) Send(ctx context.Context, mail auth.Mail) error {
	message, err := m.compose(mail)
	if err != nil {
		return fmt.Errorf("compose mail: %w", err)
	}
	if err := m.transport.Deliver(ctx, message); err != nil {
		return fmt.Errorf("deliver %s mail: %w", mail.Kind, err)
	}
	m.log.DebugContext(ctx, "mail handed over", "kind", string(mail.Kind), "message_id", message.ID)
	return nil
}

func (m *Mailer) compose(mail auth.Mail) (Message, error) {
	words, known := m.templates[mail.Kind]
	if !known {
		return Message{}, refused("unknown kind of mail")
	}
	if _, err := checkAddress(mail.To); err != nil {
		return Message{}, fmt.Errorf("recipient: %w", err)
	}
	view := m.site.view(mail)
	if l, ok := m.links[mail.Kind]; ok {
		if mail.UID == "" || mail.Token.Empty() {
			return Message{}, refused("a link needs a uid and a token")
		}
		view.UID, view.Token = mail.UID, mail.Token.Reveal()
		view.Link, view.Validity = l.to(view.UID, view.Token), l.validity
	}
	message, err := words.render(view)
	if err != nil {
		return Message{}, err
	}
	message.Subject = clean(message.Subject) // with what users chose, it may have become too long
	message.Kind, message.From, message.To, message.At = mail.Kind, m.from, mail.To, mail.At
	message.ID = messageID(mail, m.domain)
	return message, nil
}

// refused says why no later try can deliver a mail. The reason never quotes the mail: it goes to logs.
func refused(reason string) error { return fmt.Errorf("%s: %w", reason, auth.ErrMailRefused) }
