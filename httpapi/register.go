package httpapi

import (
	"net/http"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

// bodyLimit bounds every other request.
const bodyLimit = 64 << 10

// register makes an account. The fields that may be written are listed here and nowhere else (mass assignment): what else a
// stranger sends, such as is_staff, is ignored.
func (e *endpoint) register(w http.ResponseWriter, r *http.Request) error {
	fields, err := readFields(w, r, bodyLimit)
	if err != nil {
		return err
	}
	if err := e.checkAnonymous(r, fields.csrfToken()); err != nil {
		return err
	}
	byEmail := e.svc.LoginField() == auth.LoginByEmail
	in := newInput(fields)
	n := auth.NewUser{Email: in.text("email", textRule{Optional: !byEmail, AllowBlank: !byEmail, Email: true, Max: 254})}
	if !byEmail {
		n.Username = in.text("username", textRule{Max: 150, Username: true})
	}
	n.Password = secret.NewText(in.text("password", textRule{}))
	if err := in.err(); err != nil {
		return err
	}
	user, err := e.svc.Register(r.Context(), e.client(r), n)
	if err != nil {
		return err
	}
	return writeRaw(w, e.route.Status, e.userJSON(user, idLast(e.fields)))
}

// idLast is the order in which djoser answers a registration.
func idLast(fields []string) []string {
	var out []string
	for _, f := range fields {
		if f != "id" {
			out = append(out, f)
		}
	}
	return append(out, "id")
}
