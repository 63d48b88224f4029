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
	mu sync.RWMutex
	// One map for each kind, by subject: looking into an empty one costs nothing, and most of the time three are.
	byKind [4]map[string]Revocation
}

// kindsInOrder are the kinds of the maps.
var kindsInOrder = [...]RevocationKind{RevokedSession, RevokedUser, RevokedKey, RevokedEverything}

// Add adds revocations, and answers those that made a difference: of two for one thing, the later NotBefore counts, and kinds that nobody knows do not.
func (r *Revocations) Add(list ...Revocation) []Revocation {
	r.mu.Lock()
	defer r.mu.Unlock()
	var added []Revocation
	for _, x := range list {
		kind := slices.Index(kindsInOrder[:], x.Kind)
		if kind < 0 || !x.NotBefore.After(r.byKind[kind][x.Subject].NotBefore) {
			continue
		}
		if r.byKind[kind] == nil {
			r.byKind[kind] = make(map[string]Revocation)
		}
		r.byKind[kind][x.Subject] = x
		added = append(added, x)
	}
	return added
}

// Find answers the revocation that kills a token, if there is one. Times of issue are whole seconds, so a token from the second of the revocation
// counts as older: when in doubt, dead.
func (r *Revocations) Find(c Claims) (Revocation, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for kind, subject := range [...]string{c.SessionID, c.Subject, c.KeyID, ""} { // in the order of kinds
		if entry, ok := r.byKind[kind][subject]; ok && !c.IssuedAt.After(entry.NotBefore) {
			return entry, true
		}
	}
	return Revocation{}, false
}

// Forget drops the revocations from before the given time, which no living token can be older than.
func (r *Revocations) Forget(before time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, entries := range r.byKind {
		maps.DeleteFunc(entries, func(_ string, x Revocation) bool { return x.NotBefore.Before(before) })
	}
}

// Replace makes the set hold these and no others. Nobody sees it empty meanwhile.
func (r *Revocations) Replace(list []Revocation) {
	var next Revocations
	next.Add(list...)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.byKind = next.byKind
}

// Len is how many there are.
func (r *Revocations) Len() (n int) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, entries := range r.byKind {
		n += len(entries)
	}
	return n
}
