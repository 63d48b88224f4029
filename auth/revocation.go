package auth

import (
	"context"
	"sync"
	"time"
)

// RevocationKind says what a revocation names.
type RevocationKind string

// The kinds of revocations.
const (
	RevokedSession    RevocationKind = "session"
	RevokedUser       RevocationKind = "user"
	RevokedKey        RevocationKind = "key"
	RevokedEverything RevocationKind = "everything"
)

// Revocation kills access tokens: those that name Subject and were issued at or before NotBefore.
type Revocation struct {
	Kind      RevocationKind
	Subject   string // a session id, user id or key id; empty for everything
	NotBefore time.Time
	Reason    string
}

// RevocationStore is what [Store] promises about revocations.
type RevocationStore interface {
	// Revocations lists the revocations that were stored after the given time, in no order.
	Revocations(ctx context.Context, after time.Time) ([]Revocation, error)
	// Revoke stores a revocation of a user, a key or everything together with its event.
	Revoke(ctx context.Context, revocation Revocation, event Event) error
}

type revokedThing struct {
	kind    RevocationKind
	subject string
}

// revocations is the set that every access token is held against, in memory. Entries live one access-token life.
// Concurrent use is safe.
type revocations struct {
	mu      sync.RWMutex
	entries map[revokedThing]revocation
}

type revocation struct {
	notBefore time.Time
	reason    EndReason
}

func newRevocations() *revocations {
	return &revocations{entries: make(map[revokedThing]revocation)}
}

func (r *revocations) add(list ...Revocation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, x := range list {
		thing := revokedThing{x.Kind, x.Subject}
		if x.NotBefore.After(r.entries[thing].notBefore) {
			r.entries[thing] = revocation{x.NotBefore, EndReason(x.Reason)}
		}
	}
}

// kills reports whether an access token issued at the given time is dead, and why. Times of issue are whole seconds, so a token from the
// second of the revocation counts as older: when in doubt, dead.
func (r *revocations) kills(session, user, key string, issuedAt time.Time) (EndReason, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if len(r.entries) == 0 {
		return "", false
	}
	for _, thing := range [...]revokedThing{{RevokedSession, session}, {RevokedUser, user}, {RevokedKey, key}, {RevokedEverything, ""}} {
		if entry, ok := r.entries[thing]; ok && !issuedAt.After(entry.notBefore) {
			return entry.reason, true
		}
	}
	return "", false
}

// forget drops the entries that no living token can be older than.
func (r *revocations) forget(before time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for thing, entry := range r.entries {
		if entry.notBefore.Before(before) {
			delete(r.entries, thing)
		}
	}
}
