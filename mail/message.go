package mail

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	netmail "net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

// Message is a mail ready to go. Its bodies and link hold a token that changes a password, so they are secrets.
type Message struct {
	Kind    auth.MailKind
	From    netmail.Address
	To      string // one plain address
	Subject string
	Text    secret.Text
	HTML    secret.Text
	Link    secret.Text // empty for notices
	At      time.Time
	ID      string // the Message-ID, without its angle brackets
}

// LogValue shows the kind and the id only.
func (m Message) LogValue() slog.Value {
	return slog.GroupValue(slog.String("kind", string(m.Kind)), slog.String("message_id", m.ID))
}

// WriteTo writes the message as RFC 5322 has it: multipart/alternative, with CR LF at the ends of lines.
func (m Message) WriteTo(w io.Writer) (int64, error) { return m.build().WriteTo(w) }

func (m Message) build() *gomail.Msg {
	b := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	b.FromMailAddress(&m.From)
	b.ToMailAddress(&netmail.Address{Address: m.To}) // no name: users choose theirs, and it would stand in a header
	b.Subject(m.Subject)
	b.SetDateWithValue(m.At.UTC())
	b.SetMessageIDWithValue(m.ID)
	// RFC 3834: no holiday note, and no mail loop. The second is for Exchange, which ignores the first.
	b.SetGenHeader("Auto-Submitted", "auto-generated")
	b.SetGenHeader(gomail.HeaderXAutoResponseSuppress, "All")
	b.SetBodyString(gomail.TypeTextPlain, crlf(m.Text.Reveal()))
	b.AddAlternativeString(gomail.TypeTextHTML, crlf(m.HTML.Reveal()))
	return b
}

func crlf(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n")
}

// messageID is the same for every try of the same mail, so that mail programs drop the second copy of one that was delivered although we saw an
// error.
func messageID(mail auth.Mail, domain string) string {
	parts := []string{"cartouche message-id v1", string(mail.Kind), mail.To, mail.UID, mail.Token.Reveal(), mail.At.UTC().Format(time.RFC3339Nano)}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16]) + "@" + domain
}
