package httpapi

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/cartouche-auth/cartouche/secret"
)

// binding is the session that a token names, for CSRF tokens; empty when it names none.
func (a *api) binding(text secret.Text) string {
	if id, ok := a.svc.SessionOf(text); ok {
		return id.String()
	}
	return ""
}

// cookieBinding is the session that the request's cookies name: the refresh cookie's, else the access cookie's; empty when they name none.
func (e *endpoint) cookieBinding(r *http.Request) (string, error) {
	for _, spec := range []cookieSpec{e.cookies.refresh, e.cookies.access} {
		value, _, err := readCookie(r, spec.Name)
		if err != nil {
			return "", err
		}
		if binding := e.binding(secret.NewText(value)); binding != "" {
			return binding, nil
		}
	}
	return "", nil
}

// checkOrigin is the first step of every unsafe request that acts under cookies or sets them: where does it come from?
func (e *endpoint) checkOrigin(r *http.Request) error {
	return e.origins.check(r, e.carriesCookie(r))
}

// carriesCookie tells whether any cookie came along that we act under, be it dead or sent twice.
func (e *endpoint) carriesCookie(r *http.Request) bool {
	return slices.ContainsFunc([]cookieSpec{e.cookies.refresh, e.cookies.access, e.cookies.csrf, e.cookies.pre, e.cookies.foreign}, func(spec cookieSpec) bool {
		_, found, err := readCookie(r, spec.Name)
		return found || err != nil
	})
}

// checkCrossSite is both steps: the origin, and a CSRF token that belongs to the session.
func (e *endpoint) checkCrossSite(r *http.Request, binding, formToken string) error {
	if err := e.checkOrigin(r); err != nil {
		return err
	}
	return e.csrf().check(r, binding, formToken)
}

// formToken is the CSRF token that a form brings to a route that authenticates before it reads the body. The body is left as it was.
func formToken(r *http.Request) string {
	if strings.HasPrefix(r.Header.Get("Content-Type"), jsonType) { // the usual case, and such a body has none
		return ""
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, bodyLimit+1))
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), r.Body), r.Body}
	if err != nil {
		return ""
	}
	copied := r.WithContext(r.Context())
	copied.Body = io.NopCloser(bytes.NewReader(body))
	fields, err := readFields(nil, copied, bodyLimit)
	if err != nil {
		return "" // whoever reads the body next says what is wrong
	}
	return fields.csrfToken()
}

// checkAnonymous is what sign-in, registration and the other posts of strangers need: the origin step, and the token step too where the
// stricter setting asks for it (login CSRF). It belongs to the session that the cookies name, live or dead, as csrf/ hands it out; else to
// the stranger's own cookie.
func (e *endpoint) checkAnonymous(r *http.Request, formToken string) error {
	if err := e.checkOrigin(r); err != nil {
		return err
	}
	if !e.config.CSRFPresession {
		return nil
	}
	binding, err := e.cookieBinding(r)
	if err == nil && binding == "" {
		var pre string
		pre, _, err = readCookie(r, e.cookies.pre.Name)
		binding = presessionBinding(pre)
	}
	if err != nil {
		return err
	}
	return e.csrf().check(r, binding, formToken)
}

// presessionBinding keeps the bindings of strangers apart from those of sessions.
func presessionBinding(pre string) string { return "pre:" + pre }
