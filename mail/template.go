package mail

import (
	"embed"
	"errors"
	"fmt"
	html "html/template"
	"io"
	"io/fs"
	"strings"
	text "text/template"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

//go:embed templates
var builtIn embed.FS

const maxTemplate = 256 << 10 // bytes; beyond that, some mail programs show the beginning only

var kinds = []auth.MailKind{
	auth.MailActivation, auth.MailConfirmation, auth.MailPasswordReset, auth.MailPasswordChanged, auth.MailIdentifierReset,
	auth.MailIdentifierChanged, auth.MailAddressChanged, auth.MailRegistrationAttempt, auth.MailNewDevice, auth.MailSessionEnded,
	auth.MailSessionCompromised,
}

// templates are the words of one kind of mail.
type templates struct {
	subject, text *text.Template
	html          *html.Template
}

// loadTemplates reads ours and, in their place, those of the folder. Each is carried out once, so that a mistake in a template
// stops the start and not the first reset of a password.
func loadTemplates(folder fs.FS, links map[auth.MailKind]link) (map[auth.MailKind]templates, error) {
	own, err := fs.Sub(builtIn, "templates")
	if err != nil {
		return nil, err
	}
	l := loader{own: own, folder: folder, links: links, unused: map[string]bool{}}
	l.list()
	loaded := make(map[auth.MailKind]templates, len(kinds))
	for _, kind := range kinds {
		loaded[kind] = l.load(kind)
	}
	for name := range l.unused {
		l.note(name, errors.New("not the name of a template"))
	}
	return loaded, errors.Join(l.mistakes...)
}

type loader struct {
	own, folder fs.FS
	links       map[auth.MailKind]link
	unused      map[string]bool // files of the folder that no kind has asked for
	mistakes    []error
}

func (l *loader) note(name string, err error) {
	if err != nil {
		l.mistakes = append(l.mistakes, fmt.Errorf("templates: %s: %w", name, err))
	}
}

func (l *loader) list() {
	if l.folder == nil {
		return
	}
	entries, err := fs.ReadDir(l.folder, ".")
	l.note("folder", err)
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") {
			l.unused[e.Name()] = true
		}
	}
}

func (l *loader) load(kind auth.MailKind) templates {
	var t templates
	var err error
	before := len(l.mistakes)
	name := string(kind) + ".subject"
	t.subject, err = text.New(name).Parse(l.read(name))
	l.note(name, err)
	name = string(kind) + ".txt"
	t.text, err = text.New(name).Parse(l.parts("parts.txt") + l.read(name))
	l.note(name, err)
	name = string(kind) + ".html"
	t.html, err = html.New(name).Parse(l.parts("parts.html") + l.read(name))
	l.note(name, err)
	if len(l.mistakes) == before {
		_, linked := l.links[kind]
		l.note(string(kind), t.try(kind, linked))
	}
	return t
}

func (l *loader) parts(name string) string {
	content, err := fs.ReadFile(l.own, name)
	l.note(name, err)
	return string(content)
}

func (l *loader) read(name string) string {
	from := l.own
	if l.unused[name] {
		from = l.folder
		delete(l.unused, name)
	}
	file, err := from.Open(name)
	if err != nil {
		l.note(name, err)
		return ""
	}
	defer func() { _ = file.Close() }()
	content, err := io.ReadAll(io.LimitReader(file, maxTemplate+1))
	if err == nil && len(content) > maxTemplate {
		err = fmt.Errorf("larger than %d bytes", maxTemplate)
	}
	l.note(name, err)
	return string(content)
}

// try carries the templates out with everything known and with as little as possible known.
func (t templates) try(kind auth.MailKind, linked bool) error {
	least := View{Kind: kind, SiteName: "Site", SiteURL: "https://site.example", DevicesURL: "https://site.example/devices", Identifier: "username", When: "now"}
	most := least
	most.Username, most.Login, most.Email, most.FirstName, most.LastName = "ada", "ada", "ada@site.example", "Ada", "L"
	most.Device, most.Address, most.Place = "Firefox on Linux", "192.0.2.1", "Oslo, Norway"
	most.EndedBy = "by an operator"
	for _, v := range []View{least, most} {
		if linked {
			v.UID, v.Token, v.Link, v.Validity = "MQ", "probe-token", "https://site.example/MQ/probe-token", "30 minutes"
		}
		m, err := t.render(v)
		if err != nil {
			return err
		}
		// A subject with a line break in it would be a header of the template's own (header injection).
		if m.Subject == "" || clean(m.Subject) != m.Subject {
			return errors.New("the subject must be one short line of text")
		}
		if strings.TrimSpace(m.Text.Reveal()) == "" || strings.TrimSpace(m.HTML.Reveal()) == "" {
			return errors.New("a body is empty")
		}
		if linked && (!strings.Contains(m.Text.Reveal(), v.Token) || !strings.Contains(m.HTML.Reveal(), v.Token)) {
			return errors.New("text and HTML must both show {{.Link}}")
		}
	}
	return nil
}

// render gives a message's subject and bodies.
func (t templates) render(v View) (Message, error) {
	var subject, plain, rich strings.Builder
	if err := errors.Join(t.subject.Execute(&subject, v), t.text.Execute(&plain, v), t.html.Execute(&rich, v)); err != nil {
		return Message{}, fmt.Errorf("carry out template: %w", err)
	}
	m := Message{Subject: strings.TrimSpace(subject.String()), Link: secret.NewText(v.Link)}
	m.Text = secret.NewText(wrap(strings.TrimSpace(plain.String())+"\n", columns))
	m.HTML = secret.NewText(strings.TrimSpace(rich.String()) + "\n")
	return m, nil
}

const columns = 72 // of the text body: RFC 3676 asks for less than 78, and a reply adds some

// wrap breaks lines that are too long at spaces. A word that is too long, such as a link, stays whole.
func wrap(body string, width int) string {
	var out strings.Builder
	for line := range strings.Lines(body) {
		used := 0
		for i, word := range strings.Split(strings.TrimRight(line, "\r\n"), " ") {
			size := len([]rune(word))
			switch {
			case i == 0:
			case used+1+size > width:
				out.WriteByte('\n')
				used = 0
			default:
				out.WriteByte(' ')
				used++
			}
			out.WriteString(word)
			used += size
		}
		out.WriteByte('\n')
	}
	return out.String()
}
