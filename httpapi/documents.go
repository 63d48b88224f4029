package httpapi

import (
	"net/http"

	"github.com/cartouche-auth/cartouche/auth"
)

// mountDocuments serves the public documents.
func (a *api) mountDocuments(mux *http.ServeMux) {
	get := func(path string, serve func(http.ResponseWriter, *http.Request) error) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Allow", "GET, HEAD, OPTIONS")
			err := errMethod(r.Method)
			if isSafe(r.Method) {
				err = serve(w, r)
			}
			if err != nil {
				a.fail(w, r, err)
			}
		})
	}
	get("/.well-known/jwks.json", a.jwks)
	get("/openapi.json", openAPI)
	get("/livez", live)
	get("/readyz", a.ready)
}

// Operations serves what operators ask, for a listener of its own: /livez, /readyz, /openapi.json, and /reference, which is the same for people.
func Operations(svc *auth.Service) http.Handler {
	a := &api{svc: svc, config: Config{}.withDefaults(svc)}
	a.log = a.config.Logger
	mux := http.NewServeMux()
	a.mountDocuments(mux)
	mux.HandleFunc("GET /reference", referencePage)
	return mux
}

// jwks publishes the keys with which others verify access tokens.
func (a *api) jwks(w http.ResponseWriter, r *http.Request) error {
	set, err := a.svc.JWKS(r.Context())
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Cache-Control", "public, max-age=300, stale-while-revalidate=60")
	h.Set("Access-Control-Allow-Origin", "*") // public, and read without credentials
	h.Set("Content-Type", "application/jwk-set+json")
	_, err = w.Write(set)
	return err
}

// live answers while the process runs.
func live(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

// ready answers while the store takes writes and a key can sign.
func (a *api) ready(w http.ResponseWriter, r *http.Request) error {
	if err := a.svc.Ready(r.Context()); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}
