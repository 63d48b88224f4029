package httpapi

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/cartouche-auth/cartouche/auth"
)

// textRule is what a text has to satisfy besides the type. The zero rule is a text that must be there and not be blank.
type textRule struct {
	Optional   bool // may be absent
	AllowBlank bool
	Max        int  // code points; zero: no more than maxText bytes
	Username   bool // Django's characters for usernames
	Email      bool
}

// maxText bounds every text, in bytes.
const maxText = 4 << 10

// input reads the fields of a request by Django REST framework's rules and collects what is wrong with them, so that one answer tells everything.
type input struct {
	fields   fields
	names    map[string]string // on the wire, by the native name
	texts    []Rewording
	limits   map[string]int // of characters, by the native name
	asked    []string       // names, in the order of Django REST framework's fields
	problems fieldErrors
}

func newInput(f fields) *input { return &input{fields: f} }

// err is everything that is wrong, or nil.
func (in *input) err() error {
	if len(in.problems) == 0 {
		return nil
	}
	for i := range in.problems {
		in.problems[i].messages = reworded(in.texts, in.problems[i].messages)
	}
	slices.SortStableFunc(in.problems, func(a, b fieldProblem) int { return in.place(a.name) - in.place(b.name) })
	return &problem{code: "invalid", fields: in.problems}
}

// place is where a field comes in the answer.
func (in *input) place(name string) int {
	return slices.IndexFunc(in.asked, func(asked string) bool { return strings.EqualFold(asked, name) })
}

// refused tells whether something is wrong with a field already.
func (in *input) refused(name string) bool {
	name = in.wire(name)
	return slices.ContainsFunc(in.problems, func(p fieldProblem) bool { return p.name == name })
}

func (in *input) refuse(name string, messages ...string) {
	name = in.wire(name)
	if len(messages) > 0 {
		in.problems = append(in.problems, fieldProblem{name, messages})
	}
}

// find looks for a field. A name that differs in case only is refused, because somebody else on the way may have read it as this one.
func (in *input) find(name string) (any, bool) {
	name = in.wire(name)
	in.asked = append(in.asked, name)
	for _, other := range in.fields.names {
		if other != name && strings.EqualFold(other, name) {
			in.refuse(other, `Unknown field. Write it "`+name+`".`)
		}
	}
	value, found := in.fields.values[name]
	return value, found
}

// text reads a text. Numbers become texts, and white space around a text is dropped: in passwords too, because the hashes of Django's users are of
// trimmed passwords.
func (in *input) text(name string, rule textRule) string {
	value, found := in.find(name)
	if limit, ok := in.limits[name]; ok {
		rule.Max = limit
	}
	if in.fields.form && value == "" && rule.Optional && !rule.AllowBlank {
		found = false // an HTML form cannot leave a field out
	}
	if !found {
		if !rule.Optional {
			in.refuse(name, "This field is required.")
		}
		return ""
	}
	text, message := coerceText(value)
	switch {
	case message == notText && rule.Email:
		message = emailInvalid // Django's email fields have this text for every fault
	case message != "":
	case text == "" && rule.AllowBlank:
		return ""
	case text == "":
		message = "This field may not be blank."
	default:
		in.refuse(name, rule.check(text)...)
		return text
	}
	in.refuse(name, message)
	return ""
}

// coerceText makes a text of a value, or tells why not.
func coerceText(value any) (text, message string) {
	switch v := value.(type) {
	case string:
		return strings.TrimFunc(v, isSpace), ""
	case json.Number:
		return pythonNumber(v), ""
	case nil:
		return "", "This field may not be null."
	default:
		return "", notText
	}
}

// isSpace is Python's idea of white space, which has four separators more than Go's.
func isSpace(r rune) bool { return unicode.IsSpace(r) || '\x1c' <= r && r <= '\x1f' }

// check lists what a rule has against a text, in the order of Django REST framework's validators.
func (rule textRule) check(text string) []string {
	var messages []string
	add := func(bad bool, message string) {
		if bad {
			messages = append(messages, message)
		}
	}
	add(rule.Username && strings.ContainsFunc(text, notInUsername), usernameInvalid)
	if limit, exceeded := rule.limit(text); exceeded {
		add(true, tooLong(limit))
	}
	add(strings.ContainsRune(text, 0), nullCharacter)
	if surrogate, found := loneSurrogate(text); found {
		add(true, fmt.Sprintf("Surrogate characters are not allowed: U+%04X.", surrogate))
	}
	add(rule.Email && !isEmail(text), emailInvalid)
	return messages
}

// limit is how long a text may be, and whether it is longer.
func (rule textRule) limit(text string) (limit int, exceeded bool) {
	if rule.Max > 0 {
		return rule.Max, utf8.RuneCountInString(text) > rule.Max
	}
	return maxText, len(text) > maxText
}

func notInUsername(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) && !strings.ContainsRune("@.+-_", r)
}

// emailPattern is Django's, less what makes addresses ambiguous for mail servers: quoted local parts, address literals and names that are not ASCII.
// Both cases are spelled out, because a pattern that ignores case takes U+212A for a k.
//
//nolint:gochecknoglobals // compiled once
var emailPattern = regexp.MustCompile("^" + emailAtom + `(\.` + emailAtom + ")*@(localhost|(" + hostLabel + `\.)+[A-Za-z0-9-]{1,62}[A-Za-z0-9])$`)

const (
	emailAtom = "[-!#$%&'*+/=?^_`{|}~0-9A-Za-z]+"
	hostLabel = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)

func isEmail(text string) bool { return len(text) <= 320 && emailPattern.MatchString(text) }

// boolean reads a truth value; absent: otherwise.
func (in *input) boolean(name string, otherwise bool) bool {
	value, found := in.find(name)
	if !found || in.fields.form && value == "" {
		return otherwise
	}
	switch v := value.(type) {
	case bool:
		return v
	case nil:
		in.refuse(name, "This field may not be null.")
		return false
	case json.Number:
		if f, err := v.Float64(); err == nil && (f == 0 || f == 1) {
			return f == 1
		}
	case string:
		switch strings.ToLower(v) {
		case "t", "y", "yes", "true", "on", "1":
			return true
		case "f", "n", "no", "false", "off", "0":
			return false
		}
	}
	in.refuse(name, "Must be a valid boolean.")
	return false
}

// The messages about fields, as Django and its REST framework have them.
const (
	usernameTaken   = "A user with that username already exists."
	usernameInvalid = "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters."
	emailInvalid    = "Enter a valid email address."
	notText         = "Not a valid string."
	nullCharacter   = "Null characters are not allowed."
	wrongPassword   = "Invalid password."
	unknownUID      = "Invalid user id or user doesn't exist."
	invalidLink     = "Invalid token for given user."
	emailUnknown    = "User with given email does not exist."
)

func tooLong(limit int) string {
	return fmt.Sprintf("Ensure this field has no more than %d characters.", limit)
}

// fieldText is the message for an error that the domain found in a field.
func fieldText(e auth.FieldError) string {
	switch e.Code {
	case auth.FieldRequired:
		return "This field is required."
	case auth.FieldTooLong, auth.FieldPasswordTooLong:
		return tooLong(e.Limit)
	case auth.FieldUsernameInvalid:
		return usernameInvalid
	case auth.FieldUsernameTaken:
		return usernameTaken
	case auth.FieldEmailInvalid:
		return emailInvalid
	case auth.FieldEmailTaken:
		return "user with this email already exists."
	case auth.FieldPasswordTooShort:
		return fmt.Sprintf("This password is too short. It must contain at least %d characters.", e.Limit)
	case auth.FieldPasswordSimilar:
		return "The password is too similar to the " + e.Like + "."
	case auth.FieldPasswordCommon:
		return "This password is too common."
	case auth.FieldPasswordNumeric:
		return "This password is entirely numeric."
	case auth.FieldBlank:
		return "This field may not be blank."
	case auth.FieldMalformed:
		return nullCharacter
	default:
		return "Invalid value."
	}
}

// inputProblem answers what the domain found wrong with fields.
func inputProblem(e *auth.InputError) *problem {
	var out fieldErrors
	for _, f := range e.Fields {
		i := slices.IndexFunc(out, func(p fieldProblem) bool { return p.name == f.Field })
		if i < 0 {
			out = append(out, fieldProblem{f.Field, nil})
			i = len(out) - 1
		}
		out[i].messages = append(out[i].messages, fieldText(f))
	}
	return &problem{code: "invalid", fields: out, cause: e}
}
