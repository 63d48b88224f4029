package httpapi

import (
	"net/http"
	"strings"
)

// routed tells whether a resource is one that djoser leaves to the router of Django REST framework, which has each at a second path, with a format: the
// users and its root.
func (p resource) routed() bool {
	route := p[0].route
	return p[0].dialect.native && (route.Operation == OpAPIRoot || strings.HasPrefix(route.Path, "{prefix}users/"))
}

// withFormats serves the paths of routed with a format behind them, such as users/me.json, and everything else as plain has it.
func withFormats(prefix string, plain, routed *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path, format, found := cutFormat(r.URL.Path, prefix); found {
			asked, at := *r, *r.URL
			at.Path, at.RawPath = path, ""
			asked.URL = &at
			asked.SetPathValue("format", format)
			if _, pattern := routed.Handler(&asked); pattern != "" {
				r.Pattern = pattern // for the log
				routed.ServeHTTP(w, &asked)
				return
			}
		}
		plain.ServeHTTP(w, r)
	})
}

// cutFormat takes the format off a path below the prefix. Only the root has no name before the dot.
func cutFormat(path, prefix string) (plain, format string, found bool) {
	path = strings.TrimSuffix(path, "/")
	i := strings.LastIndexByte(path, '.')
	if i < len(prefix) || !strings.HasPrefix(path, prefix) {
		return path, "", false
	}
	plain, format = path[:i], path[i+1:]
	odd := strings.ContainsFunc(format, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	return plain, format, format != "" && !odd && (plain == prefix || !strings.HasSuffix(plain, "/"))
}

// wantsOtherFormat tells whether a path, or else the query, asks for a format that is not JSON.
func wantsOtherFormat(r *http.Request) bool {
	format := r.PathValue("format")
	if format == "" && r.URL.RawQuery != "" {
		format = r.URL.Query().Get("format")
	}
	return format != "" && format != "json"
}
