package httpapi

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/jub0bs/cors"
)

// preflightLife is how long a browser may go on without asking again, in seconds.
const preflightLife = 600

// newCORS lets the pages of the allowed origins call with credentials and read the answers. With none it allows nothing. It reports every
// origin that cannot be safe: a wildcard would lend everybody the cookies of our users, and a page that came over http can have been altered
// on its way; only in development (localhost) may it be an http origin, and then of this machine.
func newCORS(allowed []string, localhost bool) (func(http.Handler) http.Handler, error) {
	var errs []error
	for _, origin := range allowed {
		errs = append(errs, checkAllowedOrigin(origin, localhost))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if len(allowed) == 0 {
		return varyByOrigin, nil
	}
	middleware, err := cors.NewMiddleware(cors.Config{
		Origins:         allowed,
		Credentialed:    true,
		Methods:         []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete},
		RequestHeaders:  []string{"Authorization", "Content-Type", "X-CSRFToken", "X-CSRF-Token", "X-Requested-With"},
		ResponseHeaders: []string{"Date", "Retry-After", "WWW-Authenticate", "X-CSRFToken", "X-Request-Id"},
		MaxAgeInSeconds: preflightLife,
	})
	if err != nil {
		return nil, fmt.Errorf("allowed_origins: %w", err)
	}
	return middleware.Wrap, nil
}

func checkAllowedOrigin(origin string, localhost bool) error {
	if _, err := parseOrigin(origin); err != nil {
		return fmt.Errorf("allowed_origins: %w", err)
	}
	if strings.HasPrefix(origin, "https:") {
		return nil
	}
	u, err := url.Parse(origin)
	if err != nil || !localhost || !isLoopback(u.Hostname()) {
		return fmt.Errorf("allowed_origins: %q: must be https, because a page that comes over http can be altered on its way; "+
			"http is for loopback only, with a loopback public_url", origin)
	}
	return nil
}

// varyByOrigin tells caches that answers may depend on the origin that asks, as they do: a stranger's request is refused.
func varyByOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Origin")
		next.ServeHTTP(w, r)
	})
}
