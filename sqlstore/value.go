package sqlstore

import (
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"
)

// text makes any string storable: PostgreSQL takes neither invalid UTF-8 nor the character NUL, and both can come from outside, for example in
// a User-Agent header. What is looked up is changed in the same way, so it finds nothing that it should not.
func text(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// textOrNull stores the empty text as NULL.
func textOrNull(s string) any {
	if s == "" {
		return nil
	}
	return text(s)
}

// atMost cuts a string to a number of bytes, never inside a character.
func atMost(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// millis is a point in time as it is stored.
func millis(t time.Time) int64 { return t.UnixMilli() }

// millisOrNull stores the zero time as NULL.
func millisOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// timeAt reads a point in time; NULL is the zero time.
func timeAt(r Row, column int) time.Time {
	ms := r.Int(column)
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// durationAt reads a duration in milliseconds.
func durationAt(r Row, column int) time.Duration {
	return time.Duration(r.Int(column)) * time.Millisecond
}

// idAt reads an id of 16 bytes; NULL is the zero id.
func idAt(r Row, column int) (id [16]byte) {
	copy(id[:], r.Bytes(column))
	return id
}

// idOrNull stores the zero id as NULL.
func idOrNull(id [16]byte) any {
	if id == [16]byte{} {
		return nil
	}
	return id[:]
}

// jsonAt reads a JSON document; the empty text is none.
func jsonAt(r Row, column int) json.RawMessage {
	document := r.Text(column)
	if document == "" {
		return nil
	}
	return json.RawMessage(document)
}
