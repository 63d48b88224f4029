package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"path"
	"time"

	"github.com/cartouche-auth/cartouche/secret"
)

// middleware is the one place for the order of what stands before the routes.
func (a *api) middleware(routes http.Handler, cors func(http.Handler) http.Handler) http.Handler {
	h := a.refuseOddPaths(routes)
	h = cors(h)
	h = protectAnswers(h, a.deployment != localhostDeployment)
	return a.observe(h)
}

// refuseOddPaths answers 404 where ServeMux would redirect to the cleaned path: nothing here is ever redirected.
func (a *api) refuseOddPaths(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := r.URL.Path
		clean := path.Clean(p)
		if p != clean && p != clean+"/" {
			a.fail(w, r, errNoRoute())
			return
		}
		next.ServeHTTP(w, r)
	})
}

// protectAnswers sets what every answer of an API needs: nobody stores it, frames it, guesses its type, or reads it from another site.
func protectAnswers(next http.Handler, https bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h["Cache-Control"] = noStore
		h["X-Content-Type-Options"] = noSniff
		h["Content-Security-Policy"] = noContent
		h["Referrer-Policy"] = noReferrer
		h["Cross-Origin-Resource-Policy"] = sameOrigin // pages of other sites may not embed an answer; CORS is another matter
		if https {
			h["Strict-Transport-Security"] = hsts
		}
		next.ServeHTTP(w, r)
	})
}

//nolint:gochecknoglobals // constants in all but name: headers are slices, and the hot path shares them
var (
	noStore    = []string{"no-store"}
	noSniff    = []string{"nosniff"}
	noContent  = []string{"default-src 'none'; frame-ancestors 'none'"}
	noReferrer = []string{"no-referrer"}
	sameOrigin = []string{"same-origin"}
	hsts       = []string{"max-age=31536000; includeSubDomains"}
	jsonTypes  = []string{jsonType}
)

// recorder remembers the status for the log line, and the request's id for its header.
type recorder struct {
	http.ResponseWriter
	status int
	id     [1]string
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(p)
}

func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

type requestIDKey struct{}

// requestID is the id that observe gave a request; empty without it.
func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// observe gives every request an id, catches what panics, and writes one line. Addresses, tokens and bodies never reach the log.
func (a *api) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		watch := stopwatch()
		id := secret.Alphanumeric(16)
		r = r.WithContext(context.WithValue(r.Context(), requestIDKey{}, id))
		rec := &recorder{ResponseWriter: w, id: [1]string{id}}
		w.Header()["X-Request-Id"] = rec.id[:]
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler { //nolint:errorlint // a sentinel that is compared as net/http does
					panic(p)
				}
				a.log.ErrorContext(r.Context(), "handler panicked", "request_id", id, "panic", p)
				if rec.status == 0 {
					a.fail(rec, r, errInternal())
				}
			}
			a.account(r, rec.status, id, watch())
		}()
		next.ServeHTTP(rec, r)
	})
}

// stopwatch measures how long something took. The machine's own clock is right for that: nothing is held against it.
func stopwatch() func() time.Duration {
	started := time.Now()                                      //nolint:forbidigo // see above
	return func() time.Duration { return time.Since(started) } //nolint:forbidigo // see above
}

// account tells the log and who else wants to know what became of a request.
func (a *api) account(r *http.Request, status int, id string, took time.Duration) {
	if status == 0 {
		status = http.StatusOK
	}
	if a.config.Observe != nil {
		a.config.Observe(r.Context(), Request{Route: routeOf(r), Method: methodName(r.Method), Status: status, Took: took})
	}
	a.logRequest(r, status, id, took)
}

func (a *api) logRequest(r *http.Request, status int, id string, took time.Duration) {
	if !a.log.Enabled(r.Context(), slog.LevelInfo) {
		return
	}
	// A record of our own, because the logger's methods look for the line that calls them, which takes as long as all the rest and is always this one.
	record := slog.NewRecord(time.Now(), slog.LevelInfo, "request", 0) //nolint:forbidigo // the log's own time, as in every other line of it
	record.AddAttrs(
		slog.String("method", r.Method), slog.String("route", r.Pattern), slog.Int("status", status),
		slog.Duration("duration", took), slog.String("request_id", id))
	_ = a.log.Handler().Handle(r.Context(), record) // as the logger's methods do: who could be told?
}
