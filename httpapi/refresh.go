package httpapi

import (
	"net/http"

	"github.com/cartouche-auth/cartouche/secret"
)

// refresh exchanges a refresh token, from the body or from the cookie. The cookie is the credential here, so an Authorization header that a front end sends with every
// request changes nothing; the cross-site checks always apply to it. Without a token of ours, the session of the system before us counts as a first one.
func (e *endpoint) refresh(w http.ResponseWriter, r *http.Request) error {
	if e.route.Carrier == InBody {
		text, err := e.readToken(w, r)
		if err != nil {
			return err
		}
		return e.exchange(w, r, text)
	}
	fields, err := readFields(w, r, bodyLimitSmall)
	if err != nil {
		return err
	}
	if e.route.Field != "" {
		in := e.newInput(fields)
		token := in.text(e.route.Field, textRule{Optional: true, AllowBlank: true})
		if err := in.err(); err != nil {
			return err
		}
		if token != "" { // of a front end that has no cookies
			if err := e.checkOrigin(r); err != nil { // or a foreign page could plant its own session (login CSRF)
				return err
			}
			return e.exchange(w, r, secret.NewText(token))
		}
	}
	value, _, err := readCookie(r, e.cookies.refresh.Name)
	if err != nil {
		return err
	}
	text := secret.NewText(value)
	switch {
	case value == "":
		return e.adopt(w, r, fields.csrfToken())
	case e.route.OriginOnly:
		err = e.checkOrigin(r)
	default:
		err = e.checkCrossSite(r, e.binding(text), fields.csrfToken())
	}
	if err != nil {
		return err
	}
	return e.exchange(w, r, text)
}

func (e *endpoint) exchange(w http.ResponseWriter, r *http.Request, text secret.Text) error {
	grant, err := e.svc.Refresh(r.Context(), e.client(r), text)
	if err != nil {
		return tokenError(err)
	}
	return e.handOut(w, r, grant)
}
