// Package metrics tells in Prometheus's words what a server does. It is the only package that knows Prometheus: the others count, and show their
// counts when they are asked. What is told holds nobody's name, address or token, and no label takes a value that a request made up.
package metrics

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/httpapi"
	"github.com/cartouche-auth/cartouche/sqlstore"
)

// Config says what is measured. Service is needed.
type Config struct {
	Service *auth.Service
	// Database shows the counters of the database; see sqlstore.Store.Stats. Nil: none are told.
	Database func() sqlstore.Stats
	// Version and Commit name the program.
	Version, Commit string
	// Logger is told what could not be read; default slog.DiscardHandler.
	Logger *slog.Logger
}

// Metrics collects what is told. Make it with [New]. Every method is safe for concurrent use.
type Metrics struct {
	registry  *prometheus.Registry
	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
}

// New makes the metrics of one service. They are in a registry of their own, so that nothing else gets into it by being imported.
func New(c Config) *Metrics {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	m := &Metrics{
		registry:  prometheus.NewRegistry(),
		requests:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: requests.name, Help: requests.help}, requests.labels),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: durations.name, Help: durations.help, Buckets: buckets()}, durations.labels),
	}
	m.registry.MustRegister( // fails for names that are there twice only
		m.requests, m.durations, newCollector(c), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

// buckets are the upper bounds of durations in seconds: around a refresh, around a password hash, and where something is wrong.
func buckets() []float64 {
	return []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5}
}

// Observe counts a request; see httpapi.Config.Observe.
func (m *Metrics) Observe(_ context.Context, r httpapi.Request) {
	m.requests.WithLabelValues(r.Route, r.Method, statusClass(r.Status)).Inc()
	m.durations.WithLabelValues(r.Route).Observe(r.Took.Seconds())
}

func statusClass(status int) string { return strconv.Itoa(status/100) + "xx" }

// Bounds of a scrape. A monitoring system asks every few seconds, once; whoever asks more often waits for nothing.
const (
	maxScrapes    = 4
	scrapeTimeout = 5 * time.Second
)

// Handler serves the metrics. It belongs on an address for operators.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: maxScrapes, Timeout: scrapeTimeout})
}
