package tracing_test

import (
	"context"
	"log"
	"net/http"
	"time"

	"go.opentelemetry.io/otel"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/httpapi"
	tracing "github.com/cartouche-auth/cartouche/otel"
	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/sqlstore/sqlite"
)

// A program of one's own with traces. Set the global provider up first, with the exporter of your choice.
func Example() {
	ctx := context.Background()
	store, err := sqlite.Open(ctx, "auth.db")
	if err != nil {
		log.Fatal(err)
	}
	master, err := secret.OpenMaster("master.key")
	if err != nil {
		log.Fatal(err)
	}
	svc, err := auth.New(auth.Config{
		Issuer: "https://app.example.com", Master: master, Store: store.Through(tracing.Database(otel.GetTracerProvider())),
	})
	if err != nil {
		log.Fatal(err)
	}
	go func() { log.Print(svc.Run(ctx)) }()
	api, err := httpapi.New(svc, httpapi.Config{Observe: tracing.Observe})
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Addr: "127.0.0.1:8080", Handler: tracing.Handler(api), ReadHeaderTimeout: 5 * time.Second}
	log.Fatal(server.ListenAndServe())
}
