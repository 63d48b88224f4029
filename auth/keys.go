package auth

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cartouche-auth/cartouche/token"
)

// keyring is the signing keys that this process knows.
type keyring struct {
	ring     atomic.Pointer[token.Keyring]
	fixed    bool // one configured HS256 key: never loaded, never rotated
	mu       sync.Mutex
	loadedAt time.Time
}

func (k *keyring) load() *token.Keyring { return k.ring.Load() }

func (k *keyring) fix(key token.Key) error {
	key.State = token.Active
	ring, err := token.NewKeyring([]token.Key{key})
	if err != nil {
		return err
	}
	k.fixed = true
	k.ring.Store(ring)
	return nil
}

// ready makes sure that there are signing keys: it loads them, and makes the first ones.
func (s *Service) ready(ctx context.Context) error {
	if s.keys.load() != nil {
		return nil
	}
	return s.tendKeys(ctx)
}

// reloadInterval bounds how often unknown key ids may make us read the keys again (a flood of forged tokens must not become a flood of reads).
const reloadInterval = 10 * time.Second

// reloadKeys reads the keys again, unless that was done a moment ago. True: it did.
func (s *Service) reloadKeys(ctx context.Context) bool {
	s.keys.mu.Lock()
	recent := s.keys.fixed || s.now().Sub(s.keys.loadedAt) < reloadInterval
	s.keys.mu.Unlock()
	return !recent && s.tendKeys(ctx) == nil
}

// tendKeys reads the signing keys, moves those whose time has come into their next state, and takes the result into use.
func (s *Service) tendKeys(ctx context.Context) error {
	s.keys.mu.Lock()
	defer s.keys.mu.Unlock()
	if s.keys.fixed {
		return nil
	}
	now := s.now()
	keys, err := s.store.SigningKeys(ctx)
	if err != nil {
		return fmt.Errorf("read signing keys: %w", err)
	}
	if changed, _, err := s.dueKeys(keys, now); err != nil {
		return err
	} else if len(changed) > 0 {
		if keys, err = s.changeKeys(ctx, now, s.dueKeys); err != nil {
			return err
		}
	}
	return s.useKeys(keys, now)
}

// changeKeys changes the keys under the store's lock and answers all of them as they are afterwards.
func (s *Service) changeKeys(ctx context.Context, now time.Time, change func([]SigningKey, time.Time) ([]SigningKey, []Event, error)) ([]SigningKey, error) {
	err := s.store.ChangeSigningKeys(ctx, func(keys []SigningKey) ([]SigningKey, []Event, error) { return change(keys, now) })
	if err != nil {
		return nil, fmt.Errorf("change signing keys: %w", err)
	}
	return s.store.SigningKeys(ctx)
}

// useKeys opens the keys that may still verify and puts them to work.
func (s *Service) useKeys(keys []SigningKey, now time.Time) error {
	var open []token.Key
	for _, k := range keys {
		if k.State == KeyGone || k.Algorithm == string(token.HS256) {
			continue
		}
		key, err := token.OpenKey(s.master, k.ID, token.Algorithm(k.Algorithm), k.Sealed)
		if err != nil {
			return errors.Join(ErrKeysSealed, err)
		}
		key.State = token.State(k.State)
		open = append(open, key)
	}
	ring, err := token.NewKeyring(open)
	if err != nil {
		return err
	}
	s.keys.ring.Store(ring)
	s.keys.loadedAt = now
	return nil
}

// dueKeys is the life of a signing key as a rule: pending, active, retiring, gone. It answers the keys that have to change now.
// There is always one active key, and one pending key that verifiers elsewhere can learn long before it signs.
func (s *Service) dueKeys(keys []SigningKey, now time.Time) (changed []SigningKey, events []Event, err error) {
	var active, pending *SigningKey
	for i, k := range keys {
		switch {
		case k.State == KeyActive && k.Algorithm == string(s.algorithm):
			active = &keys[i]
		case k.State == KeyPending && k.Algorithm == string(s.algorithm):
			pending = &keys[i]
		case k.State == KeyActive: // the algorithm was changed in the configuration
			changed = append(changed, k.in(KeyRetiring, now))
		case k.State == KeyPending, k.State == KeyRetiring && now.Sub(k.StateAt) >= s.policy.AccessLifetime+s.policy.KeyRetiring:
			changed = append(changed, k.in(KeyGone, now))
		}
	}
	switch {
	case active == nil: // first run: nobody can have cached an older set
		key, err := s.newKey(KeyActive, now)
		if err != nil {
			return nil, nil, err
		}
		changed = append(changed, key)
	case pending != nil && now.Sub(active.StateAt) >= s.policy.KeyActive && now.Sub(pending.StateAt) >= s.policy.KeyPending:
		changed = append(changed, active.in(KeyRetiring, now), pending.in(KeyActive, now))
		events = append(events, Event{Kind: EventKeyRotated, At: now, Detail: pending.ID})
		pending = nil
	}
	if pending == nil {
		key, err := s.newKey(KeyPending, now)
		if err != nil {
			return nil, nil, err
		}
		changed = append(changed, key)
	}
	return changed, events, nil
}

func (s *Service) newKey(state KeyState, now time.Time) (SigningKey, error) {
	key, err := token.GenerateKey(s.algorithm)
	if err != nil {
		return SigningKey{}, fmt.Errorf("generate signing key: %w", err)
	}
	sealed, err := key.Seal(s.master)
	if err != nil {
		return SigningKey{}, fmt.Errorf("seal signing key: %w", err)
	}
	return SigningKey{ID: key.ID, Algorithm: string(s.algorithm), State: state, Sealed: sealed, CreatedAt: now, StateAt: now}, nil
}

// in is the key in another state. A gone key has no private part any more.
func (k SigningKey) in(state KeyState, now time.Time) SigningKey {
	k.State, k.StateAt = state, now
	if state == KeyGone {
		k.Sealed = nil
	}
	return k
}

// SigningKeys lists the signing keys with their states, the oldest first.
func (s *Service) SigningKeys(ctx context.Context) ([]SigningKey, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	return s.store.SigningKeys(ctx)
}

// JWKS is the set of public keys (RFC 7517) with which others verify access tokens.
func (s *Service) JWKS(ctx context.Context) ([]byte, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	return s.keys.load().JWKS(), nil
}

// publishTime is how long a key must have been published before it may sign: longer than the JWKS may be cached.
const publishTime = 10 * time.Minute

// RotateKeys lets the pending key sign from now on, and makes a new pending one. ErrKeyTooYoung when verifiers elsewhere
// may not have learned the pending key yet; insecureNow does it all the same.
func (s *Service) RotateKeys(ctx context.Context, insecureNow bool) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	return s.changeAndUse(ctx, func(keys []SigningKey, now time.Time) ([]SigningKey, []Event, error) {
		active, pending := find(keys, KeyActive), find(keys, KeyPending)
		if active == nil || pending == nil {
			return nil, nil, ErrNotFound
		}
		if now.Sub(pending.StateAt) < publishTime && !insecureNow {
			return nil, nil, fmt.Errorf("key %s: %w", pending.ID, ErrKeyTooYoung)
		}
		next, err := s.newKey(KeyPending, now)
		if err != nil {
			return nil, nil, err
		}
		return []SigningKey{active.in(KeyRetiring, now), pending.in(KeyActive, now), next},
			[]Event{{Kind: EventKeyRotated, Actor: ActorOperator, At: now, Detail: pending.ID}}, nil
	})
}

// RevokeKey takes a key out of use at once, with every access token it signed. Nobody has to sign in again, because refresh tokens are not signed by it.
// Errors: ErrNotFound; after another error it may be tried again.
func (s *Service) RevokeKey(ctx context.Context, id string) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	keys, err := s.store.SigningKeys(ctx)
	if err != nil {
		return wrap("list signing keys", err)
	}
	if err := revocable(keys, id); err != nil {
		return err
	}
	// The tokens die first: were the key gone and they not, nothing would be left to be tried again.
	at := s.now()
	err = s.revoke(ctx, Revocation{Kind: RevokedKey, Subject: id, NotBefore: at, Reason: "key revoked"}, Event{Kind: EventKeyRevoked, At: at, Detail: id})
	if err != nil {
		return err
	}
	return s.changeAndUse(ctx, func(keys []SigningKey, now time.Time) ([]SigningKey, []Event, error) {
		if err := revocable(keys, id); err != nil {
			return nil, nil, err
		}
		i := indexOf(keys, id)
		keys[i] = keys[i].in(KeyGone, now)
		due, events, err := s.dueKeys(keys, now)
		return append([]SigningKey{keys[i]}, due...), events, err
	})
}

// revocable answers ErrNotFound unless there is a key to be taken out of use.
func revocable(keys []SigningKey, id string) error {
	if i := indexOf(keys, id); i < 0 || keys[i].State == KeyGone {
		return fmt.Errorf("key %s: %w", id, ErrNotFound)
	}
	return nil
}

func (s *Service) changeAndUse(ctx context.Context, change func([]SigningKey, time.Time) ([]SigningKey, []Event, error)) error {
	if s.keys.fixed {
		return fmt.Errorf("the one HS256 key is configuration: %w", ErrNotFound)
	}
	s.keys.mu.Lock()
	defer s.keys.mu.Unlock()
	now := s.now()
	keys, err := s.changeKeys(ctx, now, change)
	if err != nil {
		return err
	}
	return s.useKeys(keys, now)
}

// revoke stores a revocation and acts on it in this process at once.
func (s *Service) revoke(ctx context.Context, r Revocation, e Event) error {
	if err := s.store.Revoke(ctx, r, e); err != nil {
		return fmt.Errorf("revoke %s: %w", r.Kind, err)
	}
	s.revocations.add(e.At, r)
	return nil
}

func find(keys []SigningKey, state KeyState) *SigningKey {
	for i := range keys {
		if keys[i].State == state {
			return &keys[i]
		}
	}
	return nil
}

func indexOf(keys []SigningKey, id string) int {
	for i := range keys {
		if keys[i].ID == id {
			return i
		}
	}
	return -1
}
