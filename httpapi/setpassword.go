package httpapi

import (
	"net/http"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

// setPassword changes the password of the principal, who has to prove the current one. Every other session ends.
func (e *endpoint) setPassword(w http.ResponseWriter, r *http.Request, principal auth.Principal) error {
	fields, err := readFields(w, r, bodyLimit)
	if err != nil {
		return err
	}
	in := newInput(fields)
	next := in.text("new_password", textRule{})
	current := in.text("current_password", textRule{})
	if err := in.err(); err != nil {
		return err
	}
	err = e.svc.SetPassword(r.Context(), e.client(r), principal, secret.NewText(current), secret.NewText(next))
	if err != nil {
		return bearerError(err)
	}
	return e.answer(w, r, answerValues{})
}
