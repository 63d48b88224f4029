package httpapi

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
)

// me answers who is signed in, as the store has it now.
func (e *endpoint) me(w http.ResponseWriter, r *http.Request, principal auth.Principal) error {
	user, err := e.svc.Whoami(r.Context(), principal)
	if err != nil {
		return bearerError(err)
	}
	return e.answer(w, r, answerValues{user: &user})
}

// userFieldValues are the fields of a user that answers may show. The password hash and the private metadata are not among them.
func userFieldValues() map[string]func(auth.User) any {
	return map[string]func(auth.User) any{
		"username":        func(u auth.User) any { return u.Username },
		"email":           func(u auth.User) any { return u.Email },
		"first_name":      func(u auth.User) any { return u.FirstName },
		"last_name":       func(u auth.User) any { return u.LastName },
		"is_active":       func(u auth.User) any { return u.IsActive },
		"is_staff":        func(u auth.User) any { return u.IsStaff },
		"is_superuser":    func(u auth.User) any { return u.IsSuperuser },
		"date_joined":     func(u auth.User) any { return timeOrNull(u.DateJoined) },
		"last_login":      func(u auth.User) any { return timeOrNull(u.LastLogin) },
		"verified_at":     func(u auth.User) any { return timeOrNull(u.VerifiedAt) },
		"public_metadata": func(u auth.User) any { return objectOrEmpty(u.PublicMetadata) },
		"id":              nil, // written by userJSON, which knows what ids look like
		"pk":              nil, // the same by Django's other name
	}
}

func timeOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func objectOrEmpty(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("{}")
	}
	return raw
}

// userJSON shows fields of a user, in the order given.
func (a *api) userJSON(user auth.User, fields []string) []byte {
	out := make([]byte, 0, 256) // enough for the fields that are shown by default
	separator := byte('{')
	for _, field := range fields {
		isID := field == "id" || field == "pk"
		if isID && user.ID == "" {
			continue // see auth.Service.Register
		}
		out = append(out, separator)
		separator = ','
		out = append(appendText(out, field), ':')
		if isID {
			out = a.appendID(out, user.ID)
			continue
		}
		switch value := a.userValues[field](user).(type) {
		case string:
			out = appendText(out, value)
		default:
			out = append(out, encodeJSON(value)...)
		}
	}
	if separator == '{' {
		out = append(out, separator)
	}
	return append(out, '}')
}

// appendID appends a number where ids are integers, as in Django, and a string otherwise.
func (a *api) appendID(to []byte, id auth.UserID) []byte {
	if a.svc.UserIDs() == auth.UserIDsInteger {
		return append(to, id...)
	}
	return appendText(to, string(id))
}
