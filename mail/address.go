package mail

import (
	"errors"
	"fmt"
	netmail "net/mail"
	"regexp"
	"strings"
	"unicode"

	"github.com/cartouche-auth/cartouche/auth"
)

const (
	maxAddress = 254 // bytes; RFC 5321, section 4.5.3.1.3, less the angle brackets
	maxLocal   = 64  // bytes; RFC 5321, section 4.5.3.1.1
)

// addrSpec is RFC 5321's Mailbox without quoted local parts and address literals. It is narrower than net/mail's parser, which takes
// comments, display names, angle brackets and full-width stops, so that two readers of one text could see two recipients.
var addrSpec = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*" +
	`@((?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*([A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?))$`)

// checkAddress gives the domain of the one address that text is. Everything else is refused for good: lists, names, comments, quotes, line
// breaks (the recipient and header injection attacks), letters that are not ASCII (the confusables attack; write the domain as xn--…), and
// domains that are addresses of machines.
func checkAddress(text string) (domain string, err error) {
	if len(text) > maxAddress {
		return "", refused("address is too long")
	}
	parts := addrSpec.FindStringSubmatch(text)
	if parts == nil || strings.IndexByte(text, '@') > maxLocal {
		return "", refused("not one plain address")
	}
	domain, last := strings.ToLower(parts[1]), parts[2]
	if !strings.Contains(domain, ".") && domain != "localhost" {
		return "", refused("address has no full domain")
	}
	if strings.Trim(last, "0123456789") == "" {
		return "", refused("address has a number for a domain")
	}
	return domain, nil
}

// parseSender reads From, which comes from the operator and may have a name.
func parseSender(text string) (from netmail.Address, domain string, err error) {
	if text == "" {
		return from, "", errors.New("from: required")
	}
	parsed, err := netmail.ParseAddress(text)
	if err != nil {
		return from, "", errors.New(`from: give one address, "noreply@example.com" or "Example <noreply@example.com>"`)
	}
	domain, err = checkAddress(parsed.Address)
	if err != nil {
		return from, "", fmt.Errorf("from: %s", strings.TrimSuffix(err.Error(), ": "+auth.ErrMailRefused.Error()))
	}
	if clean(parsed.Name) != parsed.Name {
		return from, "", errors.New("from: the name has characters that cannot be shown")
	}
	return *parsed, domain, nil
}

const maxShown = 150 // code points of one value; a user's fields have no more

// clean is how text that a user chose enters a mail: on one line, and with nothing in it that a reader's program could take for a command. Line and
// paragraph breaks of every kind and control characters become spaces, signs that turn the direction of writing disappear, and what looks
// like an encoded word (RFC 2047) is none any more. It does not refuse: else a thief could silence the notices about an account by
// giving it a strange name.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Bidi_Control, r):
			return -1
		case unicode.IsControl(r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	text = strings.TrimSpace(strings.ReplaceAll(text, "=?", "= ?"))
	if runes := []rune(text); len(runes) > maxShown {
		return string(runes[:maxShown-1]) + "…"
	}
	return text
}
