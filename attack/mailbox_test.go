package attack_test

import (
	"io"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// letter is a mail as the server handed it over.
type letter struct {
	header mail.Header
	text   string
}

// mailbox keeps what was read already.
type mailbox struct {
	mu      sync.Mutex
	letters map[string]letter
}

// sent is every mail so far, by its file.
func (h *house) sent(t *testing.T) map[string]letter {
	t.Helper()
	h.mails.mu.Lock()
	defer h.mails.mu.Unlock()
	files, err := filepath.Glob(filepath.Join(h.dir, "mails", "*.eml"))
	if err != nil {
		t.Fatal(err)
	}
	if h.mails.letters == nil {
		h.mails.letters = map[string]letter{}
	}
	all := map[string]letter{}
	for _, file := range files {
		if _, known := h.mails.letters[file]; !known {
			h.mails.letters[file] = openLetter(t, file)
		}
		all[file] = h.mails.letters[file]
	}
	return all
}

func openLetter(t *testing.T, file string) letter {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := mail.ReadMessage(f)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	text, _ := io.ReadAll(quotedprintable.NewReader(m.Body)) // it stops at what is not of its kind
	return letter{m.Header, string(text)}
}

// mailsTo are the mails to an address, wherever the others went.
func (h *house) mailsTo(t *testing.T, to string) []letter {
	t.Helper()
	var found []letter
	for _, l := range h.sent(t) {
		if strings.Contains(l.header.Get("To"), to) {
			found = append(found, l)
		}
	}
	return found
}

// mailsTo are the mails to an address.
func (p *person) mailsTo(to string) []letter {
	p.Helper()
	return p.house.mailsTo(p.T, to)
}

// link waits for a mail to the person with a link to a page, and answers what it holds. A link is answered once.
func (p *person) link(page string) (uid, token string) {
	p.Helper()
	letter := p.letter("/" + page + "/")
	found := regexp.MustCompile("/" + page + `/([^/\s]+)/([^/\s]+)/`).FindStringSubmatch(letter.text)
	if found == nil {
		p.Fatalf("no link in %s", letter.text)
	}
	return found[1], found[2]
}

// letter waits for a mail to the person that says something, and takes it out of the mailbox.
func (p *person) letter(says string) (found letter) {
	p.Helper()
	p.until("a mail to "+p.email+" that says "+says, func() bool {
		for file, l := range p.sent(p.T) {
			if strings.Contains(l.header.Get("To"), p.email) && strings.Contains(l.text, says) {
				found = l
				return os.Remove(file) == nil
			}
		}
		return false
	})
	return found
}
