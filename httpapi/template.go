package httpapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// template is a JSON text with places for values: even elements are text, odd ones names of values.
type template []string

// templateValues are the names that may stand in an answer.
func templateValues() []string {
	return []string{"access", "refresh", "user", "csrf", "session", "access_expires_in", "access_expiration", "refresh_expiration"}
}

// parseTemplate cuts a JSON text at its {names}. Braces around anything that is not a known name are JSON's own.
func parseTemplate(text string) (template, error) {
	if text == "" {
		return nil, nil
	}
	var parts template
	literal := ""
	for rest := text; rest != ""; {
		before, after, found := strings.Cut(rest, "{")
		literal += before
		if !found {
			break
		}
		name, tail, closed := strings.Cut(after, "}")
		if closed && slices.Contains(templateValues(), name) {
			parts = append(parts, literal, name)
			literal, rest = "", tail
			continue
		}
		literal += "{"
		rest = after
	}
	parts = append(parts, literal)
	if !json.Valid(parts.fill(func(string) []byte { return []byte("null") })) {
		return nil, fmt.Errorf("not JSON: %w", errors.New(text))
	}
	return parts, nil
}

// fill puts values in their places. A value of nil leaves out the member of the object that it stands for.
func (t template) fill(value func(name string) []byte) []byte {
	var room [8][]byte // as many values as an answer has
	values, size := room[:0], 0
	for i, part := range t {
		if i%2 == 1 {
			values = append(values, value(part))
			size += len(values[i/2])
		}
		size += len(part)
	}
	out := make([]byte, 0, size)
	dropped := false
	for i, part := range t {
		if i%2 == 0 {
			if dropped && endsWithBrace(out) {
				part = strings.TrimLeft(part, ", ")
			}
			out = append(out, part...)
			continue
		}
		v := values[i/2]
		if dropped = v == nil; dropped {
			out = cutMember(out)
			continue
		}
		out = append(out, v...)
	}
	return out
}

func endsWithBrace(out []byte) bool { return len(out) > 0 && out[len(out)-1] == '{' }

// cutMember removes the name of a member from the end of the text, with the comma before it. A value that is no member's becomes null.
func cutMember(out []byte) []byte {
	s := strings.TrimRight(string(out), ": ")
	if !strings.HasSuffix(s, `"`) {
		return append(out, "null"...)
	}
	s = s[:strings.LastIndexByte(s[:len(s)-1], '"')]
	return []byte(strings.TrimRight(s, ", "))
}
