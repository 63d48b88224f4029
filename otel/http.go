package tracing

import (
	"context"
	"net/http"
	"net/url"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/cartouche-auth/cartouche/httpapi"
)

type addressKey struct{}

// Handler makes a span of each request, with otelhttp. The span learns its route from [Observe]. Options are otelhttp's, such as WithTracerProvider and
// WithPropagators; by default they are the global ones. Spans of clients elsewhere are linked to and not gone on with: strangers choose their ids.
func Handler(next http.Handler, options ...otelhttp.Option) http.Handler {
	options = append([]otelhttp.Option{
		otelhttp.WithPublicEndpointFn(func(*http.Request) bool { return true }),
		otelhttp.WithSpanNameFormatter(func(operation string, _ *http.Request) string { return operation }),
	}, options...)
	traced := otelhttp.NewHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown := *r
		if address, ok := r.Context().Value(addressKey{}).(*url.URL); ok {
			shown.URL = address
		}
		next.ServeHTTP(w, &shown)
	}), "request", options...)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// otelhttp writes the path into the span, and with that the token of a mailed link (secrets in traces).
		hidden := *r.WithContext(context.WithValue(r.Context(), addressKey{}, r.URL))
		hidden.URL = &url.URL{}
		traced.ServeHTTP(w, &hidden)
	})
}

// Observe names the span of a request by its route; see httpapi.Config.Observe.
func Observe(ctx context.Context, r httpapi.Request) {
	span := trace.SpanFromContext(ctx)
	span.SetName(r.Method + " " + r.Route)
	span.SetAttributes(attribute.String("http.route", r.Route))
}
