package token

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// RevocationKind says what a [Revocation] names.
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

// Revocations is a set that access tokens are held against, in memory. The zero Revocations is an empty set. Concurrent use is safe.
type Revocations struct {
	mu      sync.RWMutex
	entries map[revokedThing]Revocation
}

type revokedThing struct {
	kind    RevocationKind
	subject string
}

// Add adds revocations, and answers those that made a difference: of two for one thing, the later NotBefore counts.
func (r *Revocations) Add(list ...Revocation) []Revocation {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.entries == nil {
		r.entries = make(map[revokedThing]Revocation)
	}
	var added []Revocation
	for _, x := range list {
		thing := revokedThing{x.Kind, x.Subject}
		if x.NotBefore.After(r.entries[thing].NotBefore) {
			r.entries[thing] = x
			added = append(added, x)
		}
	}
	return added
}

// Find answers the revocation that kills a token, if there is one. Times of issue are whole seconds, so a token from the second of the revocation
// counts as older: when in doubt, dead.
func (r *Revocations) Find(c Claims) (Revocation, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if len(r.entries) == 0 {
		return Revocation{}, false
	}
	for _, thing := range [...]revokedThing{{RevokedSession, c.SessionID}, {RevokedUser, c.Subject}, {RevokedKey, c.KeyID}, {RevokedEverything, ""}} {
		if entry, ok := r.entries[thing]; ok && !c.IssuedAt.After(entry.NotBefore) {
			return entry, true
		}
	}
	return Revocation{}, false
}

// Forget drops the revocations from before the given time, which no living token can be older than.
func (r *Revocations) Forget(before time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	maps.DeleteFunc(r.entries, func(_ revokedThing, x Revocation) bool { return x.NotBefore.Before(before) })
}

// Replace makes the set hold these and no others.
func (r *Revocations) Replace(list []Revocation) {
	r.mu.Lock()
	r.entries = nil
	r.mu.Unlock()
	r.Add(list...)
}

// Len is how many revocations there are.
func (r *Revocations) Len() int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return len(r.entries)
}

// All lists the set, in no order.
func (r *Revocations) All() []Revocation {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Collect(maps.Values(r.entries))
}
