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

// parseObject reads one JSON object and nothing else. It refuses what encoding/json lets pass, because two readers that understand one
// text differently are how signed tokens get a second meaning (RFC 8725, section 2.4): duplicate names, bytes after the object, text that is
// not UTF-8, halves of surrogate pairs, and any depth. Numbers are json.Number, so that nothing is rounded.
func parseObject(text string) (map[string]any, bool) {
	if !utf8.ValidString(text) {
		return nil, false
	}
	r := jsonReader{text: text}
	r.space()
	object, ok := r.object()
	r.space()
	return object, ok && r.at == len(text)
}

// jsonReader reads RFC 8259 from left to right. Each method answers false when the text is not what it must be; then reading is over.
type jsonReader struct {
	text  string
	at    int
	depth int
}

func (r *jsonReader) peek() byte {
	if r.at < len(r.text) {
		return r.text[r.at]
	}
	return 0 // never the start of anything
}

func (r *jsonReader) space() {
	for r.at < len(r.text) && strings.IndexByte(" \t\r\n", r.text[r.at]) >= 0 {
		r.at++
	}
}

// skip steps over c, and over the white space around it.
func (r *jsonReader) skip(c byte) bool {
	r.space()
	if r.peek() != c {
		return false
	}
	r.at++
	r.space()
	return true
}

func (r *jsonReader) value() (any, bool) {
	switch r.peek() {
	case '{':
		return r.object()
	case '[':
		return r.array()
	case '"':
		return r.string()
	case 't':
		return true, r.word("true")
	case 'f':
		return false, r.word("false")
	case 'n':
		return nil, r.word("null")
	default:
		return r.number()
	}
}

func (r *jsonReader) word(word string) bool {
	ok := strings.HasPrefix(r.text[r.at:], word)
	r.at += len(word)
	return ok
}

func (r *jsonReader) object() (map[string]any, bool) {
	if r.depth++; r.depth > maxDepth || !r.skip('{') {
		return nil, false
	}
	members := make(map[string]any, 16)
	for more := !r.skip('}'); more; {
		name, ok := r.string()
		if !ok || !r.skip(':') {
			return nil, false
		}
		value, ok := r.value()
		if _, twice := members[name]; !ok || twice || len(members) == maxMembers {
			return nil, false
		}
		members[name] = value
		if more = r.skip(','); !more && !r.skip('}') {
			return nil, false
		}
	}
	r.depth--
	return members, true
}

func (r *jsonReader) array() ([]any, bool) {
	if r.depth++; r.depth > maxDepth || !r.skip('[') {
		return nil, false
	}
	elements := []any{}
	for more := !r.skip(']'); more; {
		value, ok := r.value()
		if !ok {
			return nil, false
		}
		elements = append(elements, value)
		if more = r.skip(','); !more && !r.skip(']') {
			return nil, false
		}
	}
	r.depth--
	return elements, true
}

// number reads the grammar of RFC 8259, section 6: no leading zero, no plus, no bare point.
func (r *jsonReader) number() (json.Number, bool) {
	start := r.at
	if r.peek() == '-' {
		r.at++
	}
	if whole := r.digits(); whole == 0 || (whole > 1 && r.text[r.at-whole] == '0') {
		return "", false
	}
	if r.peek() == '.' {
		if r.at++; r.digits() == 0 {
			return "", false
		}
	}
	if c := r.peek(); c == 'e' || c == 'E' {
		r.at++
		if c := r.peek(); c == '+' || c == '-' {
			r.at++
		}
		if r.digits() == 0 {
			return "", false
		}
	}
	return json.Number(r.text[start:r.at]), true
}

func (r *jsonReader) digits() int {
	start := r.at
	for c := r.peek(); c >= '0' && c <= '9'; c = r.peek() {
		r.at++
	}
	return r.at - start
}
