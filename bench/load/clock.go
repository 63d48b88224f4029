package load

import (
	"context"
	"time"
)

func now() time.Time { return time.Now() } //nolint:forbidigo // a stopwatch reads the machine's clock

func since(start time.Time) time.Duration { return now().Sub(start) }

// pause waits; false: ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
