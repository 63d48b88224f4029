package password

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	// MaxLength is the longest password in code points, after Normalize.
	MaxLength = 256
	// MaxBytes is the longest password in bytes of UTF-8, after Normalize.
	MaxBytes = 1024
	// maxGiven bounds the work before Normalize: composing makes text up to three times shorter, and there may be white space around it.
	maxGiven = 4 * MaxBytes
)

// Normalize gives a password the form that is hashed: without white space around it, as Django REST framework trims what it is sent, and
// composed (Unicode NFC), because keyboards differ in how they write é. Nothing else is changed. Errors: ErrTooLong, ErrMalformed.
func Normalize(plain string) (string, error) {
	t, err := readText(plain)
	return t.normal, err
}

// text is a password in the forms that hashes have been made of.
type text struct {
	given   string // as it was sent
	trimmed string // what Django hashed
	normal  string // what we hash
}

func readText(plain string) (text, error) {
	if len(plain) > maxGiven {
		return text{}, ErrTooLong
	}
	// A decoder turns bytes that are not UTF-8 and lone surrogates into U+FFFD, which would make different passwords equal.
	if !utf8.ValidString(plain) || strings.ContainsAny(plain, "\x00\uFFFD") {
		return text{}, ErrMalformed
	}
	t := text{given: plain, trimmed: strings.TrimFunc(plain, isSpace)}
	t.normal = norm.NFC.String(t.trimmed)
	if len(t.normal) > MaxBytes || utf8.RuneCountInString(t.normal) > MaxLength {
		return text{}, ErrTooLong
	}
	return t, nil
}

// isSpace is what Python's str.strip removes: Unicode's white space and the four ASCII separators.
func isSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }
