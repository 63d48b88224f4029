package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// mailbox is a folder into which a server writes its mails, one a file.
type mailbox struct {
	folder  string
	read    map[string]bool // the names of files
	letters []letter        // those that nobody waited for yet
}

// letter is what the comparison wants to know of a mail.
type letter struct {
	to, kind, link, uid, token string
	key                        string // of dj-rest-auth's registration
}

// linkPattern is the way of the links of every kind: front end, purpose, uid, token.
var linkPattern = regexp.MustCompile(`https://front\.example\.com/([a-z-]+)/([\w-]+)/([\w-]+)`)

// keyPattern is the way of the links to which dj-rest-auth's front ends belong. The rest of such a link is each server's own.
var keyPattern = regexp.MustCompile(`/(?:account-confirm-email|verify-email)/([\w:-]+)`)

// subjects tell what a mail is for. The rest of their words is each server's own.
var subjects = []struct {
	kind    string
	pattern *regexp.Regexp
}{
	{"activation", regexp.MustCompile(`^(Account activation on Example|\[example\.com\] Please Confirm Your Email Address)$`)},
	{"confirmation", regexp.MustCompile(`^Example - .*created and activated`)},
	{"password reset", regexp.MustCompile(`^(Password reset on (Example|example\.com)|\[example\.com\] Password Reset Email)$`)},
	{"password changed", regexp.MustCompile(`^Example - .*password .*changed`)},
	{"login name changed", regexp.MustCompile(`^Example - .*(username|login) .*changed`)},
	{"login name reset", regexp.MustCompile(`^(Username|Email address) reset on Example$`)},
}

func kindOfMail(subject string) string {
	for _, s := range subjects {
		if s.pattern.MatchString(subject) {
			return s.kind
		}
	}
	return strconv.Quote(subject)
}

// text is the letter without what differs from run to run.
func (l letter) text() string { return strings.TrimSpace(l.kind + " to " + l.to + " " + l.link) }

// wait takes the next mail to an address.
func (m *mailbox) wait(ctx context.Context, to string) (letter, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		if err := m.fetch(); err != nil {
			return letter{}, err
		}
		if i := slices.IndexFunc(m.letters, func(l letter) bool { return l.to == to }); i >= 0 {
			l := m.letters[i]
			m.letters = slices.Delete(m.letters, i, i+1)
			return l, nil
		}
		select {
		case <-ctx.Done():
			return letter{}, errors.New("no mail came")
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// rest are the mails that nobody waited for, in an order that does not depend on time.
func (m *mailbox) rest() (string, error) {
	err := m.fetch()
	texts := make([]string, len(m.letters))
	for i, l := range m.letters {
		texts[i] = l.text()
	}
	slices.Sort(texts)
	return strings.Join(texts, "; "), err
}

// fetch reads what has come since, in the order in which it came.
func (m *mailbox) fetch() error {
	entries, err := os.ReadDir(m.folder)
	if err != nil {
		return err
	}
	if m.read == nil {
		m.read = map[string]bool{}
	}
	type arrived struct {
		at time.Time
		letter
	}
	var letters []arrived
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil || m.read[entry.Name()] {
			continue // a file that was there for a moment only
		}
		text, err := os.ReadFile(filepath.Join(m.folder, entry.Name())) //nolint:gosec // our own temporary folder
		if err != nil || !complete(entry.Name(), text) {
			continue
		}
		m.read[entry.Name()] = true
		l, err := readLetter(text)
		if err != nil {
			return err
		}
		letters = append(letters, arrived{info.ModTime(), l})
	}
	slices.SortStableFunc(letters, func(a, b arrived) int { return a.at.Compare(b.at) })
	for _, l := range letters {
		m.letters = append(m.letters, l.letter)
	}
	return nil
}

// complete tells whether a file is a whole mail. Django, which names them .log, ends each with a line.
func complete(name string, text []byte) bool {
	switch filepath.Ext(name) {
	case ".eml":
		return true
	case ".log":
		return bytes.HasSuffix(text, []byte(strings.Repeat("-", 79)+"\n"))
	default:
		return false
	}
}

func readLetter(text []byte) (letter, error) {
	message, err := netmail.ReadMessage(bytes.NewReader(text))
	if err != nil {
		return letter{}, err
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(message.Header.Get("Subject"))
	if err != nil {
		return letter{}, err
	}
	to, err := netmail.ParseAddress(message.Header.Get("To"))
	if err != nil {
		return letter{}, err
	}
	body, err := plainText(message.Header.Get("Content-Type"), message.Header.Get("Content-Transfer-Encoding"), message.Body)
	l := letter{to: to.Address, kind: kindOfMail(subject)}
	if found := linkPattern.FindStringSubmatch(body); found != nil {
		l.uid, l.token = found[2], found[3]
		l.link = strings.Replace(found[0], l.token, "TOKEN", 1)
	}
	if found := keyPattern.FindStringSubmatch(body); found != nil {
		l.key = found[1]
	}
	return l, err
}

// plainText is the first part of a mail that is text.
func plainText(contentType, encoding string, body io.Reader) (string, error) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return "", err
	}
	if strings.HasPrefix(kind, "multipart/") {
		part, err := multipart.NewReader(body, params["boundary"]).NextRawPart()
		if err != nil {
			return "", err
		}
		return plainText(part.Header.Get("Content-Type"), part.Header.Get("Content-Transfer-Encoding"), part)
	}
	if strings.EqualFold(encoding, "quoted-printable") {
		body = quotedprintable.NewReader(body)
	}
	text, err := io.ReadAll(body)
	return string(text), err
}
