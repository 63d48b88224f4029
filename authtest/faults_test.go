package authtest_test

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
)

// call calls a method of a store with zero values and answers its error.
func call(ctx context.Context, store auth.Store, name string) error {
	method := reflect.ValueOf(store).MethodByName(name)
	args := make([]reflect.Value, method.Type().NumIn())
	for i := range args {
		args[i] = reflect.Zero(method.Type().In(i))
	}
	args[0] = reflect.ValueOf(ctx)
	if name == "ChangeSigningKeys" {
		args[1] = reflect.ValueOf(func([]auth.SigningKey) ([]auth.SigningKey, []auth.Event, error) { return nil, nil, nil })
	}
	invoke := method.Call
	if method.Type().IsVariadic() {
		invoke = method.CallSlice
	}
	out := invoke(args)
	err, _ := reflect.TypeAssert[error](out[len(out)-1])
	return err
}

// methods are the methods of a store that can fail.
func methods() (names []string) {
	for method := range reflect.TypeFor[auth.Store]().Methods() {
		if method.Name != "Now" {
			names = append(names, method.Name)
		}
	}
	return names
}

// newsworthy is a store that has always news: SQLite never has any, and whoever waits for it would wait for ever.
type newsworthy struct{ auth.Store }

func (newsworthy) AwaitRevocation(ctx context.Context) error { return ctx.Err() }

func TestFaultsOfEveryMethod(t *testing.T) {
	t.Parallel()
	store := newsworthy{authtest.SQLite(t)}
	faulty := authtest.NewFaults(store)
	for _, name := range methods() {
		_ = call(t.Context(), store, name) // what can be done only once is done
		want := call(t.Context(), store, name)
		if errors.Is(want, auth.ErrUnavailable) {
			t.Fatalf("%s: %v", name, want)
		}
		faulty.FailNext(name)
		if err := call(t.Context(), faulty, name); !errors.Is(err, auth.ErrUnavailable) {
			t.Errorf("%s after FailNext: got %v, want ErrUnavailable", name, err)
		}
		faulty.LoseNext(name)
		if err := call(t.Context(), faulty, name); !errors.Is(err, auth.ErrUnavailable) {
			t.Errorf("%s after LoseNext: got %v, want ErrUnavailable", name, err)
		}
		begun, release := faulty.HangNext(name)
		answered := make(chan error)
		go func() { answered <- call(t.Context(), faulty, name) }()
		<-begun
		release()
		release()
		for when, err := range map[string]error{"that hung": <-answered, "afterwards": call(t.Context(), faulty, name)} {
			if errors.Is(err, auth.ErrUnavailable) || (err == nil) != (want == nil) {
				t.Errorf("%s %s: got %v, want %v", name, when, err, want)
			}
		}
	}
}

func TestFaultsFailBeforeOrAfterTheCommit(t *testing.T) {
	t.Parallel()
	store := authtest.NewFaults(authtest.SQLite(t))
	for i, plan := range []func(string){store.FailNext, store.LoseNext} {
		plan("RecordEvent")
		event := auth.Event{Kind: auth.EventLogin, At: authtest.NewClock().Now()}
		if err := store.RecordEvent(t.Context(), event); !errors.Is(err, auth.ErrUnavailable) {
			t.Errorf("RecordEvent: got %v, want ErrUnavailable", err)
		}
		if events, err := store.Events(t.Context(), auth.EventQuery{}); err != nil || len(events) != i {
			t.Errorf("Events: got %d, %v; want %d", len(events), err, i)
		}
	}
}

func TestFaultsThatHangEndWithTheContext(t *testing.T) {
	t.Parallel()
	store := authtest.NewFaults(authtest.SQLite(t))
	begun, release := store.HangNext("Ping")
	defer release()
	ctx, cancel := context.WithCancel(t.Context())
	answered := make(chan error)
	go func() { answered <- store.Ping(ctx) }()
	<-begun
	cancel()
	if err := <-answered; !errors.Is(err, context.Canceled) {
		t.Errorf("Ping: got %v, want context.Canceled", err)
	}
}

func TestFaultsReadOnly(t *testing.T) {
	t.Parallel()
	store := authtest.NewFaults(newsworthy{authtest.SQLite(t)})
	store.SetReadOnly(true)
	var writing int
	for _, name := range methods() {
		if errors.Is(call(t.Context(), store, name), auth.ErrUnavailable) {
			writing++
		}
	}
	if want := len(methods()) - 16; writing != want {
		t.Errorf("a read-only store refused %d methods, want %d", writing, want)
	}
	store.SetReadOnly(false)
	if err := store.Ping(t.Context()); err != nil {
		t.Errorf("Ping: %v", err)
	}
}

func TestFaultsRefuseUnknownNames(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("FailNext took a method that does not exist")
		}
	}()
	authtest.NewFaults(authtest.SQLite(t)).FailNext("ConfirmSesion")
}

func TestClock(t *testing.T) {
	t.Parallel()
	clock := authtest.NewClock()
	noon := time.Date(2026, time.January, 1, 12, 0, 0, 0, time.UTC)
	if got := clock.Now(); !got.Equal(noon) || !clock.Now().Equal(noon) {
		t.Errorf("Now: got %v, want %v, and again", got, noon)
	}
	if got := clock.Advance(-time.Hour); !got.Equal(noon.Add(-time.Hour)) || !clock.Now().Equal(got) {
		t.Errorf("Advance: got %v", got)
	}
	clock.Set(noon)
	if got := clock.Now(); !got.Equal(noon) {
		t.Errorf("Set: got %v, want %v", got, noon)
	}
}
