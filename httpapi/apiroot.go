package httpapi

import (
	"net/http"
	"strings"

	"github.com/cartouche-auth/cartouche/auth"
)

// apiRoot tells where the users are, as djoser's root does. The link begins with the public URL: one that began with the Host header, which anybody can
// write, would lead whoever follows it to a stranger's server (Host header injection).
func (e *endpoint) apiRoot(w http.ResponseWriter, r *http.Request, principal auth.Principal) error {
	if _, err := e.svc.Whoami(r.Context(), principal); err != nil {
		return bearerError(err)
	}
	end := "/"
	if r.PathValue("format") != "" {
		end = ".json"
	}
	if r.URL.Query().Get("format") == "json" {
		end += "?format=json"
	}
	users := strings.TrimSuffix(e.config.PublicURL, "/") + e.config.Prefix + "users" + end
	return writeJSON(w, http.StatusOK, map[string]string{"users": users})
}
