// Command resource-server is an orders service that accepts Cartouche's access tokens: it keeps no users, asks nobody for each request, and lets nobody in
// who has signed out.
//
//	ISSUER=https://auth.example.com FEED_TOKEN=… go run ./examples/resource-server
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/verifier"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, slog.New(slog.NewJSONHandler(os.Stderr, nil))); err != nil {
		fmt.Fprintln(os.Stderr, "resource-server:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, log *slog.Logger) error {
	v, err := verifier.New(verifier.Config{
		Issuer: os.Getenv("ISSUER"), FeedToken: secret.NewText(os.Getenv("FEED_TOKEN")), Logger: log,
		JWKS: os.Getenv("JWKS"), Feed: os.Getenv("FEED"), // both are found by the issuer when empty
	})
	if err != nil {
		return err
	}
	go v.Run(ctx) //nolint:errcheck // it ends with ctx only

	mux := http.NewServeMux()
	mux.Handle("GET /orders", v.Require(http.HandlerFunc(orders)))
	// Money moves only while we know of sign-outs within two seconds; the catalogue is shown whatever happens.
	mux.Handle("POST /orders", v.RequireOn(verifier.Route{MaxStale: 2 * time.Second}, http.HandlerFunc(orders)))
	mux.Handle("GET /catalogue", v.RequireOn(verifier.Route{FailOpen: true}, http.HandlerFunc(orders)))
	return serve(ctx, log, mux)
}

// orders answers whose orders these are.
func orders(w http.ResponseWriter, r *http.Request) {
	principal, _ := verifier.FromContext(r.Context())
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"user": principal.UserID, "orders": []string{}})
}

func serve(ctx context.Context, log *slog.Logger, handler http.Handler) error {
	address := os.Getenv("LISTEN")
	if address == "" {
		address = "127.0.0.1:9090"
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() {
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = server.Shutdown(drain)
	})
	log.InfoContext(ctx, "listening", "address", listener.Addr().String())
	if err := server.Serve(listener); err != http.ErrServerClosed {
		return err
	}
	return nil
}
