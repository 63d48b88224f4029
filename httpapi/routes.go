package httpapi

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/cartouche-auth/cartouche/auth"
)

// operation is how an [Operation] is served.
type operation struct {
	// protected operations need a principal; the principal is asked for before the method and the body, as the Django peers do.
	protected bool
	// open is the one method of a protected operation that strangers may use; empty: none.
	open  string
	serve func(*endpoint, http.ResponseWriter, *http.Request, auth.Principal) error
}

// table says how each operation is served.
func table() map[Operation]operation {
	public := func(serve func(*endpoint, http.ResponseWriter, *http.Request) error) operation {
		return operation{serve: func(e *endpoint, w http.ResponseWriter, r *http.Request, _ auth.Principal) error {
			return serve(e, w, r)
		}}
	}
	return map[Operation]operation{
		OpLogin:          public((*endpoint).login),
		OpRefresh:        public((*endpoint).refresh),
		OpVerify:         public((*endpoint).verify),
		OpBlacklist:      public((*endpoint).blacklist),
		OpLogout:         public((*endpoint).logout),
		OpCSRF:           public((*endpoint).csrfToken),
		OpSession:        public((*endpoint).session),
		OpClassicSession: public((*endpoint).classicSession),
		OpSlidingLogin:   public((*endpoint).slidingLogin),
		OpSlidingRefresh: public((*endpoint).slidingRefresh),
		OpRegister:       public((*endpoint).register),
		OpMe:             {protected: true, serve: (*endpoint).me},
		OpSetPassword:    {protected: true, serve: (*endpoint).setPassword},
		OpSessions:       {protected: true, serve: (*endpoint).sessions},
		OpSessionByID:    {protected: true, serve: (*endpoint).sessionByID},
		OpRevokeOthers:   {protected: true, serve: (*endpoint).revokeOthers},
		OpRevokeAll:      {protected: true, serve: (*endpoint).revokeAll},

		OpAPIRoot:                {protected: true, serve: (*endpoint).apiRoot},
		OpUsers:                  {protected: true, open: http.MethodPost, serve: (*endpoint).users},
		OpUserByID:               {protected: true, serve: (*endpoint).userByID},
		OpAccount:                {protected: true, serve: (*endpoint).account},
		OpActivation:             public((*endpoint).activate),
		OpResendActivation:       public((*endpoint).resendActivation),
		OpResetPassword:          public((*endpoint).resetPassword),
		OpResetPasswordConfirm:   public((*endpoint).confirmPasswordReset),
		OpSetIdentifier:          {protected: true, serve: (*endpoint).setIdentifier},
		OpResetIdentifier:        public((*endpoint).resetIdentifier),
		OpResetIdentifierConfirm: public((*endpoint).confirmIdentifierReset),
		OpTokenLogin:             public((*endpoint).tokenLogin),
		OpProfile:                {protected: true, serve: (*endpoint).profile},
		OpSignUp:                 public((*endpoint).signUp),
		OpTokenSignUp:            public((*endpoint).signUp),
		OpVerifyEmail:            public((*endpoint).verifyEmail),
		OpTokenLogout:            {protected: true, serve: (*endpoint).tokenLogout},
	}
}

// endpoint is one route of one dialect, ready to serve.
type endpoint struct {
	*api
	dialect   *Dialect
	route     Route
	operation operation
	cookies   cookieSet
	methods   []string
	// allow and vary are the values of these headers, made once. Nobody writes into them: appending makes a copy.
	allow, vary []string
	fields      []string
}

// routes mounts the public documents, the native routes and those of every dialect. Two routes for one method at one path are a mistake in the
// configuration.
func (a *api) routes() (http.Handler, error) {
	plain, routed := http.NewServeMux(), http.NewServeMux()
	a.mountDocuments(plain)
	a.mountFeed(plain)
	pagesErr := a.mountPages(plain)
	all, err := a.resources()
	for key, found := range all {
		found.sayMethods()
		mountBoth(plain, key, found)
		if found.routed() {
			mountBoth(routed, key, found)
		}
	}
	plain.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { a.fail(w, r, errNoRoute()) })
	return withFormats(a.config.Prefix, plain, routed), errors.Join(err, pagesErr)
}

// resources is what is served, by path without a trailing slash.
func (a *api) resources() (map[string]resource, error) {
	var errs []error
	all := map[string]resource{}
	operations := table()
	for _, d := range append([]Dialect{nativeDialect()}, a.config.Dialects...) {
		if err := d.check(); err != nil {
			errs = append(errs, err)
			continue
		}
		for _, route := range d.Routes {
			path := strings.NewReplacer("{prefix}", a.config.Prefix, "{login_field}", string(a.svc.LoginField())).Replace(route.Path)
			key, e := strings.TrimSuffix(path, "/"), a.endpoint(&d, route, operations[route.Operation])
			if other := all[key].rival(e); other != nil {
				errs = append(errs, fmt.Errorf("dialects %s and %s both have the path %s", other.dialect.Name, d.Name, path))
				continue
			}
			all[key] = append(all[key], e)
		}
	}
	return all, errors.Join(errs...)
}

// mountBoth serves a path with and without its trailing slash: a redirect would turn a POST into a GET.
func mountBoth(mux *http.ServeMux, path string, h http.Handler) {
	if path != "" {
		mux.Handle(path, h)
	}
	mux.Handle(path+"/{$}", h)
}

func (a *api) endpoint(d *Dialect, route Route, op operation) *endpoint {
	e := &endpoint{api: a, dialect: d, route: route, operation: op, cookies: a.cookieSet(d), methods: methodsOf(route.Operation), fields: d.UserFields}
	if len(e.fields) == 0 {
		e.fields = a.config.UserFields
	}
	if e.route.Status == 0 {
		e.route.Status = http.StatusOK
	}
	e.vary = []string{"Accept"}
	if e.route.Carrier == InCookie || e.cookies.access.Name != "" {
		e.vary = []string{"Accept", "Cookie"}
	}
	return e
}

// ServeHTTP asks in the order of Django REST framework: format and Accept, who, method, body.
func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h["Allow"] = e.allow
	h["Vary"] = append(h["Vary"], e.vary...)
	if err := e.serve(w, r); err != nil {
		e.refuse(w, r, err)
	}
}

func (e *endpoint) serve(w http.ResponseWriter, r *http.Request) error {
	switch {
	case wantsOtherFormat(r):
		return errNoRoute()
	case !acceptsJSON(r):
		return errNotAcceptable()
	}
	if r.Method == http.MethodOptions {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	var principal auth.Principal
	if e.operation.protected && r.Method != e.operation.open {
		var err error
		if principal, err = e.authenticate(r); err != nil {
			return err
		}
	}
	if !e.allows(r.Method) {
		return errMethod(r.Method)
	}
	return e.operation.serve(e, w, r, principal)
}

// isOurs tells whether no peer has this route, so that its answers are nobody's exact bodies.
func (e *endpoint) isOurs() bool {
	if e.dialect.Name != nativeName {
		return false
	}
	switch e.route.Operation {
	case OpSessions, OpSessionByID, OpRevokeOthers, OpRevokeAll:
		return true
	default:
		return e.route.Carrier == InCookie
	}
}

func (e *endpoint) allows(method string) bool {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	return slices.Contains(e.methods, method)
}
