package mail_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/mail"
	"github.com/cartouche-auth/cartouche/secret"
)

func folder(files map[string]string) fstest.MapFS {
	f := fstest.MapFS{}
	for name, content := range files {
		f[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return f
}

func TestOverrides(t *testing.T) {
	t.Parallel()
	c := config(nil)
	c.Templates = folder(map[string]string{
		"password_reset.subject": "{{.FirstName}}, your {{.SiteName}} password\n",
		"password_reset.txt":     "Bonjour {{.FirstName}} {{.LastName}} <{{.Email}}>, {{.Identifier}} {{.Username}}: {{.Link}} ({{.Validity}})\n{{template \"who\" .}}",
		"password_reset.html":    `{{template "head" .}}{{template "go" .}}Allez{{template "link" .}}{{.FirstName}}{{template "foot" .}}`,
		"..data":                 "what Kubernetes puts beside mounted files",
	})
	m := compose(t, c, sample(auth.MailPasswordReset))
	link := "https://app.example.com/reset/MQ/" + token
	if m.Subject != "Ada, your Example password" {
		t.Errorf("subject %q", m.Subject)
	}
	want := "Bonjour Ada Lovelace <ada@example.org>, username ada:\n" + link + "\n(30 minutes)\n" +
		"Program: Firefox on Linux\nAddress: 203.0.113.9\nPlace:   Oslo, Norway, or near it\nTime:    2 March 2026, 14:05 UTC\n"
	if got := m.Text.Reveal(); got != want {
		t.Errorf("text\n%s\nwant\n%s", got, want)
	}
	if got := m.HTML.Reveal(); !strings.Contains(got, `href="`+link+`">Allez</a>`) || strings.Contains(got, "Choose") {
		t.Errorf("html\n%s", got)
	}
	if got := compose(t, c, sample(auth.MailActivation)).Subject; got != "Account activation on Example" {
		t.Errorf("another kind's subject is %q", got)
	}
}

func TestBrokenOverrides(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ file, content, says string }{
		"unknown kind":           {"newsletter.txt", "hello", "newsletter.txt: not the name"},
		"unknown ending":         {"activation.md", "hello", "activation.md: not the name"},
		"parts":                  {"parts.html", "hello", "parts.html: not the name"},
		"does not parse":         {"activation.txt", "{{.Link", "activation.txt"},
		"unknown field":          {"new_device.txt", "{{.Password}}", "Password"},
		"unknown function":       {"new_device.html", "{{env}}", "env"},
		"unknown part":           {"new_device.html", `{{template "nobody" .}}`, "nobody"},
		"only for some users":    {"new_device.txt", "{{if .FirstName}}{{index .FirstName 99}}{{end}}x", "new_device"},
		"empty text":             {"new_device.txt", "\n \n", "empty"},
		"empty without a name":   {"new_device.html", "{{.FirstName}}", "empty"},
		"no subject":             {"new_device.subject", " ", "subject"},
		"subject of two lines":   {"new_device.subject", "Hello\nBcc: a@evil.example", "subject"},
		"text without its link":  {"password_reset.txt", "ask an admin", "{{.Link}}"},
		"HTML without its link":  {"password_reset.html", "<p>ask an admin", "{{.Link}}"},
		"HTML that never closes": {"new_device.html", "<a href='{{.SiteURL}}", "new_device"},
		"too large":              {"new_device.txt", strings.Repeat("x", 257<<10), "larger"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conf := config(&mail.Memory{})
			conf.Templates = folder(map[string]string{c.file: c.content, "activation.subject": "good"})
			if _, err := mail.New(conf); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got error %v, want one that says %q", err, c.says)
			}
		})
	}
	conf := config(&mail.Memory{})
	conf.Templates = folder(map[string]string{"a.txt": "", "b.txt": "", "activation.txt": "{{"})
	_, err := mail.New(conf)
	for _, name := range []string{"a.txt", "b.txt", "activation.txt"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not among the mistakes: %v", name, err)
		}
	}
	conf.Templates = folder(map[string]string{"activation.txt/file": ""})
	if _, err := mail.New(conf); err == nil {
		t.Error("a folder was taken for a template")
	}
}

var nasty = map[string]string{
	"markup":       `<img src=x onerror=alert(1)>`,
	"attribute":    `" onmouseover="alert(1)`,
	"entity":       `&lt;script&gt;`,
	"template":     `{{.Token}}`,
	"line breaks":  "a\r\nBcc: a@evil.example\r\n\r\n<p>body",
	"next line":    "a\u0085Bcc: a@evil.example",
	"separators":   "a\u2028Bcc: a@evil.example\u2029b",
	"NUL":          "a\x00b",
	"encoded word": "=?utf-8?q?=0D=0ABcc:_a=40evil.example?=",
	"not UTF-8":    "a\xff\xfeb",
	"backwards":    "\u202Egpj.exe\u202C",
	"endless":      strings.Repeat("x ", 10000),
	"boundary":     "--BOUNDARY--",
	"dot":          ".",
}

// allFields is a set of templates that show every field of a View everywhere, as badly as an operator could write them.
func allFields() fstest.MapFS {
	fields := "{{.FirstName}}|{{.LastName}}|{{.Username}}|{{.Email}}|{{.Device}}|{{.Address}}|{{.Login}}"
	return folder(map[string]string{
		"password_reset.subject": "Reset {{.FirstName}}",
		"password_reset.txt":     fields + " {{.Link}}",
		"password_reset.html":    "<p title=\"" + fields + "\">" + fields + " {{.Link}}</p>",
	})
}

func hostile(kind auth.MailKind, text string) auth.Mail {
	m := sample(kind)
	m.User.FirstName, m.User.LastName, m.User.Username, m.User.Email = text, text, text, text
	m.Client = auth.Client{Address: text, UserAgent: text, RequestID: text, Bucket: text}
	return m
}

// TestHeaderInjection is the attack of CVE-2015-5144: a line break in a value that ends up in a header begins another header.
func TestHeaderInjection(t *testing.T) {
	t.Parallel()
	c := config(nil)
	c.Templates = allFields()
	for name, text := range nasty {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eml := written(t, compose(t, c, hostile(auth.MailPasswordReset, text)))
			mustGoTo(t, eml, "ada@example.org")
			header, bodies := parts(t, eml)
			if len(header) != 9 || len(bodies) != 2 {
				t.Errorf("got %d headers and %d bodies: %v", len(header), len(bodies), header)
			}
			if subject := header.Get("Subject"); strings.Contains(strings.TrimPrefix(subject, "=?UTF-8?q?"), "=?utf-8?q?=0D") {
				t.Errorf("an encoded word came through: %s", subject)
			}
		})
	}
}

// TestMarkupInjection is the attack of a name or user agent that is HTML: a link of the attacker's, in our name.
func TestMarkupInjection(t *testing.T) {
	t.Parallel()
	c := config(nil)
	c.Templates = allFields()
	for name, text := range nasty {
		m := compose(t, c, hostile(auth.MailPasswordReset, text))
		html := m.HTML.Reveal()
		if strings.Count(html, "<") != 2 || strings.Count(html, `"`) != 2 {
			t.Errorf("%s: %s", name, html)
		}
		if strings.ContainsAny(m.Text.Reveal(), "\x00\r\u0085\u2028\u2029\u202E") || strings.Count(m.Text.Reveal(), token) != 1 {
			t.Errorf("%s: %q", name, m.Text.Reveal())
		}
		if len(html) > 12000 {
			t.Errorf("%s: %d bytes", name, len(html))
		}
	}
}

// TestSpamThroughUs is the attack of registering a stranger's address with an advertisement for a name or a browser: nothing that the
// attacker wrote is in what the stranger gets before he has shown that the account is his.
func TestSpamThroughUs(t *testing.T) {
	t.Parallel()
	const spam = "Win a car at http://evil.example"
	for _, kind := range []auth.MailKind{auth.MailActivation, auth.MailConfirmation, auth.MailRegistrationAttempt} {
		m := sample(kind)
		m.User.FirstName, m.User.LastName, m.User.Username = spam, spam, spam
		m.Client = auth.Client{Address: spam, UserAgent: "Firefox/1 " + spam}
		if eml := string(written(t, compose(t, config(nil), m))); strings.Contains(eml, "evil.example") || strings.Contains(eml, "car") {
			t.Errorf("%s carries the advertisement:\n%s", kind, eml)
		}
	}
}

// TestSilencedByAStrangeName is the attack of a thief who names the account so that its notices cannot be sent.
func TestSilencedByAStrangeName(t *testing.T) {
	t.Parallel()
	mailer := mustNew(t, config(new(mail.Memory)))
	for name, text := range nasty {
		for _, kind := range kinds {
			if err := mailer.Send(t.Context(), hostile(kind, text)); err != nil {
				t.Errorf("%s, %s: %v", name, kind, err)
			}
		}
	}
}

func TestDevices(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]string{
		"": "",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36":                         "Chrome on Windows",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0":           "Edge on Windows",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15":                   "Safari on Mac or iPad",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1": "Safari on iPhone",
		"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36":     "Samsung Internet on Android",
		"Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/138.0.7204.33 Mobile/15E148 Safari/604.1":   "Chrome on iPad",
		"okhttp/4.12.0": "An app", "curl/8.5.0": "curl", "python-requests/2.32.3": "An unknown program", "tool (Linux)": "An unknown program on Linux",
	} {
		c := config(nil)
		c.Templates = folder(map[string]string{"new_device.txt": "[{{.Device}}]"})
		m := sample(auth.MailNewDevice)
		m.Client.UserAgent = agent
		if got := compose(t, c, m).Text.Reveal(); got != "["+want+"]\n" {
			t.Errorf("%s: got %s, want %s", agent, got, want)
		}
	}
}

func TestPrintedMessagesHideTheLink(t *testing.T) {
	t.Parallel()
	m := compose(t, config(nil), sample(auth.MailPasswordReset))
	for _, text := range []secret.Text{m.Text, m.HTML, m.Link} {
		if !strings.Contains(text.Reveal(), token) || strings.Contains(text.String(), token) {
			t.Errorf("got %s", text)
		}
	}
}
