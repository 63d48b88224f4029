package httpapi_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/httpapi"
	"github.com/cartouche-auth/cartouche/mail"
	"github.com/cartouche-auth/cartouche/secret"
)

// mailbox is a front end whose server words real mails and keeps them.
type mailbox struct {
	*frontEnd
	kept *mail.Memory
}

const mailSite = "https://site.example"

func newMailbox(t *testing.T, config httpapi.Config, change ...func(*auth.Config)) *mailbox {
	t.Helper()
	m := &mailbox{kept: new(mail.Memory)}
	mailer := func(c *auth.Config) {
		pattern := func(page string) string { return mailSite + "/auth/" + page + "/{uid}/{token}/" }
		var err error
		c.Mailer, err = mail.New(mail.Config{
			Transport: m.kept, From: "noreply@site.example", SiteName: "Site", SiteURL: mailSite, ActivationURL: pattern("activate"),
			PasswordResetURL: pattern("reset-password"), IdentifierResetURL: pattern("reset-identifier"),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	m.frontEnd = newFrontEnd(t, config, append([]func(*auth.Config){mailer}, change...)...)
	return m
}

func withActivation(c *auth.Config) { c.Accounts.SendActivation = true }

func byEmail(c *auth.Config) { c.LoginField = auth.LoginByEmail }

// sent delivers what is queued, and answers all mails so far.
func (m *mailbox) sent() []mail.Message {
	m.t.Helper()
	if _, err := m.svc.SendMails(m.t.Context()); err != nil {
		m.t.Fatalf("SendMails: %v", err)
	}
	return m.kept.All()
}

// wantSent fails the test unless these kinds of mails were sent so far.
func (m *mailbox) wantSent(kinds ...auth.MailKind) {
	m.t.Helper()
	var got []string
	for _, message := range m.sent() {
		got = append(got, string(message.Kind))
	}
	var want []string
	for _, kind := range kinds {
		want = append(want, string(kind))
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		m.t.Errorf("mails: got %v, want %v", got, want)
	}
}

// link is what the newest mail with a link has in it.
func (m *mailbox) link() link {
	m.t.Helper()
	for _, message := range slices.Backward(m.sent()) {
		if text := message.Link.Reveal(); text != "" {
			u, err := url.Parse(text)
			if err != nil || u.Scheme+"://"+u.Host != mailSite {
				m.t.Fatalf("link %q: %v, want one to %s", text, err, mailSite)
			}
			parts := strings.Split(strings.Trim(u.Path, "/"), "/")
			return link{page: u.Path, uid: parts[len(parts)-2], token: parts[len(parts)-1], to: message.To}
		}
	}
	m.t.Fatal("no mail has a link")
	return link{}
}

type link struct{ page, uid, token, to string }

// body is the link's members, and others, as JSON.
func (l link) body(others ...string) string {
	text := `{"uid":"` + l.uid + `","token":"` + l.token + `"`
	for i := 0; i < len(others); i += 2 {
		text += `,"` + others[i] + `":"` + others[i+1] + `"`
	}
	return text + "}"
}

// person makes an account and answers its access token's header.
func (f *frontEnd) person(n auth.NewUser) string {
	f.t.Helper()
	n.Password = secret.NewText(alicePassword)
	user, err := f.svc.CreateUser(f.t.Context(), auth.Client{}, n)
	if err != nil {
		f.t.Fatalf("CreateUser: %v", err)
	}
	return f.bearer(user)
}

// bearer signs a user in.
func (f *frontEnd) bearer(user auth.User) string {
	f.t.Helper()
	name := user.Username
	if f.svc.LoginField() == auth.LoginByEmail {
		name = user.Email
	}
	grant, err := f.svc.Login(f.t.Context(), auth.Client{}, auth.Login{Identifier: name, Password: secret.NewText(alicePassword)})
	if err != nil {
		f.t.Fatalf("Login(%s): %v", name, err)
	}
	return "Bearer " + grant.Access.Reveal()
}

// as is the front end with an Authorization header in every call.
func (f *frontEnd) as(authorization string) *frontEnd {
	f.t.Helper()
	same := *f
	same.header = map[string][]string{"Authorization": {authorization}}
	return &same
}

const (
	fieldRequired  = `["This field is required."]`
	unknownUID     = `{"uid":["Invalid user id or user doesn't exist."]}`
	badToken       = `{"token":["Invalid token for given user."]}`
	wrongCurrent   = `{"current_password":["Invalid password."]}`
	differ         = `{"non_field_errors":["The two password fields didn't match."]}`
	noPermission   = `{"detail":"You do not have permission to perform this action.","code":"permission_denied"}`
	emailNotFound  = `["User with given email does not exist."]`
	cannotLogIn    = `{"non_field_errors":["Unable to log in with provided credentials."]}`
	anotherHorse   = "another horse 8"
	aliceByAddress = `{"email":"alice@example.com"}`
)
