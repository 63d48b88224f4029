package httpapi

import "bytes"

// fieldErrors are the messages about fields, in the order in which the fields were asked for.
type fieldErrors []fieldProblem

type fieldProblem struct {
	name     string
	messages []string
}

func oneField(name string, messages ...string) fieldErrors { return fieldErrors{{name, messages}} }

// MarshalJSON is an object of lists, in order.
func (f fieldErrors) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	separator := byte('{')
	for _, p := range f {
		out.WriteByte(separator)
		separator = ','
		out.Write(encodeJSON(p.name))
		out.WriteByte(':')
		out.Write(encodeJSON(p.messages))
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}
