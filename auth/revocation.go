package auth

import (
	"context"
	"time"

	"github.com/cartouche-auth/cartouche/token"
)

// Revocation kills access tokens: those that name its subject and were issued at or before its time. The word is of package token, so that package
// verifier, which knows no users, has the same.
type Revocation = token.Revocation

// RevocationKind says what a revocation names.
type RevocationKind = token.RevocationKind

// The kinds of revocations.
const (
	RevokedSession    = token.RevokedSession
	RevokedUser       = token.RevokedUser
	RevokedKey        = token.RevokedKey
	RevokedEverything = token.RevokedEverything
)

// RevocationStore is what [Store] promises about revocations.
type RevocationStore interface {
	// Revocations lists the revocations that were stored after the given time, in no order.
	Revocations(ctx context.Context, after time.Time) ([]Revocation, error)
	// Revoke stores a revocation of a user, a key or everything together with its event.
	Revoke(ctx context.Context, revocation Revocation, event Event) error
	Hints
}

// Hints is a line on which processes hear that others have revoked something.
type Hints interface {
	// AwaitRevocation returns nil when another process may have stored a revocation: a hint, which saves waiting for the next poll and may be lost or
	// wrong. It returns the error of ctx when that ends, and another when the hint's line is broken; then it is to be called again, later.
	AwaitRevocation(ctx context.Context) error
}
