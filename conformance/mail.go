package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// mailbox is a folder into which a server writes its mails. Neither server writes a file twice.
type mailbox struct {
	folder string
	read   map[string]int // how many mails of a file have been looked at
}

// letter is what the comparison wants to know of a mail.
type letter struct {
	to, subject, link, uid, token string
}

// linkPattern is the way of the links of every kind: front end, purpose, uid, token.
var linkPattern = regexp.MustCompile(`https://front\.example\.com/([a-z-]+)/([\w-]+)/([\w-]+)`)

// text is the letter without what differs from run to run.
func (l letter) text() string { return fmt.Sprintf("to %s, subject %q, link %q", l.to, l.subject, l.link) }

// wait answers the next mail that was not looked at yet.
func (m *mailbox) wait(ctx context.Context) (letter, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		letters, err := m.unread()
		if len(letters) > 0 || err != nil {
			return first(letters), err
		}
		select {
		case <-ctx.Done():
			return letter{}, errors.New("no mail came")
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func first(letters []letter) letter {
	if len(letters) == 0 {
		return letter{}
	}
	return letters[0]
}

// unread takes the mails of one file that were not looked at yet.
func (m *mailbox) unread() ([]letter, error) {
	entries, err := os.ReadDir(m.folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if m.read == nil {
		m.read = map[string]int{}
	}
	for _, entry := range entries {
		name := entry.Name()
		if m.read[name] > 0 || (!strings.HasSuffix(name, ".eml") && !strings.HasSuffix(name, ".log")) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(m.folder, name))
		if err != nil {
			return nil, err
		}
		if strings.HasSuffix(name, ".log") && !bytes.HasSuffix(text, []byte(strings.Repeat("-", 79)+"\n")) {
			continue // Django is still writing it
		}
		m.read[name]++
		l, err := readLetter(text)
		return []letter{l}, err
	}
	return nil, nil
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
	l := letter{to: to.Address, subject: subject}
	if found := linkPattern.FindStringSubmatch(body); found != nil {
		l.uid, l.token = found[2], found[3]
		l.link = strings.Replace(found[0], l.token, "TOKEN", 1)
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

// rest are the letters that no request waited for, in an order that does not depend on time.
func (m *mailbox) rest() ([]string, error) {
	texts := map[string]int{}
	for {
		letters, err := m.unread()
		if err != nil || len(letters) == 0 {
			return slices.Sorted(maps.Keys(texts)), err
		}
		texts[letters[0].text()]++
	}
}
