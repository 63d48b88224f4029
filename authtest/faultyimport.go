package authtest

import (
	"context"

	"github.com/cartouche-auth/cartouche/auth"
)

// ImportUsers implements auth.ImportStore.
func (f *Faults) ImportUsers(ctx context.Context, users []auth.ImportedUser, event auth.Event) ([]auth.ImportResult, error) {
	return ask(ctx, f, "ImportUsers", func() ([]auth.ImportResult, error) { return f.store.ImportUsers(ctx, users, event) })
}

// ImportFingerprints implements auth.ImportStore.
func (f *Faults) ImportFingerprints(ctx context.Context, ids []auth.UserID) (map[auth.UserID][32]byte, error) {
	return ask(ctx, f, "ImportFingerprints", func() (map[auth.UserID][32]byte, error) { return f.store.ImportFingerprints(ctx, ids) })
}

// ImportOpen implements auth.ImportStore.
func (f *Faults) ImportOpen(ctx context.Context, user auth.UserID) (bool, error) {
	return ask(ctx, f, "ImportOpen", func() (bool, error) { return f.store.ImportOpen(ctx, user) })
}

// ImportedToken implements auth.ImportStore.
func (f *Faults) ImportedToken(ctx context.Context, kind auth.ImportedKind, hash [32]byte) (auth.ImportedToken, error) {
	return ask(ctx, f, "ImportedToken", func() (auth.ImportedToken, error) { return f.store.ImportedToken(ctx, kind, hash) })
}

// OpenImported implements auth.ImportStore.
func (f *Faults) OpenImported(ctx context.Context, token auth.ImportedToken, opening auth.Opening) ([]auth.SessionID, bool, error) {
	return ask2(ctx, f, "OpenImported", func() ([]auth.SessionID, bool, error) { return f.store.OpenImported(ctx, token, opening) })
}

// SpendImported implements auth.ImportStore.
func (f *Faults) SpendImported(ctx context.Context, kind auth.ImportedKind, hash [32]byte, event auth.Event) (bool, error) {
	return ask(ctx, f, "SpendImported", func() (bool, error) { return f.store.SpendImported(ctx, kind, hash, event) })
}
