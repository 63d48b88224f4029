package main

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/cartouche-auth/cartouche/bench/process"
)

// startProbes measure what a server costs that nobody asks anything.
func startProbes() []probe {
	return []probe{
		{keys: []string{"start-fresh"}, once: true, run: runFreshStarts},
		{keys: []string{"start-existing", "idle-memory"}, once: true, run: runStarts},
		one("binary", func(_ context.Context, w *world) (sample, error) { return fileSize(w.binary) }).alone(),
	}
}

// starts is how often a start is repeated.
const starts = 7

func runFreshStarts(ctx context.Context, w *world, record func(string, sample)) error {
	for range starts {
		folder, err := os.MkdirTemp(w.folder, "fresh-")
		if err != nil {
			return err
		}
		s, err := site{binary: w.binary, folder: folder, log: w.log}.start(ctx)
		if err != nil {
			return err
		}
		record("start-fresh", sample{Value: float64(s.took)})
		if err := errors.Join(s.close(), os.RemoveAll(folder)); err != nil { //nolint:gosec // made above
			return err
		}
	}
	return nil
}

func runStarts(ctx context.Context, w *world, record func(string, sample)) error {
	where, err := w.newSite(ctx, "start", "sqlite", w.hash)
	if err != nil {
		return err
	}
	for range starts {
		s, err := where.start(ctx)
		if err != nil {
			return err
		}
		record("start-existing", sample{Value: float64(s.took)})
		if err := s.close(); err != nil {
			return err
		}
	}
	return atRest(ctx, where, record)
}

// settle is how long a server rests before its memory is read.
const settle = 2 * time.Second

// atRest reads the memory of a server that has started and has nothing to do.
func atRest(ctx context.Context, where site, record func(string, sample)) error {
	s, err := where.start(ctx)
	if err != nil {
		return err
	}
	if err := pause(ctx, settle); err != nil {
		return errors.Join(err, s.close())
	}
	memory, err := process.ReadMemory(s.process.PID())
	record("idle-memory", sample{Value: float64(memory.Now)})
	return errors.Join(err, s.close())
}

func fileSize(path string) (sample, error) {
	info, err := os.Stat(path) //nolint:gosec // whoever runs this program names it
	if err != nil {
		return sample{}, err
	}
	return sample{Value: float64(info.Size())}, nil
}

// alone makes a probe run once.
func (p probe) alone() probe {
	p.once = true
	return p
}
