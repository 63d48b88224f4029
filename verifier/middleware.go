package verifier

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Route says how a route takes it when revocations cannot be learned. The zero Route refuses, with the verifier's MaxStale.
type Route struct {
	// MaxStale is how old the knowledge of revocations may be; at least 2 seconds; zero: as the verifier's.
	MaxStale time.Duration
	// FailOpen lets tokens in that nobody knows to be revoked, however old the knowledge is. It is for routes where being served matters more.
	FailOpen bool
}

type contextKey struct{}

// FromContext answers the principal of a request that came through [Verifier.Require].
func FromContext(ctx context.Context) (Principal, bool) {
	p, ok := ctx.Value(contextKey{}).(Principal)
	return p, ok
}

// Require lets requests through that carry a good access token in the header Authorization, after Bearer or JWT. Others get 401 (RFC 6750), and 503 when
// nobody can tell.
func (v *Verifier) Require(next http.Handler) http.Handler { return v.RequireOn(Route{}, next) }

// RequireOn is Require with a route's own bound. It panics when that is under two seconds: a programmer's mistake.
func (v *Verifier) RequireOn(route Route, next http.Handler) http.Handler {
	if route.MaxStale != 0 {
		if route.MaxStale < minStale {
			panic(fmt.Sprintf("verifier: max stale of a route: %s: must be at least %s", route.MaxStale, minStale))
		}
		for mine := int64(waitFor(route.MaxStale)); ; { // the strictest route says how often the feed is asked
			if known := v.feed.wait.Load(); known <= mine || v.feed.wait.CompareAndSwap(known, mine) {
				break
			}
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, ok := bearer(r)
		if !ok {
			refuse(w, http.StatusUnauthorized, `Bearer`, `{"detail":"Authentication credentials were not provided.","code":"not_authenticated"}`)
			return
		}
		principal, err := v.Verify(r.Context(), text, route)
		switch {
		case errors.Is(err, ErrUnavailable):
			w.Header().Set("Retry-After", "1")
			refuse(w, http.StatusServiceUnavailable, "", `{"detail":"Service temporarily unavailable, try again later.","code":"unavailable"}`)
		case err != nil: // which of the reasons it is, is not for whoever tries
			refuse(w, http.StatusUnauthorized, `Bearer error="invalid_token"`, `{"detail":"Given token not valid for any token type","code":"token_not_valid"}`)
		default:
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), contextKey{}, principal)))
		}
	})
}

// bearer is the one token of a request. Two headers are none: what stands before us may have read the other.
func bearer(r *http.Request) (string, bool) {
	headers := r.Header["Authorization"]
	if len(headers) != 1 {
		return "", false
	}
	word, text, ok := strings.Cut(headers[0], " ")
	return text, ok && text != "" && (strings.EqualFold(word, "Bearer") || strings.EqualFold(word, "JWT"))
}

func refuse(w http.ResponseWriter, status int, challenge, body string) {
	h := w.Header()
	if challenge != "" {
		h.Set("WWW-Authenticate", challenge)
	}
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write([]byte(body + "\n"))
}
