// Package httpapi serves the operations of package auth over HTTP and JSON: routes, dialects, cookies, CSRF and error bodies.
//
// It holds no rules about users or sessions, no SQL, and starts no goroutine. A handler decodes, makes one call into the domain and
// responds. What differs between the front ends that people already run (djoser, simplejwt, cookie JWTs of several kinds) is data: see [Dialect].
//
// One place for each decision: routes.go has the table of routes, middleware.go the order of middleware, cookie.go writes
// cookies, origin.go and csrf.go decide about cross-site requests, autherror.go turns errors of the domain into answers.
package httpapi
