package auth

import (
	"context"
	"time"
)

// Store keeps what Cartouche knows. It promises verbs, not rows: each method is atomic, carries its condition with it, and is durable when
// it returns without error. Every method is safe for concurrent use, also by several processes. A store that cannot answer wraps [ErrUnavailable].
//
// Package sqlstore implements it for SQLite and PostgreSQL; authtest.TestStore checks an implementation.
type Store interface {
	UserStore
	SessionStore
	SigningKeyStore
	RevocationStore
	EventStore
	ChainStore
	LimitStore
	AccountStore
	OneTimeTokenStore
	OutboxStore
	OpaqueTokenStore
	ImportStore

	// Now is the database's clock. Only this clock is ever compared with itself, so nodes need not agree on the time.
	Now() time.Time
	// Ping asks whether the store can answer and write.
	Ping(ctx context.Context) error
}
