package httpapi

import (
	"net/http"
	"slices"
	"strings"
)

// resource is everything that is served at one path: endpoints that share no method, perhaps of several dialects. The first one answers for the methods
// that none has.
type resource []*endpoint

// ServeHTTP lets the endpoint answer that has the method.
func (p resource) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for _, e := range p {
		if e.allows(r.Method) {
			e.ServeHTTP(w, r)
			return
		}
	}
	p[0].ServeHTTP(w, r)
}

// rival is an endpoint that has a method of another one; nil: there is none.
func (p resource) rival(of *endpoint) *endpoint {
	i := slices.IndexFunc(p, func(e *endpoint) bool { return slices.ContainsFunc(of.methods, e.allows) })
	if i < 0 {
		return nil
	}
	return p[i]
}

// sayMethods makes every endpoint tell the methods of all.
func (p resource) sayMethods() {
	var said []string
	order := []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodHead, http.MethodOptions}
	for _, method := range order { // Django REST framework's
		if method == http.MethodOptions || slices.ContainsFunc(p, func(e *endpoint) bool { return e.allows(method) }) {
			said = append(said, method)
		}
	}
	for _, e := range p {
		e.allow = []string{strings.Join(said, ", ")}
	}
}
