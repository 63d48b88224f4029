package token

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// string passes a JSON string.
func (s *scanner) string() bool {
	if s.peek() != '"' {
		return false
	}
	for s.at++; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			return true
		case c < ' ' || c == '\\' && !s.escape():
			return false
		}
	}
	return false
}

// escape passes an escape but for its last byte.
func (s *scanner) escape() bool {
	s.at++
	if s.peek() != 'u' {
		return s.at < len(s.text) && strings.IndexByte(`"\/bfnrt`, s.text[s.at]) >= 0
	}
	char, ok := s.hex()
	if !ok || !utf16.IsSurrogate(char) {
		return ok
	}
	// Half a character: encoding/json would read a lone one as U+FFFD, others as something else.
	s.at++
	if !strings.HasPrefix(s.text[s.at:], `\u`) {
		return false
	}
	s.at++
	low, ok := s.hex()
	return ok && utf16.DecodeRune(char, low) != utf8.RuneError
}

// hex passes the u and three of its four digits.
func (s *scanner) hex() (rune, bool) {
	const digits = 4
	if len(s.text)-s.at <= digits {
		return 0, false
	}
	n, err := strconv.ParseUint(s.text[s.at+1:s.at+1+digits], 16, 16)
	s.at += digits
	return rune(n), err == nil
}

// number passes a number by the grammar of RFC 8259, section 6: no plus, no leading zero, no bare point.
func (s *scanner) number() bool {
	if s.peek() == '-' {
		s.at++
	}
	start := s.at
	if !s.digits() || s.text[start] == '0' && s.at > start+1 {
		return false
	}
	if s.peek() == '.' {
		if s.at++; !s.digits() {
			return false
		}
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.at++
		if c := s.peek(); c == '+' || c == '-' {
			s.at++
		}
		return s.digits()
	}
	return true
}

// digits passes digits, at least one.
func (s *scanner) digits() bool {
	start := s.at
	for c := s.peek(); c >= '0' && c <= '9'; c = s.peek() {
		s.at++
	}
	return s.at > start
}
