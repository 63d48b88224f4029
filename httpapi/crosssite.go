package httpapi

import (
	"net/http"

	"github.com/cartouche-auth/cartouche/secret"
)

// binding is the session that a token names, for CSRF tokens; empty when it names none.
func (a *api) binding(text secret.Text) string {
	if id, ok := a.svc.SessionOf(text); ok {
		return id.String()
	}
	return ""
}

// cookieBinding is the session that the request's cookies name: the refresh cookie's, else the access cookie's. present says whether
// there was a cookie of ours at all.
func (e *endpoint) cookieBinding(r *http.Request) (binding string, present bool, err error) {
	for _, spec := range []cookieSpec{e.cookies.refresh, e.cookies.access} {
		if spec.Name == "" {
			continue
		}
		value, found, err := readCookie(r, spec.Name)
		if err != nil {
			return "", false, err
		}
		if !found || value == "" {
			continue
		}
		present = true
		if binding = e.binding(secret.NewText(value)); binding != "" {
			return binding, true, nil
		}
	}
	return "", present, nil
}

// checkOrigin is the first step of every unsafe request that acts under cookies or sets them: where does it come from?
func (e *endpoint) checkOrigin(r *http.Request, carriesCookie bool) error {
	return e.origins.check(r, carriesCookie)
}

// checkCrossSite is both steps: the origin, and a CSRF token that belongs to the session.
func (e *endpoint) checkCrossSite(r *http.Request, binding, formToken string) error {
	if err := e.checkOrigin(r, true); err != nil {
		return err
	}
	return e.csrf().check(r, binding, formToken)
}

// checkAnonymous is what sign-in, registration and the other posts of strangers need: the origin step, and the token step too where the
// stricter setting asks for it (login CSRF).
func (e *endpoint) checkAnonymous(r *http.Request, formToken string) error {
	if err := e.checkOrigin(r, false); err != nil {
		return err
	}
	if !e.config.CSRFPresession {
		return nil
	}
	pre, _, err := readCookie(r, e.cookies.pre.Name)
	if err != nil {
		return err
	}
	return e.csrf().check(r, presessionBinding(pre), formToken)
}

// presessionBinding keeps the bindings of strangers apart from those of sessions.
func presessionBinding(pre string) string { return "pre:" + pre }
