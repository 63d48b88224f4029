package secret

import (
	"fmt"
	"io"
	"log/slog"
)

const hidden = "[redacted]"

// Text is a secret that arrived as text: a password, a token, a cookie. However it is printed, logged or marshalled, it gives "[redacted]";
// only Reveal gives it away. The zero Text is empty. Texts are compared by Equal, not by ==.
type Text struct {
	redacted
	// A pointer, because fmt calls no methods on unexported fields of the structs that it prints: there it shows an address.
	value *string
}

// NewText hides text.
func NewText(text string) Text { return Text{value: &text} }

// Reveal is the text itself.
func (t Text) Reveal() string {
	if t.value == nil {
		return ""
	}
	return *t.value
}

// Empty tells whether the text has no characters.
func (t Text) Empty() bool { return t.Reveal() == "" }

// Equal compares in constant time.
func (t Text) Equal(other Text) bool { return EqualText(t.Reveal(), other.Reveal()) }

// redacted gives its methods to the types that embed it, so that a secret in a log line, an error or an answer shows nothing.
type redacted struct{}

// String is "[redacted]".
func (redacted) String() string { return hidden }

// GoString is "[redacted]".
func (redacted) GoString() string { return hidden }

// Format writes "[redacted]" for every verb.
func (redacted) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, hidden) }

// MarshalText is "[redacted]"; JSON and XML use it too.
func (redacted) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// LogValue is "[redacted]".
func (redacted) LogValue() slog.Value { return slog.StringValue(hidden) }
