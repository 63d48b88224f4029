package authtest

import (
	"context"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
)

// SealEvents implements auth.ChainStore.
func (f *Faults) SealEvents(ctx context.Context, limit int, seal func(auth.Mark, int64, []auth.SealedEvent) ([]auth.Link, auth.Mark)) (int, error) {
	return ask(ctx, f, "SealEvents", func() (int, error) { return f.store.SealEvents(ctx, limit, seal) })
}

// Chain implements auth.ChainStore.
func (f *Faults) Chain(ctx context.Context) (auth.Chain, error) {
	return ask(ctx, f, "Chain", func() (auth.Chain, error) { return f.store.Chain(ctx) })
}

// SealedEvents implements auth.ChainStore.
func (f *Faults) SealedEvents(ctx context.Context, after int64, limit int) ([]auth.SealedEvent, error) {
	return ask(ctx, f, "SealedEvents", func() ([]auth.SealedEvent, error) { return f.store.SealedEvents(ctx, after, limit) })
}

// UnsealedEvents implements auth.ChainStore.
func (f *Faults) UnsealedEvents(ctx context.Context, after int64, limit int) ([]auth.SealedEvent, error) {
	return ask(ctx, f, "UnsealedEvents", func() ([]auth.SealedEvent, error) { return f.store.UnsealedEvents(ctx, after, limit) })
}

// PruneEvents implements auth.ChainStore.
func (f *Faults) PruneEvents(ctx context.Context, before time.Time, mark func(auth.Link) auth.Mark) (int, error) {
	return ask(ctx, f, "PruneEvents", func() (int, error) { return f.store.PruneEvents(ctx, before, mark) })
}
