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
// signature and the revocations that svc knows decide. An opaque token is good too, and costs one look at the store. Inside next, [Principal] tells who it is.
func Require(svc *auth.Service, next http.Handler) http.Handler {
	a := &api{svc: svc, config: Config{}.withDefaults(svc)}
	a.challenge = a.config.HeaderWords[0] + ` realm="api"`
	a.log = a.config.Logger
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		principal, present, err := a.authenticateHeader(r)
		if err == nil && !present {
			err = errNotAuthenticated()
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
	principal, present, err := e.authenticateHeader(r)
	if present || err != nil {
		return principal, err
	}
	if hasAuthorization(r) {
		return auth.Principal{}, errNotAuthenticated()
	}
	text, present, err := e.cookieToken(r)
	if err != nil {
		return auth.Principal{}, err
	}
	if !present {
		return auth.Principal{}, errNotAuthenticated()
	}
	principal, err = e.svc.Authenticate(r.Context(), text)
	return principal, bearerError(err)
}

// authenticateHeader finds whom the Authorization header names. An opaque token counts after any accepted word; false: the header has no token for us.
func (a *api) authenticateHeader(r *http.Request) (auth.Principal, bool, error) {
	word, text, err := a.headerToken(r)
	if err != nil || word == "" {
		return auth.Principal{}, false, err
	}
	opaque, drf := auth.IsOpaque(text), !a.isHeaderWord(word)
	var principal auth.Principal
	switch {
	case opaque:
		principal, err = a.svc.AuthenticateOpaque(r.Context(), text)
	case drf:
		err = auth.ErrTokenInvalid
	default:
		principal, err = a.svc.Authenticate(r.Context(), text)
	}
	if drf {
		return principal, true, opaqueError(err)
	}
	return principal, true, bearerError(err)
}

func hasAuthorization(r *http.Request) bool { return len(r.Header["Authorization"]) > 0 }

// headerToken reads the Authorization header (RFC 6750 section 2.1): the word and the token. A word that is not ours is somebody else's credential: no
// word, and no error.
func (a *api) headerToken(r *http.Request) (string, secret.Text, error) {
	values := r.Header["Authorization"]
	if len(values) == 0 {
		return "", secret.Text{}, nil
	}
	if len(values) > 1 {
		return "", secret.Text{}, errBadHeader()
	}
	word, rest, _ := strings.Cut(values[0], " ")
	rest = strings.Trim(rest, " \t")
	switch {
	case a.isHeaderWord(word):
		if rest == "" || strings.ContainsAny(rest, " \t") {
			return "", secret.Text{}, errBadHeader()
		}
	case strings.EqualFold(word, tokenWord):
		if err := errTokenHeader(rest); err != nil {
			return "", secret.Text{}, err
		}
	default:
		return "", secret.Text{}, nil
	}
	return word, secret.NewText(rest), nil
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
