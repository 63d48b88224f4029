package token

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// Bounds of the JSON inside a token. They hold for what we sign, too.
const (
	maxDepth   = 8  // objects and arrays inside one another
	maxMembers = 32 // members of one object
)

// member is one name of an object with its value as it was written.
type member struct{ name, raw string }

// parseObject takes one JSON object, and nothing else, apart; dst is room for its members. It refuses what encoding/json lets pass, because
// a text that two readers understand differently is how a signed token gets a second meaning (RFC 8725, section 2.4): duplicate names,
// bytes after the object, text that is not UTF-8, halves of surrogate pairs, any depth. Whoever decodes a value afterwards may use encoding/json.
func parseObject(text string, dst []member) ([]member, bool) {
	if !utf8.ValidString(text) {
		return nil, false
	}
	s := scanner{text: text}
	s.space()
	members, ok := s.object(dst)
	s.space()
	return members, ok && s.at == len(text)
}

// scanner reads RFC 8259 from left to right. Each method answers false when the text is not what it must be; then reading is over.
type scanner struct {
	text  string
	at    int
	depth int
}

// peek is the next byte; at the end it is 0, which begins nothing.
func (s *scanner) peek() byte {
	if s.at < len(s.text) {
		return s.text[s.at]
	}
	return 0
}

func (s *scanner) space() {
	for c := s.peek(); c == ' ' || c == '\t' || c == '\r' || c == '\n'; c = s.peek() {
		s.at++
	}
}

// skip steps over c, and over the white space around it.
func (s *scanner) skip(c byte) bool {
	s.space()
	if s.peek() != c {
		return false
	}
	s.at++
	s.space()
	return true
}

func (s *scanner) value() bool {
	switch s.peek() {
	case '{':
		_, ok := s.object(nil)
		return ok
	case '[':
		return s.array()
	case '"':
		return s.string()
	case 't':
		return s.word("true")
	case 'f':
		return s.word("false")
	case 'n':
		return s.word("null")
	default:
		return s.number()
	}
}

func (s *scanner) word(word string) bool {
	ok := strings.HasPrefix(s.text[s.at:], word)
	s.at += len(word)
	return ok
}

func (s *scanner) object(members []member) ([]member, bool) {
	if s.depth++; s.depth > maxDepth || !s.skip('{') {
		return nil, false
	}
	for more := !s.skip('}'); more; {
		name, ok := s.name(members)
		if !ok || len(members) == maxMembers {
			return nil, false
		}
		start := s.at
		if !s.value() {
			return nil, false
		}
		members = append(members, member{name, s.text[start:s.at]})
		if more = s.skip(','); !more && !s.skip('}') {
			return nil, false
		}
	}
	s.depth--
	return members, true
}

// name reads a name with its colon, which must not be among those before: one reader would keep the first value, another the last.
func (s *scanner) name(before []member) (string, bool) {
	start := s.at
	if !s.string() {
		return "", false
	}
	name, ok := unquote(s.text[start:s.at])
	for _, m := range before {
		if m.name == name {
			return "", false
		}
	}
	return name, ok && s.skip(':')
}

func (s *scanner) array() bool {
	if s.depth++; s.depth > maxDepth || !s.skip('[') {
		return false
	}
	for more := !s.skip(']'); more; {
		if !s.value() {
			return false
		}
		if more = s.skip(','); !more && !s.skip(']') {
			return false
		}
	}
	s.depth--
	return true
}

// unquote is the text of a JSON string that a scanner passed. Nearly all are without escapes, and cost nothing.
func unquote(raw string) (string, bool) {
	if raw == "" || raw[0] != '"' {
		return "", false
	}
	if strings.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1], true
	}
	var text string // here and not a result, which would go to the heap each time
	err := json.Unmarshal([]byte(raw), &text)
	return text, err == nil
}
