package verifier

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cartouche-auth/cartouche/token"
)

const (
	keyPoll    = 5 * time.Minute  // the server lets others keep the keys for this long
	keyRetry   = 10 * time.Second // after trouble
	keyPause   = 10 * time.Second // between fetches that tokens with unknown keys cause
	fetchLimit = 64 << 10
	fetchTime  = 5 * time.Second
)

// keys are the public keys that are known.
type keys struct {
	ring  atomic.Pointer[token.Keyring]
	mu    sync.Mutex
	tried time.Time // when they were last fetched, or not
	err   error
}

// tendKeys fetches the keys now and then. When that fails the old ones stay: a revoked key is made known by the feed.
func (v *Verifier) tendKeys(ctx context.Context) {
	for {
		pause := keyPoll
		if err := v.loadKeys(ctx); err != nil {
			if ctx.Err() == nil {
				v.config.Logger.WarnContext(ctx, "public keys cannot be fetched", "error", err)
			}
			pause = keyRetry
		}
		if !wait(ctx, pause) {
			return
		}
	}
}

// fetchKeys is loadKeys for a token whose key is unknown. Whoever forges tokens must not make us fetch for each, so it happens once in a while;
// in between it answers what came of the last time.
func (v *Verifier) fetchKeys(ctx context.Context) error {
	v.keys.mu.Lock()
	recent, err := v.config.Now().Sub(v.keys.tried) < keyPause, v.keys.err
	v.keys.mu.Unlock()
	if !recent {
		err = v.loadKeys(ctx)
	}
	if v.keys.ring.Load() == nil {
		return fmt.Errorf("%w: there are no public keys yet: %w", ErrUnavailable, err)
	}
	return nil // unknown to the keys that we have
}

func (v *Verifier) loadKeys(ctx context.Context) error {
	v.keys.mu.Lock()
	defer v.keys.mu.Unlock()
	set, err := v.readKeys(ctx)
	var ring *token.Keyring
	if err == nil {
		ring, err = token.ParseJWKS(set)
	}
	v.keys.tried, v.keys.err = v.config.Now(), err
	if err == nil {
		v.keys.ring.Store(ring)
	}
	return err
}

func (v *Verifier) readKeys(ctx context.Context) ([]byte, error) {
	if !strings.Contains(v.config.JWKS, "://") {
		return os.ReadFile(v.config.JWKS)
	}
	// The keys are everybody's: a caller who goes away must not leave the others without.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTime)
	defer cancel()
	return v.fetch(ctx, v.config.JWKS, nil, fetchLimit)
}

// fetch gets a document of bounded size.
func (v *Verifier) fetch(ctx context.Context, url string, header http.Header, limit int64) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	r.Header = header
	if header == nil {
		r.Header = http.Header{}
	}
	r.Header.Set("Accept", "application/json")
	answer, err := v.config.Client.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close() //nolint:errcheck // it has been read
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %s", r.URL.Redacted(), answer.Status)
	}
	return readAtMost(answer.Body, limit)
}

// wait waits; false: ctx has ended.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func readAtMost(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(data)) > limit {
		return nil, fmt.Errorf("the answer is longer than %d bytes", limit)
	}
	return data, err
}
