package httpapi

import (
	"errors"
	"net/http"

	"github.com/cartouche-auth/cartouche/secret"
)

// logout ends the session that the request names and always clears the cookies. It needs no live token, and does the same a second time.
func (e *endpoint) logout(w http.ResponseWriter, r *http.Request) error {
	fields, err := readFields(w, r, bodyLimitSmall)
	if err != nil {
		return err
	}
	presented, err := e.presentedTokens(r, fields.csrfToken())
	if err != nil {
		return err
	}
	if _, err := e.svc.Logout(r.Context(), e.client(r), presented...); err != nil {
		return err // not stored: cookies stay, and nobody is told that he is signed out
	}
	e.clearCookies(w)
	return e.answer(w, r, answerValues{})
}

// presentedTokens are the tokens by which a request names its session: the header's, or the cookies' after the cross-site checks.
func (e *endpoint) presentedTokens(r *http.Request, formToken string) ([]secret.Text, error) {
	if hasAuthorization(r) {
		text, _, err := e.headerToken(r)
		if err != nil {
			return nil, nil //nolint:nilerr // a header that names no session: nothing to end, and signing out never fails for that
		}
		return []secret.Text{text}, nil
	}
	var presented []secret.Text
	for _, spec := range []cookieSpec{e.cookies.refresh, e.cookies.access} {
		if spec.Name == "" {
			continue
		}
		value, found, err := readCookie(r, spec.Name)
		if err != nil {
			return nil, err
		}
		if found && value != "" {
			presented = append(presented, secret.NewText(value))
		}
	}
	binding, present, err := e.cookieBinding(r)
	if err != nil {
		return nil, err
	}
	if binding == "" { // no session to protect, but a stranger's page may not clear cookies either
		return nil, errors.Join(err, e.checkOrigin(r, present))
	}
	return presented, e.checkCrossSite(r, binding, formToken)
}
