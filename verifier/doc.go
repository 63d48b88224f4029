// Package verifier lets another service accept Cartouche's access tokens without asking anybody for each request: it fetches the public keys, checks
// signatures strictly, and follows the feed of what is revoked, so that a sign-out bites within a bound that each route states.
//
//	v, err := verifier.New(verifier.Config{Issuer: "https://auth.example.com", FeedToken: secret.NewText(os.Getenv("FEED_TOKEN"))})
//	go v.Run(ctx)
//	mux.Handle("GET /orders", v.Require(orders))
//	// in orders: principal, _ := verifier.FromContext(r.Context())
//
// It imports neither the store nor the users.
package verifier
