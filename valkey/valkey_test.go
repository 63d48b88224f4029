package valkey_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/valkey"
)

func opened(t *testing.T, address string) *valkey.Server {
	t.Helper()
	server, err := valkey.Open(t.Context(), secret.NewText(address))
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(server.Close)
	return server
}

func TestLimits(t *testing.T) {
	t.Parallel()
	if _, _, ok := authtest.Valkey(t); !ok {
		return
	}
	authtest.TestLimits(t, func(t *testing.T, _ *authtest.Clock) auth.LimitStore {
		t.Helper()
		address, _, _ := authtest.Valkey(t)
		return opened(t, address)
	})
}

// services are two nodes on one database and one Valkey.
func services(t *testing.T, address string) (nodes [2]*auth.Service) {
	t.Helper()
	store, clock := authtest.SQLite(t), authtest.NewClock()
	for i := range nodes {
		server := opened(t, address)
		nodes[i] = authtest.NewService(t, store, clock, func(c *auth.Config) {
			c.Limits, c.LimitStore, c.Hints = auth.LimitsShared, server, server
		})
	}
	if _, err := nodes[0].Register(t.Context(), auth.Client{}, auth.NewUser{Username: "ada", Password: secret.NewText("correct horse 9")}); err != nil {
		t.Fatal(err)
	}
	return nodes
}

func guess(t *testing.T, service *auth.Service, plain string) error {
	t.Helper()
	_, err := service.Login(t.Context(), auth.Client{Address: "192.0.2.1"}, auth.Login{Identifier: "ada", Password: secret.NewText(plain)})
	return err
}

// Two nodes allow no more guesses than one, however many come at once (CVE-2024-4629).
func TestParallelBurstOverNodes(t *testing.T) {
	t.Parallel()
	address, _, ok := authtest.Valkey(t)
	if !ok {
		return
	}
	nodes := services(t, address)
	results := make([]error, 200)
	var all sync.WaitGroup
	for i := range results {
		all.Go(func() { results[i] = guess(t, nodes[i%2], "wrong password") })
	}
	all.Wait()
	evaluated := 0
	for _, err := range results {
		if _, limited := errors.AsType[*auth.LimitError](err); limited {
			continue
		}
		if !errors.Is(err, auth.ErrBadCredentials) {
			t.Errorf("a guess: %v", err)
		}
		evaluated++
	}
	if want := nodes[0].Policy().Limits.FailedLoginsPerSource.Burst; evaluated != want {
		t.Errorf("evaluated: got %d guesses, want %d", evaluated, want)
	}
}

// A limiter that is down is not no limit: nobody signs in, with whatever password, and it is said that the service is to blame (failing open).
func TestNobodySignsInWhileTheLimiterIsDown(t *testing.T) {
	t.Parallel()
	address, stop, ok := authtest.Valkey(t)
	if !ok {
		return
	}
	node := services(t, address)[0]
	if err := guess(t, node, "correct horse 9"); err != nil {
		t.Fatalf("before: %v", err)
	}
	stop()
	for _, plain := range []string{"correct horse 9", "wrong password"} {
		if err := guess(t, node, plain); !errors.Is(err, auth.ErrUnavailable) {
			t.Errorf("%q without a limiter: got %v, want ErrUnavailable", plain, err)
		}
	}
	if _, err := valkey.Open(t.Context(), secret.NewText(address)); !errors.Is(err, auth.ErrUnavailable) {
		t.Errorf("Open: got %v, want ErrUnavailable", err)
	} else if password := strings.SplitN(address, "@", 2)[0][len("valkey://:"):]; strings.Contains(err.Error(), password) {
		t.Errorf("the error shows the password: %v", err)
	}
}

func TestOpenWithAWrongPassword(t *testing.T) {
	t.Parallel()
	address, _, ok := authtest.Valkey(t)
	if !ok {
		return
	}
	if _, err := valkey.Open(t.Context(), secret.NewText(strings.Replace(address, "://:", "://:canary", 1))); err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("Open: got %v, want an error without the password", err)
	}
}

func TestAnotherProcessHearsOfARevocation(t *testing.T) {
	t.Parallel()
	address, stop, ok := authtest.Valkey(t)
	if !ok {
		return
	}
	one, two := opened(t, address), opened(t, address)
	if err := two.AwaitRevocation(t.Context()); err != nil { // the line is open now
		t.Fatal(err)
	}
	for range 3 {
		one.Notify()
		if err := two.AwaitRevocation(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	command, err := valkey.Open(t.Context(), secret.NewText(address))
	if err != nil {
		t.Fatal(err)
	}
	command.Notify()
	command.Close() // who announces and exits is heard
	if err := two.AwaitRevocation(t.Context()); err != nil {
		t.Fatal(err)
	}
	broken := make(chan error)
	go func() {
		for {
			if err := two.AwaitRevocation(t.Context()); err != nil {
				broken <- err
				return
			}
		}
	}()
	stop()
	if err := <-broken; !errors.Is(err, auth.ErrUnavailable) {
		t.Errorf("AwaitRevocation on a cut line: got %v, want ErrUnavailable", err)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for address, good := range map[string]bool{
		"valkey://127.0.0.1": true, "redis://user:canary@cache:6380/3": true, "valkeys://cache.example.com": true, "rediss://cache.example.com/": true,
		"valkey://:canary@[::1]:6379": true, "valkey://[2001:db8::1]": true,
		"": false, "canary": false, "http://canary": false, "valkey://cache/canary": false, "valkey://cache/1/canary": false, "unix:///run/canary.sock": false,
		"valkey://one?addr=canary:6379": false, "valkeys://canary?skip_verify=true": false, "valkey://cache#canary": false, "valkey://:canary%zz@cache": false,
		"valkey://canary@cache": false, "valkey://canary:@cache": false, "valkey:canary": false, "valkey://:canary@": false, "valkey://cache/-1": false,
	} {
		err := valkey.Check(secret.NewText(address))
		if (err == nil) != good {
			t.Errorf("Check(%q): got %v, want good: %t", address, err, good)
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("Check(%q): the error shows the address: %v", address, err)
		}
	}
}
