package httpapi

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

// foreignCookie is the session cookie of the system that users were imported from. It was set by that system and is not partitioned, so it is
// taken back in the same way.
func (a *api) foreignCookie() cookieSpec {
	spec := cookieSpec{Name: a.config.ForeignSessionCookie, Path: "/", Secure: a.deployment != localhostDeployment, HTTPOnly: true, SameSite: http.SameSiteLaxMode}
	if a.deployment == crossSiteDeployment {
		spec.SameSite = http.SameSiteNoneMode
	}
	return spec
}

// checkForeignCookie reports a name that one of our own cookies has: each would be taken for the other.
func (a *api) checkForeignCookie(set cookieSet) error {
	name := a.config.ForeignSessionCookie
	for _, spec := range []cookieSpec{set.refresh, set.access, set.csrf, set.pre} {
		if name != "" && spec.Name == name {
			return fmt.Errorf("foreign session cookie %q: a cookie of ours has this name", name)
		}
	}
	return nil
}

// foreignSession is the key in the session cookie of the other system; empty: there is none.
func (e *endpoint) foreignSession(r *http.Request) (secret.Text, error) {
	value, _, err := readCookie(r, e.cookies.foreign.Name)
	return secret.NewText(value), err
}

// adopt signs in who brings no token of ours but a session of the other system. There is no session of ours yet that a CSRF token could belong to, so it takes
// what a sign-in takes: the origin step, which keeps a stranger's page from doing it (CSRF), and the token step where the stricter setting asks for it.
func (e *endpoint) adopt(w http.ResponseWriter, r *http.Request, formToken string) error {
	cookie, err := e.foreignSession(r)
	if err != nil {
		return err
	}
	if cookie.Empty() {
		if err := e.checkOrigin(r); err != nil {
			return err
		}
		return errNoRefreshToken()
	}
	if err := e.checkAnonymous(r, formToken); err != nil {
		return err
	}
	grant, err := e.svc.AdoptSession(r.Context(), e.client(r), cookie)
	switch {
	case errors.Is(err, auth.ErrTokenInvalid): // a visitor's, who is not signed in there either
		return errNoRefreshToken()
	case err != nil:
		return tokenError(err)
	}
	clearCookie(w, e.cookies.foreign)
	return e.handOut(w, r, grant)
}

// endForeign signs out of the other system's session, where the request brings one that was imported, and takes its cookie back. A visitor's stays.
func (e *endpoint) endForeign(w http.ResponseWriter, r *http.Request) error {
	cookie, err := e.foreignSession(r)
	if err != nil || cookie.Empty() {
		return err
	}
	done, err := e.svc.EndForeignSession(r.Context(), e.client(r), cookie)
	if err == nil && done {
		clearCookie(w, e.cookies.foreign)
	}
	return err
}
