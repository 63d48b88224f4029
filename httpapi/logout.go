package httpapi

import (
	"errors"
	"net/http"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

// logout ends the session that the request names and always clears the cookies. It needs no live token, and does the same a second time.
func (e *endpoint) logout(w http.ResponseWriter, r *http.Request) error {
	fields, err := readFields(w, r, bodyLimitSmall)
	if err != nil {
		return err
	}
	presented, err := e.logoutTokens(r, fields)
	if err != nil {
		return err
	}
	if _, err := e.svc.Logout(r.Context(), e.client(r), presented...); err != nil {
		return err // not stored: cookies stay, and nobody is told that he is signed out
	}
	if err := e.endForeign(w, r); err != nil {
		return err
	}
	e.clearCookies(w)
	return e.answer(w, r, answerValues{})
}

// logoutTokens are the tokens that a request wants ended. A route with a field for the refresh token needs one from somewhere, because its front ends
// keep the token themselves, and one that forgets it would leave a session alive that it calls over.
func (e *endpoint) logoutTokens(r *http.Request, fields fields) ([]secret.Text, error) {
	value, _ := fields.values[e.route.Field].(string)
	token := secret.NewText(value)
	if e.route.Field != "" && e.binding(token) != "" {
		return []secret.Text{token}, e.checkOrigin(r) // or a foreign page could clear cookies by a token of its own
	}
	presented, err := e.presentedTokens(r, fields.csrfToken())
	switch {
	case err != nil || e.route.Field == "":
		return presented, err
	case !token.Empty(): // perhaps an imported one
		return append(presented, token), nil
	case len(presented) == 0:
		return nil, errNoRefreshToken()
	default:
		return presented, nil
	}
}

// presentedTokens are the tokens by which a request names its session: the header's, or the cookies' after the cross-site checks. A header that
// names no session, such as one of a proxy's or of a key that has been revoked, must not turn signing out into a mere clearing of cookies.
func (e *endpoint) presentedTokens(r *http.Request, formToken string) ([]secret.Text, error) {
	if _, text, err := e.headerToken(r); err == nil {
		if named, err := e.namesSession(r, text); named || err != nil {
			return []secret.Text{text}, err
		}
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
	binding, err := e.cookieBinding(r)
	if err != nil {
		return nil, err
	}
	if binding == "" { // no session to protect, but a stranger's page may not clear cookies either
		return nil, e.checkOrigin(r)
	}
	return presented, e.checkCrossSite(r, binding, formToken)
}

// namesSession tells whether a token names a session of ours. Only an opaque one has to be looked up for that.
func (e *endpoint) namesSession(r *http.Request, text secret.Text) (bool, error) {
	if !auth.IsOpaque(text) {
		return e.binding(text) != "", nil
	}
	_, err := e.svc.AuthenticateOpaque(r.Context(), text)
	if errors.Is(err, auth.ErrUnavailable) {
		return false, err
	}
	return err == nil, nil
}
