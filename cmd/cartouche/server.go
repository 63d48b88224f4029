package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/cartouche-auth/cartouche/cmd/cartouche/internal/bounds"
)

// Limits of a connection. Whoever sends or reads slower than this is cut off: a request is small, and so is its answer.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 10 * time.Second
	writeTimeout      = 15 * time.Second
	idleTimeout       = 60 * time.Second
	maxHeaderBytes    = 16 << 10
	drainTimeout      = 10 * time.Second // how long requests may go on after the server was told to stop

	maxConnections          = 4096
	maxConnectionsPerSource = 100
)

// listening is one server on one address.
type listening struct {
	server   *http.Server
	listener net.Listener
}

// listen takes an address.
func listen(ctx context.Context, setting, address string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s: %s is taken by another program; stop it, or choose another address", setting, address)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("%s: %s: this user may not listen there; choose a port above 1023", setting, address)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", setting, err)
	}
	return l, nil
}

func newServer(handler http.Handler, proxies []string, log *slog.Logger) *http.Server {
	connections := bounds.New(maxConnections, maxConnectionsPerSource, proxies)
	return &http.Server{
		Handler: handler, ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeaderBytes, ConnState: connections.Observe, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// serveAll serves until ctx ends or one server breaks, and then lets the requests that run come to their end.
func serveAll(ctx context.Context, all []listening) error {
	broken := make(chan error, len(all))
	for _, l := range all {
		go func() { broken <- l.server.Serve(l.listener) }()
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-broken:
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	for _, l := range all {
		if stopErr := l.server.Shutdown(drain); stopErr != nil {
			err = errors.Join(err, fmt.Errorf("some requests were cut off: %w", stopErr), l.server.Close())
		}
	}
	return err
}
