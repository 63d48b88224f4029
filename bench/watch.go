package main

import (
	"context"
	"os"
	"syscall"
	"time"
)

// watch is a stopwatch.
type watch struct{ started time.Time }

func startWatch() watch { return watch{time.Now()} } //nolint:forbidigo // a stopwatch reads the machine's clock

func (w watch) elapsed() time.Duration { return time.Since(w.started) } //nolint:forbidigo // a stopwatch reads the machine's clock

// today is the date, in UTC.
func today() string { return time.Now().UTC().Format(time.DateOnly) } //nolint:forbidigo // the day of a run

// pause waits, or answers why it could not.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// syncData is fdatasync, which os.File does not offer.
func syncData(file *os.File) error {
	for {
		if err := syscall.Fdatasync(int(file.Fd())); err != syscall.EINTR {
			return err
		}
	}
}
