package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/token"
	"github.com/cartouche-auth/cartouche/verifier"
)

// liveRevocations is how many sessions have been ended in the last minutes, for a service that follows them.
const liveRevocations = 100_000

// verifierProbes measure what a service elsewhere spends on a token that it has seen before, with nothing revoked and with much, in this process and on
// one core.
func verifierProbes() []probe {
	return []probe{{keys: []string{"verifier-none", "verifier-many", "verifier-allocations"}, run: func(ctx context.Context, w *world, record func(string, sample)) error {
		for key, revoked := range map[string]int{"verifier-none": 0, "verifier-many": liveRevocations} {
			check, stop, err := w.follower(ctx, revoked)
			if err != nil {
				return err
			}
			took, err := perCall(ctx, w.window/4, check)
			if err == nil && revoked > 0 {
				record("verifier-allocations", sample{Value: testing.AllocsPerRun(1000, func() { _ = check() })})
			}
			stop()
			if err != nil {
				return fmt.Errorf("%s: %w", key, err)
			}
			record(key, sample{Value: float64(took)})
		}
		return nil
	}}}
}

// follower is a verifier that follows a feed with so many revocations, and has heard of them.
func (w *world) follower(ctx context.Context, revoked int) (check func() error, stop func(), err error) {
	key, err := token.GenerateKey(token.ES256)
	if err != nil {
		return nil, nil, err
	}
	key.State = token.Active
	ring, err := token.NewKeyring([]token.Key{key})
	if err != nil {
		return nil, nil, err
	}
	keys := filepath.Join(w.folder, "jwks.json")
	if err := os.WriteFile(keys, ring.JWKS(), 0o600); err != nil { //nolint:gosec // in a temporary folder of ours
		return nil, nil, err
	}
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	feed, err := serveFeed(ctx, now, revoked)
	if err != nil {
		return nil, nil, err
	}
	v, err := verifier.New(verifier.Config{
		Issuer: issuer, JWKS: keys, Feed: "http://" + feed.Addr().String() + "/", FeedToken: secret.NewText("of no importance here"), Now: func() time.Time { return now },
	})
	if err != nil {
		return nil, nil, errors.Join(err, feed.Close())
	}
	text, err := ring.Sign(token.Claims{
		Type: "access", Issuer: issuer, Subject: "019ab3c4-0000-7000-8000-000000000001", SessionID: "00112233445566778899aabbccddeeff",
		ID: "ffeeddccbbaa99887766554433221100", IssuedAt: now.Add(-time.Minute), ExpiresAt: now.Add(4 * time.Minute),
	})
	if err != nil {
		return nil, nil, errors.Join(err, feed.Close())
	}
	running, end := context.WithCancel(ctx)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		_ = v.Run(running)
	}()
	stop = func() {
		end()
		<-stopped
		_ = feed.Close()
	}
	check = func() error {
		_, err := v.Verify(ctx, text, verifier.Route{})
		return err
	}
	for err = check(); errors.Is(err, verifier.ErrUnavailable); err = check() { // until it has heard of them
		if err := pause(ctx, time.Millisecond); err != nil {
			stop()
			return nil, nil, err
		}
	}
	if err != nil {
		stop()
		return nil, nil, err
	}
	return check, stop, nil
}

// serveFeed answers so many revocations at once, and then waits for who asks again to go.
func serveFeed(ctx context.Context, now time.Time, revoked int) (net.Listener, error) {
	list := make([]map[string]any, revoked)
	for i := range list {
		list[i] = map[string]any{"kind": "session", "subject": fmt.Sprintf("%032x", i), "not_before": now.UnixMilli(), "reason": "logout"}
	}
	page, err := json.Marshal(map[string]any{"cursor": "1", "whole": true, "age_ms": 0, "revocations": list})
	if err != nil {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("cursor") != "" {
			<-r.Context().Done()
			return
		}
		_, _ = w.Write(page)
	})}
	go server.Serve(listener) //nolint:errcheck // it ends with the listener
	return listener, nil
}
