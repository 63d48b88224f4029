package authtest

import (
	"context"
	"crypto/sha256"
	"sync"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/password"
	"github.com/cartouche-auth/cartouche/secret"
)

// Master is a master key that is the same in every run. It protects nothing: everybody knows it.
func Master() secret.Master {
	key := sha256.Sum256([]byte("authtest"))
	master, err := secret.NewMaster(key[:])
	if err != nil {
		panic("authtest: " + err.Error())
	}
	return master
}

// Passwords is a hasher that costs next to nothing, shared by all tests of a process. What it makes is worthless against guessing.
func Passwords() *password.Hasher { return passwords() }

var passwords = sync.OnceValue(func() *password.Hasher {
	hasher, err := password.New(password.Config{
		InsecureCost: &password.Cost{Memory: 8, Passes: 1, Lanes: 1},
		Queue:        10_000, Deadline: time.Hour, // tests are about other things than a busy machine
	})
	if err != nil {
		panic("authtest: " + err.Error())
	}
	return hasher
})

// Issuer is the issuer of the services that [NewService] makes.
const Issuer = "http://127.0.0.1:8080"

// NewService makes a service that is ready to work: with [Issuer], [Master], [Passwords] and the clock, and otherwise with the defaults of
// auth.New, unless a change says otherwise.
func NewService(tb testing.TB, store auth.Store, clock *Clock, change ...func(*auth.Config)) *auth.Service {
	tb.Helper()
	config := auth.Config{Issuer: Issuer, Store: store, Master: Master(), Passwords: Passwords(), Now: clock.Now}
	for _, c := range change {
		c(&config)
	}
	service, err := auth.New(config)
	if err != nil {
		tb.Fatalf("new service: %v", err)
	}
	if err := service.Start(context.WithoutCancel(tb.Context())); err != nil {
		tb.Fatalf("start service: %v", err)
	}
	return service
}
