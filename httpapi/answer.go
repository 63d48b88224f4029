package httpapi

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

// answerValues are what an answer's template may ask for.
type answerValues struct {
	grant  *auth.Grant
	user   *auth.User
	csrf   string
	access string // a token that the request itself presented
}

// handOut answers a grant: cookies where the route carries them, tokens in the body where its answer names them.
func (e *endpoint) handOut(w http.ResponseWriter, r *http.Request, grant auth.Grant) error {
	values := answerValues{grant: &grant}
	if e.route.Carrier == InCookie {
		csrf, err := e.setGrantCookies(w, r, grant)
		if err != nil {
			return err
		}
		values.csrf = csrf
	}
	return e.answer(w, r, values)
}

// answer writes the route's answer.
func (e *endpoint) answer(w http.ResponseWriter, _ *http.Request, values answerValues) error {
	if values.csrf != "" && e.dialect.native {
		w.Header()[csrfHeader] = []string{values.csrf} // for pages of other hosts, which cannot read the cookie
	}
	if e.route.answer == nil {
		w.WriteHeader(e.route.Status)
		return nil
	}
	return writeRaw(w, e.route.Status, e.route.answer.fill(func(name string) []byte { return e.value(name, values) }))
}

// value is one value of an answer as JSON; nil when the answer does not have it.
func (e *endpoint) value(name string, v answerValues) []byte {
	switch name {
	case "csrf":
		return textJSON(v.csrf)
	case "user":
		return e.userValue(v)
	case "access":
		return e.accessValue(v)
	}
	if v.grant == nil {
		return nil
	}
	switch name {
	case "refresh":
		return textJSON(v.grant.Refresh.Reveal())
	case "access_expires_in":
		return strconv.AppendInt(nil, seconds(v.grant.AccessExpiresIn()), 10)
	case "access_expiration":
		return momentJSON(v.grant.IssuedAt.Add(v.grant.AccessExpiresIn()))
	case "refresh_expiration":
		return momentJSON(v.grant.IssuedAt.Add(v.grant.RefreshExpiresIn()))
	case "session":
		return encodeJSON(timesOf(v.grant.Session, v.grant.IssuedAt))
	default:
		return nil
	}
}

func (e *endpoint) userValue(v answerValues) []byte {
	user := v.user
	if user == nil && v.grant != nil && v.grant.User.ID != "" {
		user = &v.grant.User
	}
	if user == nil {
		return nil
	}
	return e.userJSON(*user, e.fields)
}

func (e *endpoint) accessValue(v answerValues) []byte {
	switch {
	case v.grant == nil:
		return textJSON(v.access)
	case e.dialect.native && e.route.Carrier == InCookie && e.config.AccessCarrier == AccessInCookie:
		return nil
	default:
		return textJSON(v.grant.Access.Reveal())
	}
}

func momentJSON(t time.Time) []byte {
	return textJSON(t.UTC().Truncate(time.Microsecond).Format(time.RFC3339Nano))
}

func textJSON(text string) []byte {
	if text == "" {
		return nil
	}
	return appendText(make([]byte, 0, len(text)+2), text)
}

// setGrantCookies puts a grant into the dialect's cookies and answers the CSRF token that goes with them.
func (e *endpoint) setGrantCookies(w http.ResponseWriter, r *http.Request, grant auth.Grant) (string, error) {
	refresh, access := grant.Refresh.Reveal(), grant.Access.Reveal()
	if err := errors.Join(checkCookieSize(e.cookies.refresh, refresh), checkCookieSize(e.cookies.access, access)); err != nil {
		return "", err
	}
	life := func(d time.Duration) time.Duration {
		if !grant.Session.Remember {
			return 0 // until the browser closes
		}
		return d
	}
	if _, found, _ := readCookie(r, e.cookies.pre.Name); found {
		clearCookie(w, e.cookies.pre) // whoever signs in is no stranger any more, and who planted the cookie learns nothing by it (fixation)
	}
	if !grant.RefreshKept { // another tab may have put a newer one into the jar meanwhile
		e.setCookie(w, e.cookies.refresh, refresh, life(grant.RefreshExpiresIn()))
		e.setCookie(w, e.cookies.hint, "1", life(grant.RefreshExpiresIn()))
	}
	e.setCookie(w, e.cookies.access, access, life(grant.AccessExpiresIn()))
	if !grant.Device.Empty() {
		e.setCookie(w, e.device, grant.Device.Reveal(), life(auth.DeviceLifetime))
	}
	return e.renewCSRF(w, r, grant.Session.ID.String(), life(grant.RefreshExpiresIn())), nil
}

// clearCookies takes every cookie of the dialect back.
func (e *endpoint) clearCookies(w http.ResponseWriter) {
	for _, spec := range []cookieSpec{e.cookies.refresh, e.cookies.hint, e.cookies.access, e.cookies.csrf} {
		clearCookie(w, spec)
	}
}

// clearSite takes everything back, where the setting says so also what the site's other programs left in this browser: after a sign-out everywhere nothing is
// to remain for whoever uses the machine next.
func (e *endpoint) clearSite(w http.ResponseWriter) {
	e.clearCookies(w)
	if e.config.ClearSiteData {
		w.Header().Set("Clear-Site-Data", `"cookies"`)
	}
}

// csrfLife is how long the CSRF cookie of a session lives.
func (e *endpoint) csrfLife(session auth.Session) time.Duration {
	if !session.Remember {
		return 0
	}
	return session.IdleExpiresAt.Sub(e.svc.Now())
}

// renewCSRF sets the CSRF cookie of a session and answers the token for headers: the same secret while the session stays the same, a new
// one when it changed (fixation). Where no session is seen, any secret is kept, because there may be one all the same: a page asks for its token at a
// path that the refresh cookie does not go to, after the access cookie has run out. Whether a secret belongs to a session is decided where it is used.
func (e *endpoint) renewCSRF(w http.ResponseWriter, r *http.Request, binding string, life time.Duration) string {
	kept, ok := "", false
	if value, _, err := readCookie(r, e.cookies.csrf.Name); err == nil {
		kept, ok = unmaskCSRF(value)
	}
	newest := csrfChecker{keys: e.csrfKeys[:1]} // a secret of an older master key is replaced before that key goes, or the session would go with it
	if !ok || (binding != "" && !newest.bound(kept, binding)) {
		kept = newCSRFSecret(e.csrfKeys[0], binding)
	}
	e.setCookie(w, e.cookies.csrf, kept, life)
	return maskCSRF(kept)
}

// csrfToken gives a page the token that it has to send with unsafe requests. It changes nothing but the cookie.
func (e *endpoint) csrfToken(w http.ResponseWriter, r *http.Request) error {
	binding, err := e.cookieBinding(r)
	if err != nil {
		return err
	}
	if binding == "" && e.config.CSRFPresession {
		binding = e.presession(w, r)
	}
	return e.answer(w, r, answerValues{csrf: e.renewCSRF(w, r, binding, csrfCookieLife)})
}

// csrfCookieLife is the life of a CSRF cookie that was asked for: Django's 364 days.
const csrfCookieLife = 364 * 24 * time.Hour

// presessionLife is how long a stranger's page may stand open before it signs in.
const presessionLife = 30 * time.Minute

// presession gives a stranger a cookie of his own to bind a CSRF token to.
func (e *endpoint) presession(w http.ResponseWriter, r *http.Request) string {
	pre, found, err := readCookie(r, e.cookies.pre.Name)
	if err != nil || !found || len(pre) != presessionLength {
		pre = secret.Alphanumeric(presessionLength)
	}
	e.setCookie(w, e.cookies.pre, pre, presessionLife)
	return presessionBinding(pre)
}

const presessionLength = 22
