package httpapi

import (
	"net/http"

	"github.com/cartouche-auth/cartouche/secret"
)

// refresh exchanges a refresh token, from the body or from the cookie. The cookie is the credential here, so an Authorization header that a front end sends with every
// request changes nothing; the cross-site checks always apply to it.
func (e *endpoint) refresh(w http.ResponseWriter, r *http.Request) error {
	text, err := e.readRefresh(w, r)
	if err != nil {
		return err
	}
	grant, err := e.svc.Refresh(r.Context(), e.client(r), text)
	if err != nil {
		return tokenError(err)
	}
	return e.handOut(w, r, grant)
}

func (e *endpoint) readRefresh(w http.ResponseWriter, r *http.Request) (secret.Text, error) {
	if e.route.Carrier == InBody {
		return e.readToken(w, r)
	}
	fields, err := readFields(w, r, bodyLimitSmall)
	if err != nil {
		return secret.Text{}, err
	}
	if token, _ := fields.values[e.route.Field].(string); e.route.Field != "" && token != "" { // of a front end that has no cookies
		return secret.NewText(token), e.checkOrigin(r) // or a foreign page could plant its own session (login CSRF)
	}
	value, _, err := readCookie(r, e.cookies.refresh.Name)
	if err != nil {
		return secret.Text{}, err
	}
	text := secret.NewText(value)
	if e.route.OriginOnly || value == "" {
		err = e.checkOrigin(r)
	} else {
		err = e.checkCrossSite(r, e.binding(text), fields.csrfToken())
	}
	if err == nil && value == "" {
		err = errNoRefreshToken()
	}
	return text, err
}
