package httpapi

import (
	"errors"
	"io"
	"net/http"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

// The answers of the classic-session route, which its front ends compare as text.
const (
	classicOpened    = "User logged in."
	classicClosed    = "User logged out."
	classicUnchanged = "No change."
)

// classicSession opens or closes the session that a server-rendered page keeps in a cookie beside its tokens. A good access token opens one
// for the token's user; none, or a bad one, closes what is open. The user that the form names is never believed.
func (e *endpoint) classicSession(w http.ResponseWriter, r *http.Request) error {
	fields, err := readFields(w, r, bodyLimitSmall)
	if err != nil {
		return err
	}
	in := e.newInput(fields)
	access := secret.NewText(in.text(e.route.Field, textRule{Optional: true, AllowBlank: true}))
	if err := in.err(); err != nil {
		return err
	}
	if err := e.checkClassic(r, fields.csrfToken()); err != nil {
		return err
	}
	open, err := e.classicOpen(r)
	if err != nil {
		return err
	}
	wanted, err := e.wantedPrincipal(r, access)
	if err != nil {
		return err
	}
	switch {
	case open.user == wanted.UserID && open.adopted != nil:
		return e.keepAdopted(w, r, *open.adopted)
	case open.user == wanted.UserID:
		return writeClassic(w, classicUnchanged)
	case wanted.UserID == "":
		return e.closeClassic(w, r)
	default:
		return e.openClassic(w, r, wanted, open.user != "")
	}
}

// checkClassic asks a CSRF token where a session is open, and the origin alone where none is.
func (e *endpoint) checkClassic(r *http.Request, formToken string) error {
	binding, err := e.cookieBinding(r)
	if err != nil {
		return err
	}
	if binding == "" {
		return e.checkAnonymous(r, formToken)
	}
	return e.checkCrossSite(r, binding, formToken)
}

// openSession is the classic session that a browser has.
type openSession struct {
	user    auth.UserID // empty: nobody's
	adopted *auth.Grant // it was one of the system before us until this request
}

func (e *endpoint) classicOpen(r *http.Request) (openSession, error) {
	value, _, err := readCookie(r, e.cookies.refresh.Name)
	if err != nil {
		return openSession{}, err
	}
	if value != "" {
		principal, err := e.svc.PrincipalOf(r.Context(), secret.NewText(value))
		principal, err = principalOrNobody(principal, err)
		return openSession{user: principal.UserID}, err
	}
	cookie, err := e.foreignSession(r)
	if err != nil || cookie.Empty() {
		return openSession{}, err
	}
	grant, err := e.svc.AdoptSession(r.Context(), e.client(r), cookie)
	switch {
	case err == nil:
		return openSession{grant.Session.UserID, &grant}, nil
	case errors.Is(err, auth.ErrUnavailable):
		return openSession{}, err
	default:
		return openSession{}, nil
	}
}

// keepAdopted goes on with the session of the system before us as one of ours; for the page nothing changes.
func (e *endpoint) keepAdopted(w http.ResponseWriter, r *http.Request, grant auth.Grant) error {
	if _, err := e.setGrantCookies(w, r, grant); err != nil {
		return err
	}
	clearCookie(w, e.cookies.foreign)
	return writeClassic(w, classicUnchanged)
}

// wantedPrincipal is whom the access token names; the zero Principal: nobody.
func (e *endpoint) wantedPrincipal(r *http.Request, access secret.Text) (auth.Principal, error) {
	if access.Empty() {
		return auth.Principal{}, nil
	}
	principal, err := e.svc.Authenticate(r.Context(), access)
	if err == nil {
		_, err = e.svc.Whoami(r.Context(), principal)
	}
	return principalOrNobody(principal, err)
}

func principalOrNobody(principal auth.Principal, err error) (auth.Principal, error) {
	switch {
	case err == nil:
		return principal, nil
	case errors.Is(err, auth.ErrUnavailable):
		return auth.Principal{}, err
	default:
		return auth.Principal{}, nil
	}
}

func (e *endpoint) openClassic(w http.ResponseWriter, r *http.Request, wanted auth.Principal, closeFirst bool) error {
	if closeFirst {
		if err := e.endCookieSession(w, r); err != nil {
			return err
		}
	}
	grant, err := e.svc.Bridge(r.Context(), e.client(r), wanted, false)
	if err != nil {
		return err
	}
	if _, err := e.setGrantCookies(w, r, grant); err != nil {
		return err
	}
	return writeClassic(w, classicOpened)
}

func (e *endpoint) closeClassic(w http.ResponseWriter, r *http.Request) error {
	if err := e.endCookieSession(w, r); err != nil {
		return err
	}
	e.clearCookies(w)
	return writeClassic(w, classicClosed)
}

func (e *endpoint) endCookieSession(w http.ResponseWriter, r *http.Request) error {
	value, _, err := readCookie(r, e.cookies.refresh.Name)
	if err != nil {
		return err
	}
	if _, err := e.svc.Logout(r.Context(), e.client(r), secret.NewText(value)); err != nil {
		return err
	}
	return e.endForeign(w, r)
}

func writeClassic(w http.ResponseWriter, text string) error {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, err := io.WriteString(w, text)
	return err
}
