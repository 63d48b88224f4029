package httpapi

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// fields is what a request brings: the members of a JSON object, or the fields of an HTML form. Values are string, json.Number, bool, nil, fields,
// []any, or upload.
type fields struct {
	names  []string // in the order of arrival
	values map[string]any
	form   bool
}

// upload stands for a file in a form. Nothing here takes files.
type upload struct{}

// maxMembers bounds the members of a JSON object and the fields of a form.
const maxMembers = 32

// csrfToken is the token that an HTML form brings in Django's hidden field. JSON bodies are never searched, as in Django.
func (f fields) csrfToken() string {
	token, _ := f.values["csrfmiddlewaretoken"].(string)
	if !f.form {
		return ""
	}
	return token
}

// add keeps a field; what is wrong with it otherwise. A name that comes twice is refused: parsers on the way may have read another one of the two
// (duplicate members).
func (f *fields) add(name string, value any) (wrong string) {
	if _, twice := f.values[name]; twice {
		return `Duplicate name "` + toValid(name) + `"`
	}
	if len(f.names) == maxMembers {
		return "Too many names"
	}
	if f.values == nil {
		f.values = map[string]any{}
	}
	f.names = append(f.names, name)
	f.values[name] = value
	return ""
}

func toValid(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }

// readFields reads the body of a request, of at most limit bytes: a JSON object, or an HTML form of either kind. No body is an empty object.
func readFields(w http.ResponseWriter, r *http.Request, limit int64) (fields, error) {
	body, err := readBody(w, r, limit)
	if err != nil || len(body) == 0 {
		return fields{}, err
	}
	types := r.Header["Content-Type"]
	media, parameters, err := mime.ParseMediaType(strings.Join(types, ", "))
	if charset := parameters["charset"]; err != nil || charset != "" && !strings.EqualFold(charset, "utf-8") {
		// Also what a stranger's page can send without asking first (simple types), and what other parsers would read differently (utf-16).
		return fields{}, errMediaType(strings.Join(types, ", "))
	}
	switch media {
	case "application/json":
		return readJSON(body)
	case "application/x-www-form-urlencoded":
		return readForm(string(body))
	case "multipart/form-data":
		return readMultipart(body, parameters["boundary"])
	default:
		return fields{}, errMediaType(strings.Join(types, ", "))
	}
}

func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if r.ContentLength > limit {
		return nil, errTooLarge()
	}
	body, err := readAll(r, http.MaxBytesReader(w, r.Body, limit))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, errTooLarge()
	}
	if err != nil {
		return nil, &problem{code: "parse_error", cause: err} // the client went away in the middle
	}
	return body, nil
}

// readAll reads a body, into no more room than it says that it needs.
func readAll(r *http.Request, body io.Reader) ([]byte, error) {
	if r.ContentLength < 0 {
		return io.ReadAll(body)
	}
	text := make([]byte, r.ContentLength)
	_, err := io.ReadFull(body, text)
	return text, err
}

func readJSON(body []byte) (fields, error) {
	if fault := utf8Fault(body); fault != "" {
		return fields{}, errParse("JSON", fault)
	}
	value, err := parseJSON(string(body))
	if err != nil {
		return fields{}, errParse("JSON", err.Error())
	}
	object, ok := value.(fields)
	if !ok {
		return fields{}, errNoObject(value)
	}
	return object, nil
}

// errNoObject is for JSON that is no object, with Python's name of what it is.
func errNoObject(value any) error {
	message := "Invalid data. Expected a dictionary, but got " + pythonType(value) + "."
	if value == nil {
		message = "No data provided"
	}
	return &problem{code: "invalid", fields: oneField("non_field_errors", message)}
}

func readForm(body string) (fields, error) {
	f := fields{form: true}
	for pair := range strings.SplitSeq(body, "&") {
		if pair == "" {
			continue
		}
		key, value, _ := strings.Cut(pair, "=")
		name, nameErr := url.QueryUnescape(key)
		text, textErr := url.QueryUnescape(value)
		if errors.Join(nameErr, textErr) != nil {
			return fields{}, errParse("Form", "Malformed escape")
		}
		if err := f.addText("Form", name, text); err != nil {
			return fields{}, err
		}
	}
	return f, nil
}

func readMultipart(body []byte, boundary string) (fields, error) {
	const format = "Multipart form"
	if boundary == "" {
		return fields{}, errParse(format, "Invalid boundary in multipart: None")
	}
	f := fields{form: true}
	for parts := multipart.NewReader(bytes.NewReader(body), boundary); ; {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return f, nil
		}
		if err != nil {
			return fields{}, errParse(format, "Malformed parts")
		}
		text, err := io.ReadAll(part)
		if err != nil {
			return fields{}, errParse(format, "Malformed parts")
		}
		if part.FileName() != "" {
			if wrong := f.add(part.FormName(), upload{}); wrong != "" {
				return fields{}, errParse(format, wrong)
			}
			continue
		}
		if err := f.addText(format, part.FormName(), string(text)); err != nil {
			return fields{}, err
		}
	}
}

// addText keeps the field of a form. Bytes that are not UTF-8 are refused, because a decoder would turn different ones into the same U+FFFD, and with
// that different passwords into one.
func (f *fields) addText(format, name, text string) error {
	if !utf8.ValidString(name) || !utf8.ValidString(text) {
		return errParse(format, utf8Fault([]byte(name+text)))
	}
	if wrong := f.add(name, text); wrong != "" {
		return errParse(format, wrong)
	}
	return nil
}
