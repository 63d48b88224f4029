package httpapi

import (
	"slices"

	"github.com/cartouche-auth/cartouche/auth"
)

// The longest texts, as Django's user model has them.
const (
	maxEmail    = 254
	maxUsername = 150
	maxName     = 150
)

// profileFields are the fields of a user that he may write himself, but for the one that he signs in with.
func profileFields() []string { return []string{"email", "first_name", "last_name"} }

// profileRule says what for a profile is read.
type profileRule struct {
	partial bool // whatever is left out stays as it is, also what is required
}

// writable are the fields of a profile that this endpoint reads, the required ones first: the address, and what its answers show. It is the only list of
// what may be written (mass assignment).
func (e *endpoint) writable() []string {
	fields := slices.Clone(e.config.RequiredFields)
	for _, field := range profileFields() {
		if !slices.Contains(fields, field) && (field == "email" || slices.Contains(e.fields, field)) {
			fields = append(fields, field)
		}
	}
	return slices.DeleteFunc(fields, func(field string) bool { return field == string(e.svc.LoginField()) })
}

// readProfile reads the fields of a profile. What a request leaves out is nil.
func (e *endpoint) readProfile(in *input, rule profileRule) auth.UserUpdate {
	var update auth.UserUpdate
	for _, field := range e.writable() {
		required := slices.Contains(e.config.RequiredFields, field)
		_, present := in.fields.values[in.wire(field)]
		text := in.text(field, textRule{Optional: !required || rule.partial, AllowBlank: !required, Max: maxOf(field), Email: field == "email"})
		if !present {
			continue
		}
		switch field {
		case "email":
			update.Email = &text
		case "first_name":
			update.FirstName = &text
		case "last_name":
			update.LastName = &text
		}
	}
	return update
}

func maxOf(field string) int {
	if field == "email" {
		return maxEmail
	}
	return maxName
}

func textOf(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}
