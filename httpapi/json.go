package httpapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
)

// The media types of answers. Django REST framework names no charset, and JSON has only one (RFC 8259 section 8.1).
const (
	jsonType    = "application/json"
	problemType = "application/problem+json"
)

// rawJSON is a value that is JSON already.
type rawJSON = json.RawMessage

// encodeJSON writes a value as Django REST framework does: compact, and in plain UTF-8 rather than escapes. It panics for values that JSON cannot hold,
// which only a programmer can bring about.
func encodeJSON(value any) []byte {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(fmt.Sprintf("encode %T: %v", value, err))
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

// appendText appends a text as JSON. Most are plain, such as every token, and need no encoder.
func appendText(to []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return append(to, encodeJSON(text)...)
		}
	}
	return append(append(append(to, '"'), text...), '"')
}

// writeJSON answers a value.
//
//nolint:unparam // every answer says its status
func writeJSON(w http.ResponseWriter, status int, value any) error {
	return writeRaw(w, status, encodeJSON(value))
}

// writeRaw answers a JSON text. The error is the connection's: the client is gone.
func writeRaw(w http.ResponseWriter, status int, body []byte) error {
	w.Header()["Content-Type"] = jsonTypes
	w.WriteHeader(status)
	_, err := w.Write(body) //nolint:gosec // JSON, and said to be, with nosniff
	return err
}
