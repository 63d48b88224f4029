package load_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/bench/load"
)

func TestLoopCountsOnlyTheWindow(t *testing.T) {
	t.Parallel()
	var taken, opened, closed atomic.Int64
	step := func() error { taken.Add(1); return nil }
	result, err := load.Loop(t.Context(), load.Window{
		Warm: 20 * time.Millisecond, Length: 20 * time.Millisecond,
		Opened: func() { opened.Store(taken.Load()) }, Closed: func() { closed.Store(taken.Load()) },
	}, []load.Step{step, step})
	if err != nil {
		t.Fatal(err)
	}
	// Between the edge and its reading a client may take some steps more.
	if got, least := int64(result.Count()), int64(1); got < least || got > taken.Load()-opened.Load() {
		t.Errorf("Loop: got %d answers, want some, and at most the %d since the window opened", got, taken.Load()-opened.Load())
	}
	if opened.Load() == 0 || closed.Load() <= opened.Load() {
		t.Errorf("Loop: the window opened after %d answers and closed after %d", opened.Load(), closed.Load())
	}
	if result.Took < 20*time.Millisecond || result.Rate() <= 0 {
		t.Errorf("Loop: took %s at %.0f/s, want at least 20ms", result.Took, result.Rate())
	}
	if !slices.IsSorted(result.Latencies) {
		t.Error("Loop: latencies are not in order")
	}
}

func TestLoopEndsWithTheFirstRefusal(t *testing.T) {
	t.Parallel()
	refused := errors.New("refused")
	honest := func() error { return nil }
	_, err := load.Loop(t.Context(), load.Window{Length: time.Hour}, []load.Step{honest, func() error { return refused }})
	if !errors.Is(err, refused) {
		t.Errorf("Loop: got %v, want %v", err, refused)
	}
}

func TestPacedEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var steps atomic.Int64
	result, err := load.Paced(ctx, time.Millisecond, []load.Step{func() error {
		if steps.Add(1) == 3 {
			cancel()
		}
		return nil
	}})
	if err != nil || result.Count() < 3 {
		t.Errorf("Paced: got %d steps and %v, want 3", result.Count(), err)
	}
}

func TestPacedEndsWithTheFirstRefusal(t *testing.T) {
	t.Parallel()
	refused := errors.New("refused")
	_, err := load.Paced(t.Context(), time.Millisecond, []load.Step{func() error { return refused }})
	if !errors.Is(err, refused) {
		t.Errorf("Paced: got %v, want %v", err, refused)
	}
}

func TestQuantile(t *testing.T) {
	t.Parallel()
	r := load.Result{Latencies: make([]time.Duration, 101)}
	for i := range r.Latencies {
		r.Latencies[i] = time.Duration(i)
	}
	for q, want := range map[float64]time.Duration{0: 0, 0.5: 50, 0.99: 99, 1: 100} {
		if got := r.Quantile(q); got != want {
			t.Errorf("Quantile(%v): got %d, want %d", q, got, want)
		}
	}
	if got := (load.Result{}).Quantile(0.5); got != 0 {
		t.Errorf("Quantile of nothing: got %d, want 0", got)
	}
}
