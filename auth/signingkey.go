package auth

import (
	"context"
	"time"
)

// SigningKey is a key as the store holds it: the private part sealed under the master key.
type SigningKey struct {
	ID        string
	Algorithm string
	State     KeyState
	Sealed    []byte // empty once gone
	CreatedAt time.Time
	StateAt   time.Time // when the key entered its state
}

// KeyState is a stage in the life of a signing key: pending, active, retiring, gone.
type KeyState string

// The states of a signing key. A pending key is published but does not sign; a retiring one verifies but does not sign.
const (
	KeyPending  KeyState = "pending"
	KeyActive   KeyState = "active"
	KeyRetiring KeyState = "retiring"
	KeyGone     KeyState = "gone"
)

// SigningKeyStore is what [Store] promises about signing keys.
type SigningKeyStore interface {
	// SigningKeys lists every key, the oldest first.
	SigningKeys(ctx context.Context) ([]SigningKey, error)
	// ChangeSigningKeys calls change with every key while no other process can change them, and stores the keys that it answers (new ones are
	// added, known ones replaced) together with the events. No key, no change.
	ChangeSigningKeys(ctx context.Context, change func(keys []SigningKey) ([]SigningKey, []Event, error)) error
}
