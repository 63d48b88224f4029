package authtest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"

	"github.com/cartouche-auth/cartouche/auth"
)

// Faults is a store that fails when it is told to, for one call of one method at a time; otherwise it is the store it wraps. Methods are named
// as in auth.Store, for example "ConfirmSession"; a name that is none panics. It also remembers what was called. Concurrent use is safe.
type Faults struct {
	store    auth.Store
	mu       sync.Mutex
	planned  map[string][]fault // the next one first
	readOnly bool
	calls    []string
}

var _ auth.Store = (*Faults)(nil)

// NewFaults wraps a store.
func NewFaults(store auth.Store) *Faults {
	return &Faults{store: store, planned: make(map[string][]fault)}
}

type faultKind int

const (
	refused faultKind = iota // nothing is done
	lost                     // it is done, and nobody is told
	hung                     // it waits before it does anything
)

type fault struct {
	kind    faultKind
	began   chan struct{}
	release chan struct{}
}

// FailNext makes the next call of a method answer auth.ErrUnavailable before it does anything.
func (f *Faults) FailNext(method string) { f.plan(method, fault{kind: refused}) }

// LoseNext makes the next call of a method do its work, durably, and then answer auth.ErrUnavailable: the connection broke before the answer came.
func (f *Faults) LoseNext(method string) { f.plan(method, fault{kind: lost}) }

// HangNext makes the next call of a method wait before it does anything. The channel is closed when the call has come; it goes on when release is
// called, and answers its context's error when that ends first. Release may be called more than once.
func (f *Faults) HangNext(method string) (began <-chan struct{}, release func()) {
	hang := fault{kind: hung, began: make(chan struct{}), release: make(chan struct{})}
	f.plan(method, hang)
	return hang.began, sync.OnceFunc(func() { close(hang.release) })
}

// Calls are the methods that were called since the last time, in order: two requests that called the same ones asked the store for the same work.
func (f *Faults) Calls() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	calls := f.calls
	f.calls = nil
	return calls
}

// SetReadOnly makes every method that writes answer auth.ErrUnavailable, as a database does whose disk is full, until it is taken back.
func (f *Faults) SetReadOnly(readOnly bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.readOnly = readOnly
}

var storeType = reflect.TypeFor[auth.Store]()

func (f *Faults) plan(method string, next fault) {
	if _, ok := storeType.MethodByName(method); !ok {
		panic(fmt.Sprintf("authtest: auth.Store has no method %q", method))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.planned[method] = append(f.planned[method], next)
}

// reading are the methods that do not write.
var reading = map[string]bool{
	"User": true, "UserByUsername": true, "UsersByEmail": true, "Users": true, "Session": true, "SessionUser": true, "Sessions": true, "KnownClients": true,
	"SigningKeys": true, "Revocations": true, "AwaitRevocation": true, "Events": true, "OneTimeToken": true, "OpaqueSession": true,
	"ImportFingerprints": true, "ImportOpen": true, "ImportedToken": true,
	"Chain": true, "SealedEvents": true, "UnsealedEvents": true,
}

var (
	errRefused  = fmt.Errorf("authtest: the call was to fail: %w", auth.ErrUnavailable)
	errLost     = fmt.Errorf("authtest: the answer was lost: %w", auth.ErrUnavailable)
	errReadOnly = fmt.Errorf("authtest: %w", errors.Join(errors.New("the store is read-only"), auth.ErrUnavailable))
)

// before carries out what is planned for a call. It answers an error to be answered at once, or one to be answered in place of the outcome.
func (f *Faults) before(ctx context.Context, method string) (now, after error) {
	f.mu.Lock()
	f.calls = append(f.calls, method)
	var next fault
	planned := len(f.planned[method]) > 0
	if planned {
		next, f.planned[method] = f.planned[method][0], f.planned[method][1:]
	}
	readOnly := f.readOnly && !reading[method]
	f.mu.Unlock()
	switch {
	case readOnly:
		return errReadOnly, nil
	case !planned:
		return nil, nil
	case next.kind == refused:
		return errRefused, nil
	case next.kind == lost:
		return nil, errLost
	}
	close(next.began)
	select {
	case <-next.release:
		return nil, nil
	case <-ctx.Done():
		return ctx.Err(), nil
	}
}

// call runs a method that answers an error only.
func (f *Faults) call(ctx context.Context, method string, do func() error) error {
	now, after := f.before(ctx, method)
	if now != nil {
		return now
	}
	return errors.Join(do(), after)
}

// ask runs a method that answers a value and an error.
func ask[T any](ctx context.Context, f *Faults, method string, do func() (T, error)) (T, error) {
	var none T
	now, after := f.before(ctx, method)
	if now != nil {
		return none, now
	}
	value, err := do()
	if after != nil {
		return none, errors.Join(err, after)
	}
	return value, err
}

// ask2 runs a method that answers two values and an error.
func ask2[T, U any](ctx context.Context, f *Faults, method string, do func() (T, U, error)) (T, U, error) {
	var second U
	first, err := ask(ctx, f, method, func() (value T, err error) {
		value, second, err = do()
		return value, err
	})
	if err != nil {
		var none U
		return first, none, err
	}
	return first, second, nil
}
