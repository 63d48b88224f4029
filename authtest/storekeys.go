package authtest

import (
	"errors"
	"fmt"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
)

func (t *storeTest) key(id string, age time.Duration) auth.SigningKey {
	return auth.SigningKey{
		ID: id, Algorithm: "ES256", State: auth.KeyPending, Sealed: []byte{0, 1, 255, byte(len(id))}, CreatedAt: t.now().Add(-age), StateAt: t.now(),
	}
}

// putKeys stores keys without looking.
func (t *storeTest) putKeys(keys ...auth.SigningKey) {
	t.Helper()
	t.must(t.store.ChangeSigningKeys(t.Context(), func([]auth.SigningKey) ([]auth.SigningKey, []auth.Event, error) { return keys, nil, nil }))
}

func (t *storeTest) keys() []auth.SigningKey {
	t.Helper()
	keys, err := t.store.SigningKeys(t.Context())
	t.must(err)
	return keys
}

var errNo = errors.New("no")

var signingKeyPromises = []promise{
	{"every field comes back, the oldest key first", func(t *storeTest) {
		young, old := t.key("a", time.Minute), t.key("b", time.Hour)
		t.putKeys(young, old)
		t.same("SigningKeys", t.keys(), []auth.SigningKey{old, young})
	}},
	{"known keys are replaced, others stay", func(t *storeTest) {
		old, young := t.key("a", time.Hour), t.key("b", time.Minute)
		t.putKeys(old, young)
		old.State, old.StateAt, old.Sealed = auth.KeyGone, t.clock.Advance(time.Minute), nil
		t.putKeys(old)
		got := t.keys()
		t.same("the private part of a key that is gone", len(got[0].Sealed), 0)
		got[0].Sealed = nil
		t.same("SigningKeys", got, []auth.SigningKey{old, young})
	}},
	{"the change is shown every key", func(t *storeTest) {
		want := []auth.SigningKey{t.key("a", time.Hour), t.key("b", time.Minute)}
		t.putKeys(want...)
		t.must(t.store.ChangeSigningKeys(t.Context(), func(keys []auth.SigningKey) ([]auth.SigningKey, []auth.Event, error) {
			t.same("keys", keys, want)
			return nil, nil, nil
		}))
	}},
	{"events are stored with the keys", func(t *storeTest) {
		t.must(t.store.ChangeSigningKeys(t.Context(), func([]auth.SigningKey) ([]auth.SigningKey, []auth.Event, error) {
			return []auth.SigningKey{t.key("a", 0)}, []auth.Event{{Kind: auth.EventKeyRotated, At: t.now(), UserID: "operator", Detail: "a"}}, nil
		}))
		t.same("events", t.events("operator"), []auth.EventKind{auth.EventKeyRotated})
	}},
	{"no key, no change", func(t *storeTest) {
		t.must(t.store.ChangeSigningKeys(t.Context(), func([]auth.SigningKey) ([]auth.SigningKey, []auth.Event, error) {
			return nil, []auth.Event{{Kind: auth.EventKeyRotated, At: t.now(), UserID: "operator"}}, nil
		}))
		t.same("events", t.events("operator"), []auth.EventKind{})
	}},
	{"an error of the change comes back, and nothing was done", func(t *storeTest) {
		err := t.store.ChangeSigningKeys(t.Context(), func([]auth.SigningKey) ([]auth.SigningKey, []auth.Event, error) {
			return []auth.SigningKey{t.key("a", 0)}, []auth.Event{{At: t.now()}}, errNo
		})
		t.is("ChangeSigningKeys", err, errNo)
		t.same("SigningKeys", t.keys(), []auth.SigningKey(nil))
		t.must(t.store.Ping(t.Context())) // and the lock is free again
	}},
	{"a panic of the change leaves the lock free", func(t *storeTest) {
		func() {
			defer func() { t.same("recovered", recover(), any("boom")) }()
			_ = t.store.ChangeSigningKeys(t.Context(), func([]auth.SigningKey) ([]auth.SigningKey, []auth.Event, error) { panic("boom") })
		}()
		t.putKeys(t.key("a", 0))
		t.same("keys", len(t.keys()), 1)
	}},
	{"one change at a time", func(t *storeTest) {
		const changes = 10
		atOnce(changes, func(int) {
			err := t.store.ChangeSigningKeys(t.Context(), func(keys []auth.SigningKey) ([]auth.SigningKey, []auth.Event, error) {
				return []auth.SigningKey{t.key(fmt.Sprintf("key %02d", len(keys)), time.Duration(changes-len(keys)))}, nil, nil
			})
			if err != nil {
				t.Error(err)
			}
		})
		t.same("keys", len(t.keys()), changes)
	}},
}
