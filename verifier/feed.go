package verifier

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/token"
)

const (
	feedLimit    = 64 << 20 // half a million sessions that were ended in one access-token life
	feedGrace    = 10 * time.Second
	firstPause   = 250 * time.Millisecond
	longestPause = 5 * time.Second
	forgetSlack  = time.Minute
)

// feed is what is known to be revoked, and when it was true.
type feed struct {
	revoked token.Revocations
	known   atomic.Int64 // Unix milliseconds, by our clock: everything revoked until then is known; zero: nothing is
	wait    atomic.Int64 // nanoseconds that one poll may take
}

// waitFor is how long a poll may wait so that knowledge gets no older than that, even if an answer is late.
func waitFor(stale time.Duration) time.Duration {
	return max(time.Second, (stale / 3).Truncate(time.Second))
}

// page is an answer of the feed.
type page struct {
	Cursor      string `json:"cursor"`
	Whole       bool   `json:"whole"`
	Age         *int64 `json:"age_ms"`
	Revocations []struct {
		Kind      token.RevocationKind `json:"kind"`
		Subject   string               `json:"subject"`
		NotBefore int64                `json:"not_before"`
		Reason    string               `json:"reason"`
	} `json:"revocations"`
}

// follow polls the feed until ctx ends.
func (v *Verifier) follow(ctx context.Context) {
	cursor, pause := "", firstPause
	for ctx.Err() == nil {
		next, err := v.poll(ctx, cursor)
		if err == nil {
			cursor, pause = next, firstPause
			continue
		}
		if ctx.Err() == nil {
			v.config.Logger.WarnContext(ctx, "the feed of revocations cannot be followed", "error", err)
		}
		wait(ctx, pause+time.Duration(secret.Fraction()*float64(pause)))
		pause = min(2*pause, longestPause)
	}
}

// poll asks once, takes what is new into force and answers the next cursor.
func (v *Verifier) poll(ctx context.Context, cursor string) (string, error) {
	limit := time.Duration(v.feed.wait.Load())
	ctx, cancel := context.WithTimeout(ctx, limit+feedGrace)
	defer cancel()
	query := url.Values{"wait": {strconv.Itoa(int(limit / time.Second))}}
	if cursor != "" {
		query.Set("cursor", cursor)
	} else {
		query.Set("wait", "0")
	}
	body, err := v.fetch(ctx, v.config.Feed+"?"+query.Encode(), http.Header{"Authorization": {"Bearer " + v.config.FeedToken.Reveal()}}, feedLimit)
	if err != nil {
		return "", err
	}
	var p page
	if err := json.Unmarshal(body, &p); err != nil || p.Cursor == "" || p.Age == nil || *p.Age < 0 {
		return "", fmt.Errorf("%s answered something else than revocations", v.config.Feed)
	}
	v.take(p)
	return p.Cursor, nil
}

func (v *Verifier) take(p page) {
	list := make([]token.Revocation, len(p.Revocations))
	for i, r := range p.Revocations {
		list[i] = token.Revocation{Kind: r.Kind, Subject: r.Subject, NotBefore: time.UnixMilli(r.NotBefore), Reason: r.Reason}
	}
	if p.Whole {
		v.feed.revoked.Replace(list)
	} else {
		v.feed.revoked.Add(list...)
	}
	now := v.config.Now()
	v.feed.revoked.Forget(now.Add(-v.config.MaxLife - v.config.Leeway - forgetSlack))
	v.feed.known.Store(now.UnixMilli() - *p.Age)
}

// fresh asks whether enough is known of revocations for a route.
func (v *Verifier) fresh(now time.Time, route Route) error {
	if v.config.WithoutFeed || route.FailOpen {
		return nil
	}
	limit := route.MaxStale
	if limit == 0 {
		limit = v.config.MaxStale
	}
	if stale := now.Sub(time.UnixMilli(v.feed.known.Load())); stale > limit {
		return fmt.Errorf("%w: revocations have not been heard of for longer than %s", ErrUnavailable, limit)
	}
	return nil
}
