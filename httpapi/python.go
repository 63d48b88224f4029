package httpapi

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// What Python says where Go says something else: the front ends of Django's peers know these texts.

// pythonType is Python's name for the type of a JSON value.
func pythonType(value any) string {
	switch v := value.(type) {
	case []any:
		return "list"
	case string:
		return "str"
	case bool:
		return "bool"
	case json.Number:
		if isInteger(v) {
			return "int"
		}
		return "float"
	default:
		return "dict"
	}
}

func isInteger(n json.Number) bool { return !strings.ContainsAny(n.String(), ".eE") }

// pythonNumber is a number as Python prints it.
func pythonNumber(n json.Number) string {
	if isInteger(n) {
		if n == "-0" {
			return "0"
		}
		return n.String()
	}
	f, _ := n.Float64() // out of range is infinite, in Python too
	if math.IsInf(f, 0) {
		return strings.ToLower(strings.TrimPrefix(strconv.FormatFloat(f, 'g', -1, 64), "+"))
	}
	short := strconv.FormatFloat(f, 'e', -1, 64)
	if exponent, err := strconv.Atoi(short[strings.IndexByte(short, 'e')+1:]); err == nil && (exponent < -4 || exponent >= 16) {
		return short
	}
	text := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

// utf8Fault is what Python says of bytes that are not UTF-8; empty when they are.
func utf8Fault(data []byte) string {
	if utf8.Valid(data) {
		return ""
	}
	for at := 0; at < len(data); {
		r, size := utf8.DecodeRune(data[at:])
		if r != utf8.RuneError || size > 1 {
			at += size
			continue
		}
		valid, want := utf8Prefix(data[at:])
		reason := "invalid continuation byte"
		switch {
		case want == 0:
			valid, reason = 1, "invalid start byte"
		case at+valid == len(data):
			reason = "unexpected end of data"
		}
		if valid == 1 {
			return fmt.Sprintf("'utf-8' codec can't decode byte 0x%02x in position %d: %s", data[at], at, reason)
		}
		return fmt.Sprintf("'utf-8' codec can't decode bytes in position %d-%d: %s", at, at+valid-1, reason)
	}
	return ""
}

// utf8Prefix counts the bytes at the front that could begin a character (RFC 3629 section 4), and how many it would have; 0: none begins so.
func utf8Prefix(data []byte) (valid, want int) {
	low, high := byte(0x80), byte(0xBF)
	switch c := data[0]; {
	case c < 0xC2 || c > 0xF4:
		return 0, 0
	case c < 0xE0:
		want = 2
	case c < 0xF0:
		want = 3
	default:
		want = 4
	}
	switch data[0] {
	case 0xE0:
		low = 0xA0 // shorter forms exist
	case 0xED:
		high = 0x9F // surrogates
	case 0xF0:
		low = 0x90
	case 0xF4:
		high = 0x8F // beyond Unicode
	}
	for valid = 1; valid < want && valid < len(data) && low <= data[valid] && data[valid] <= high; valid++ {
		low, high = 0x80, 0xBF
	}
	return valid, want
}

// appendRune adds a character, and a lone surrogate as the three bytes that it would have if UTF-8 had it.
func appendRune(out []byte, r rune) []byte {
	if r < 0xD800 || r > 0xDFFF {
		return utf8.AppendRune(out, r)
	}
	return append(out, 0xED, byte(r>>6&0x3F|0x80), byte(r&0x3F|0x80))
}

// loneSurrogate finds the first lone surrogate in a text from parseJSON.
func loneSurrogate(text string) (rune, bool) {
	if utf8.ValidString(text) { // then it has none, as nearly always
		return 0, false
	}
	for i := 0; i+2 < len(text); {
		if text[i] == 0xED && text[i+1] >= 0xA0 {
			return 0xD000 | rune(text[i+1]&0x3F)<<6 | rune(text[i+2]&0x3F), true
		}
		_, size := utf8.DecodeRuneInString(text[i:])
		i += size
	}
	return 0, false
}
