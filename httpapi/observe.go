package httpapi

import (
	"net/http"
	"strings"
	"time"
)

// Request is what an observer learns of a request. Nothing in it is made of what a client sent, so there are few different values of each field (the
// flood of made-up paths and methods, which would fill a monitoring system).
type Request struct {
	Route  string // the pattern that was matched, such as /auth/users/{id}; "none" when none was
	Method string // one of HTTP's, or "other"
	Status int
	Took   time.Duration
}

// routeOf is the pattern of a request, one for both spellings of its path. What no route matched, and what was refused before the routes, has none.
func routeOf(r *http.Request) string {
	route := strings.TrimSuffix(r.Pattern, "/{$}")
	if route == "" || route == "/" {
		return "none"
	}
	return route
}

func methodName(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	default:
		return "other"
	}
}
