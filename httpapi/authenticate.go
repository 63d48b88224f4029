package httpapi

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

type principalKey struct{}

// Require serves next only to requests with a live access token in the Authorization header; others get 401. It asks no database: the
// signature and the revocations that svc knows decide. Inside next, [Principal] tells who it is.
func Require(svc *auth.Service, next http.Handler) http.Handler {
	a := &api{svc: svc, config: Config{}.withDefaults(svc)}
	a.challenge = a.config.HeaderWords[0] + ` realm="api"`
	a.log = a.config.Logger
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, present, err := a.headerToken(r)
		if err == nil && !present {
			err = errNotAuthenticated()
		}
		var principal auth.Principal
		if err == nil {
			principal, err = svc.Authenticate(r.Context(), text)
			err = bearerError(err)
		}
		if err != nil {
			a.fail(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), principalKey{}, principal)))
	})
}

// Principal answers who makes the request, inside a handler under [Require].
func Principal(ctx context.Context) (auth.Principal, bool) {
	p, ok := ctx.Value(principalKey{}).(auth.Principal)
	return p, ok
}

// authenticate finds who makes the request. An Authorization header of any kind makes cookies invisible, so a header can never lend a
// cross-site request the victim's cookies (the bearer-as-bypass attack). A cookie counts only after the cross-site checks.
func (e *endpoint) authenticate(r *http.Request) (auth.Principal, error) {
	text, present, err := e.headerToken(r)
	if err != nil {
		return auth.Principal{}, err
	}
	if !present && !hasAuthorization(r) {
		if text, present, err = e.cookieToken(r); err != nil {
			return auth.Principal{}, err
		}
	}
	if !present {
		return auth.Principal{}, errNotAuthenticated()
	}
	principal, err := e.svc.Authenticate(r.Context(), text)
	return principal, bearerError(err)
}

func hasAuthorization(r *http.Request) bool { return len(r.Header["Authorization"]) > 0 }

// headerToken reads the Authorization header (RFC 6750 section 2.1). A word that is not ours is somebody else's credential: no token, and no error.
func (a *api) headerToken(r *http.Request) (secret.Text, bool, error) {
	values := r.Header["Authorization"]
	if len(values) == 0 {
		return secret.Text{}, false, nil
	}
	if len(values) > 1 {
		return secret.Text{}, false, errBadHeader()
	}
	word, rest, spaced := strings.Cut(values[0], " ")
	if !a.isHeaderWord(word) {
		return secret.Text{}, false, nil
	}
	rest = strings.TrimSpace(rest)
	if !spaced || rest == "" || strings.ContainsAny(rest, " \t") {
		return secret.Text{}, false, errBadHeader()
	}
	return secret.NewText(rest), true, nil
}

func (a *api) isHeaderWord(word string) bool {
	for _, w := range a.config.HeaderWords {
		if len(w) == len(word) && strings.EqualFold(w, word) {
			return true
		}
	}
	return false
}

// cookieToken reads the access cookie. A request that may change something has to pass the cross-site checks first.
func (e *endpoint) cookieToken(r *http.Request) (secret.Text, bool, error) {
	if e.cookies.access.Name == "" {
		return secret.Text{}, false, nil
	}
	value, found, err := readCookie(r, e.cookies.access.Name)
	if err != nil || !found || value == "" {
		return secret.Text{}, false, err
	}
	text := secret.NewText(value)
	if !isSafe(r.Method) {
		if err := e.checkCrossSite(r, e.binding(text), formToken(r)); err != nil {
			return secret.Text{}, false, err
		}
	}
	return text, true, nil
}

func isSafe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// bearerError says of an access token what simplejwt's authenticator says.
func bearerError(err error) error {
	if err == nil {
		return nil
	}
	for _, known := range []error{auth.ErrTokenInvalid, auth.ErrTokenExpired, auth.ErrTokenType, auth.ErrSessionEnded} {
		if errors.Is(err, known) {
			return errBearer(err)
		}
	}
	return err
}
