package verifier_test

import (
	"context"
	"net/http"
	"os"
	"time"

	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/verifier"
)

// A service lets in whoever is signed in.
func ExampleVerifier_Require() {
	_ = func(ctx context.Context, mux *http.ServeMux, orders http.Handler) error {
		v, err := verifier.New(verifier.Config{Issuer: "https://auth.example.com", FeedToken: secret.NewText(os.Getenv("FEED_TOKEN"))})
		if err != nil {
			return err
		}
		go v.Run(ctx)
		mux.Handle("GET /orders", v.Require(orders)) // verifier.FromContext(r.Context()) says who it is
		return nil
	}
}

// Routes may ask for more, or for less.
func ExampleVerifier_RequireOn() {
	_ = func(v *verifier.Verifier, mux *http.ServeMux, pay, catalogue http.Handler) {
		mux.Handle("POST /orders", v.RequireOn(verifier.Route{MaxStale: 2 * time.Second}, pay)) // refuse sooner
		mux.Handle("GET /catalogue", v.RequireOn(verifier.Route{FailOpen: true}, catalogue))    // let in whom nobody knows to be signed out
	}
}
