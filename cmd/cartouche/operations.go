package main

import (
	"net/http"
	"net/http/pprof"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/httpapi"
	"github.com/cartouche-auth/cartouche/metrics"
)

// operations is what is served on the address of operators, and nowhere else.
func operations(service *auth.Service, m *metrics.Metrics, debugging bool) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", httpapi.Operations(service))
	mux.Handle("GET /metrics", m.Handler())
	if debugging {
		mountDebug(mux)
	}
	return mux
}

// mountDebug serves profiles. The command line is not among them, because it may hold the password of the database (leak by /debug/pprof/cmdline).
func mountDebug(mux *http.ServeMux) {
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", http.NotFound)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
}
