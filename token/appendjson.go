package token

import (
	"encoding/json"
	"strconv"
)

// appendName writes ,"name": for a name that needs no escapes.
func appendName(b []byte, name string) []byte {
	b = append(b, ',', '"')
	b = append(b, name...)
	return append(b, '"', ':')
}

// appendText writes ,"name":"value".
func appendText(b []byte, name, value string) []byte { return appendString(appendName(b, name), value) }

// appendNumber writes ,"name":value.
func appendNumber(b []byte, name string, value int64) []byte {
	return strconv.AppendInt(appendName(b, name), value, 10)
}

// appendString writes a JSON string. Only text that is not plain ASCII needs encoding/json.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted, _ := json.Marshal(s) // a string always marshals
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
