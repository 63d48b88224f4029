package httpapi

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// parseJSON reads one JSON text (RFC 8259) strictly, and tells what is wrong in the words of Python's parser, which front ends show and compare.
// It is written by hand because encoding/json takes the last of duplicate members, names in another case and lone surrogates, and says nothing of where.
// Objects become fields, arrays []any, numbers json.Number. Lone surrogates are kept as the three bytes that UTF-8 would give them.
func parseJSON(text string) (any, error) {
	p := &jsonParser{text: text}
	if strings.HasPrefix(text, "\ufeff") {
		return nil, p.fault("Unexpected UTF-8 BOM (decode using utf-8-sig)", 0)
	}
	p.skipSpace()
	value, err := p.value()
	if err != nil {
		return nil, err
	}
	p.skipSpace()
	if p.at < len(p.text) {
		return nil, p.fault("Extra data", p.at)
	}
	return value, nil
}

// jsonError is what is wrong with a JSON text, for people.
type jsonError string

// Error is the text.
func (e jsonError) Error() string { return string(e) }

// maxDepth bounds how deep values may be nested.
const maxDepth = 8

// jsonParser goes through a text byte by byte, because everything that JSON is made of is ASCII; only faults count characters.
type jsonParser struct {
	text  string
	at    int
	depth int
}

func (p *jsonParser) fault(message string, at int) error {
	before := p.text[:at]
	line := 1 + strings.Count(before, "\n")
	column := 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
	return jsonError(fmt.Sprintf("%s: line %d column %d (char %d)", message, line, column, utf8.RuneCountInString(before)))
}

// here is the next byte; 0, which no JSON has outside of texts, at the end.
func (p *jsonParser) here() byte {
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

func (p *jsonParser) skipSpace() {
	for {
		switch p.here() {
		case ' ', '\t', '\n', '\r':
			p.at++
		default:
			return
		}
	}
}

// take steps over a word if it is next.
func (p *jsonParser) take(word string) bool {
	if !strings.HasPrefix(p.text[p.at:], word) {
		return false
	}
	p.at += len(word)
	return true
}

func (p *jsonParser) value() (any, error) {
	start := p.at
	switch c := p.here(); {
	case c == '"':
		return p.string()
	case c == '{':
		return p.nested(p.object)
	case c == '[':
		return p.nested(p.array)
	case p.take("null"):
		return nil, nil
	case p.take("true"):
		return true, nil
	case p.take("false"):
		return false, nil
	}
	for _, constant := range []string{"NaN", "Infinity", "-Infinity"} {
		if p.take(constant) {
			return nil, jsonError("Out of range float values are not JSON compliant: '" + constant + "'")
		}
	}
	if p.number() {
		return json.Number(p.text[start:p.at]), nil
	}
	return nil, p.fault("Expecting value", start)
}

func (p *jsonParser) nested(parse func() (any, error)) (any, error) {
	if p.depth == maxDepth {
		return nil, p.fault("Too many nested values", p.at)
	}
	p.depth++
	defer func() { p.depth-- }()
	p.at++
	p.skipSpace()
	return parse()
}

func (p *jsonParser) object() (any, error) {
	var object fields
	if p.take("}") {
		return object, nil
	}
	for {
		start := p.at
		if p.here() != '"' {
			return nil, p.fault("Expecting property name enclosed in double quotes", start)
		}
		name, err := p.string()
		if err != nil {
			return nil, err
		}
		p.skipSpace()
		if !p.take(":") {
			return nil, p.fault("Expecting ':' delimiter", p.at)
		}
		p.skipSpace()
		value, err := p.value()
		if err != nil {
			return nil, err
		}
		if wrong := object.add(name, value); wrong != "" {
			return nil, p.fault(wrong, start)
		}
		if done, err := p.next('}'); done || err != nil {
			return object, err
		}
	}
}

func (p *jsonParser) array() (any, error) {
	list := []any{}
	if p.take("]") {
		return list, nil
	}
	for {
		value, err := p.value()
		if err != nil {
			return nil, err
		}
		list = append(list, value)
		if done, err := p.next(']'); done || err != nil {
			return list, err
		}
	}
}

// next steps over what stands between values: a comma, or the end, which it reports.
func (p *jsonParser) next(end byte) (done bool, err error) {
	p.skipSpace()
	switch p.here() {
	case end:
		p.at++
		return true, nil
	case ',':
		p.at++
		p.skipSpace()
		return false, nil
	default:
		return false, p.fault("Expecting ',' delimiter", p.at)
	}
}

// number steps over a number, if one is next. Like Python's, it ends where the number cannot go on, so 01 is a zero with something after it.
func (p *jsonParser) number() bool {
	start := p.at
	p.take("-")
	if p.here() == '0' {
		p.at++
	} else if p.digits() == 0 {
		p.at = start
		return false
	}
	end := p.at
	if p.take(".") && p.digits() > 0 {
		end = p.at
	}
	p.at = end
	if p.take("e") || p.take("E") {
		_ = p.take("+") || p.take("-")
		if p.digits() > 0 {
			end = p.at
		}
	}
	p.at = end
	return true
}

func (p *jsonParser) digits() (n int) {
	for ; '0' <= p.here() && p.here() <= '9'; n++ {
		p.at++
	}
	return n
}

// string reads a text with its quotes. One without escapes is a piece of the whole: nothing is copied.
func (p *jsonParser) string() (string, error) {
	start := p.at
	p.at++
	var out []byte
	for from := p.at; p.at < len(p.text); {
		c := p.text[p.at]
		p.at++
		switch {
		case c == '"' && out == nil:
			return p.text[from : p.at-1], nil
		case c == '"':
			return string(append(out, p.text[from:p.at-1]...)), nil
		case c < ' ':
			return "", p.fault("Invalid control character at", p.at-1)
		case c != '\\':
		case p.at == len(p.text):
			return "", p.fault("Unterminated string starting at", start)
		default:
			out = append(out, p.text[from:p.at-1]...)
			r, err := p.escape()
			if err != nil {
				return "", err
			}
			out, from = appendRune(out, r), p.at
		}
	}
	return "", p.fault("Unterminated string starting at", start)
}

// escape reads what follows a backslash.
func (p *jsonParser) escape() (rune, error) {
	at := p.at
	p.at++
	switch c := p.text[at]; c {
	case '"', '\\', '/':
		return rune(c), nil
	case 'b':
		return '\b', nil
	case 'f':
		return '\f', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 't':
		return '\t', nil
	case 'u':
		r, ok := p.hex4()
		if !ok {
			return 0, p.fault(`Invalid \uXXXX escape`, at)
		}
		return p.pair(r)
	default:
		return 0, p.fault(`Invalid \escape`, at-1)
	}
}
