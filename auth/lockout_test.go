package auth_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/secret"
)

// from is a client at the nth address of a botnet.
func from(n int) auth.Client {
	return auth.Client{Address: fmt.Sprintf("198.18.%d.%d", n/256, n%256)}
}

func isLimited(err error) bool {
	_, ok := errors.AsType[*auth.LimitError](err)
	return ok
}

// besiege guesses at an account from 120 addresses until strangers are refused, and answers how many guesses were evaluated.
func (w world) besiege(t *testing.T, identifier string) (evaluated int) {
	t.Helper()
	for n := range 120 {
		if _, err := w.Login(t.Context(), from(n), attempt(identifier, "wrong password")); errors.Is(err, auth.ErrBadCredentials) {
			evaluated++
		} else if !isLimited(err) {
			t.Fatalf("guess %d: %v", n, err)
		}
	}
	return evaluated
}

// A botnet gets no more guesses at one account than a person may have failures in a row (NIST SP 800-63B), and nothing is hashed after that.
func TestABotnetIsLimitedPerAccount(t *testing.T) {
	t.Parallel()
	hasher := newHasher(t)
	w := newWorld(t, func(c *auth.Config) { c.Passwords = hasher })
	w.register(t, "alice")
	before := hasher.Stats().Done
	for _, name := range []string{"alice", "nobody"} {
		if got, want := w.besiege(t, name), w.Policy().Limits.FailedLoginsPerAccount.Burst; got != want || got > 100 {
			t.Errorf("%s: got %d guesses evaluated, want %d", name, got, want)
		}
	}
	if got, want := hasher.Stats().Done-before, uint64(2*w.Policy().Limits.FailedLoginsPerAccount.Burst); got != want {
		t.Errorf("hashes: got %d, want %d", got, want)
	}
}

// In a day from the first guess on, a botnet gets at most 100.
func TestABotnetGetsAtMostAHundredGuessesADay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(t, "alice")
	evaluated := 0
	for hour := range 24 {
		for n := range 60 {
			if _, err := w.Login(t.Context(), from(hour*60+n), attempt("alice", "wrong password")); errors.Is(err, auth.ErrBadCredentials) {
				evaluated++
			}
		}
		w.clock.Advance(time.Hour)
	}
	if evaluated > 100 {
		t.Errorf("evaluated in a day: got %d guesses, want at most 100", evaluated)
	}
}

// Strangers cannot lock the owner out: who was here before gets in, by the device cookie from anywhere, or from the address of a session (lock-out).
func TestStrangersCannotLockTheOwnerOut(t *testing.T) {
	t.Parallel()
	known := auth.Client{Address: "2001:db8:1:2::1"}
	elsewhere := auth.Client{Address: "203.0.113.9"}
	withDevice := func(c auth.Client, grant auth.Grant) auth.Client {
		c.Device = grant.Device
		return c
	}
	for name, test := range map[string]struct {
		client func(auth.Grant) auth.Client
		in     bool
	}{
		"a known device":                   {func(g auth.Grant) auth.Client { return withDevice(elsewhere, g) }, true},
		"a known address":                  {func(auth.Grant) auth.Client { return known }, true},
		"another address of the network":   {func(auth.Grant) auth.Client { return auth.Client{Address: "2001:DB8:1:2:f::9%eth0"} }, true},
		"another network":                  {func(auth.Grant) auth.Client { return auth.Client{Address: "2001:db8:1:3::1"} }, false},
		"neither":                          {func(auth.Grant) auth.Client { return elsewhere }, false},
		"no address":                       {func(auth.Grant) auth.Client { return auth.Client{Bucket: "unknown"} }, false},
		"a device cookie from a neighbour": {func(g auth.Grant) auth.Client { return withDevice(from(3), g) }, true},
		"a known address, and a stale thing": {func(auth.Grant) auth.Client {
			return auth.Client{Address: known.Address, Device: secret.NewText("a.b.c")}
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.register(t, "alice")
			grant, err := w.Login(t.Context(), known, attempt("alice", goodPassword))
			if err != nil {
				t.Fatal(err)
			}
			w.besiege(t, "alice")
			_, err = w.Login(t.Context(), test.client(grant), attempt("alice", goodPassword))
			if test.in && err != nil || !test.in && !isLimited(err) {
				t.Errorf("the owner from %s: got %v, want in: %t", name, err, test.in)
			}
		})
	}
}

// Who is known may guess no more than others: the pair of account and source is limited, be the source an address or a device.
func TestAKnownSourceGuessesWithinItsLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(t, "alice")
	grant := w.login(t, "alice")
	w.besiege(t, "alice")
	stolen := auth.Client{Address: "203.0.113.9", Device: grant.Device}
	for name, client := range map[string]auth.Client{"address": w.client, "device": stolen} {
		for n := range w.Policy().Limits.FailedLoginsPerSource.Burst {
			_, err := w.Login(t.Context(), client, attempt("alice", "wrong password"))
			wantError(t, fmt.Sprintf("%s: guess %d", name, n), err, auth.ErrBadCredentials)
		}
		_, err := w.Login(t.Context(), client, attempt("alice", goodPassword))
		if !isLimited(err) {
			t.Errorf("%s beyond its limit: got %v, want a LimitError", name, err)
		}
	}
}

// A neighbour behind the same address, who guesses at the owner's account and sprays others, does not keep the owner's browser out.
func TestANeighbourCannotLockTheOwnerOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(t, "alice")
	owner := w.client
	owner.Device = w.login(t, "alice").Device
	for n := range 2 * w.Policy().Limits.LoginsPerAddress.Burst {
		if _, err := w.Login(t.Context(), w.client, attempt([]string{"alice", fmt.Sprint("user", n)}[n%2], "wrong password")); err == nil {
			t.Fatal("a wrong password was right")
		}
	}
	if _, err := w.Login(t.Context(), w.client, attempt("alice", goodPassword)); !isLimited(err) {
		t.Errorf("without the device: got %v, want a LimitError", err)
	}
	if _, err := w.Login(t.Context(), owner, attempt("alice", goodPassword)); err != nil {
		t.Errorf("with the device: %v", err)
	}
}

// A device cookie is good for the account that it was made for, as long as it lives, and as it was made (forging).
func TestForgedDeviceCookies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(t, "alice")
	w.register(t, "mallory")
	good := w.login(t, "alice").Device.Reveal()
	other := w.login(t, "mallory").Device.Reveal()
	w.besiege(t, "alice")
	issued := strconv.FormatInt(w.clock.Now().Unix(), 10)
	mine, theirs := strings.Split(good, "."), strings.Split(other, ".")
	forged := map[string]string{
		"of another account": other, "another account's MAC": mine[0] + "." + mine[1] + "." + theirs[2], "another id": theirs[0] + "." + mine[1] + "." + mine[2],
		"a longer life": mine[0] + ".99999999999." + mine[2], "no MAC": mine[0] + "." + issued + ".", "no id": "." + issued + "." + mine[2], "nothing": "", "dots": "..",
		"cut short": good[:len(good)-1], "longer": good + "A", "not text": "\xff.\xff.\xff", "an old format": mine[0] + "." + mine[2],
	}
	for name, text := range forged {
		_, err := w.Login(t.Context(), auth.Client{Address: "203.0.113.9", Device: secret.NewText(text)}, attempt("alice", goodPassword))
		if !isLimited(err) {
			t.Errorf("%s: got %v, want a LimitError", name, err)
		}
	}
	client := auth.Client{Address: "203.0.113.9", Device: secret.NewText(good)}
	if _, err := w.Login(t.Context(), client, attempt("mallory", goodPassword)); err != nil {
		t.Errorf("alice's device at another account: %v, want a stranger's sign-in", err)
	}
	w.clock.Advance(auth.DeviceLifetime)
	w.besiege(t, "alice")
	if _, err := w.Login(t.Context(), client, attempt("alice", goodPassword)); !isLimited(err) {
		t.Errorf("after its life: got %v, want a LimitError", err)
	}
}

// Strangers' guesses answer alike, wait alike and cost alike, whether there is such an account or not, before and after the account is full (enumeration).
func TestLimitsDoNotTellWhoHasAnAccount(t *testing.T) {
	t.Parallel()
	clock, hasher := authtest.NewClock(), newHasher(t)
	faults := authtest.NewFaults(authtest.SQLite(t))
	svc := authtest.NewService(t, faults, clock, func(c *auth.Config) { c.Passwords, c.Limits = hasher, auth.LimitsShared })
	w := world{svc, faults, clock, auth.Client{Address: "192.0.2.1"}}
	w.register(t, "alice")
	w.login(t, "alice")
	type seen struct {
		Error string
		Calls []string
		Done  uint64
	}
	siege := func(name string) (all []seen) {
		for n := range 70 {
			faults.Calls()
			before := hasher.Stats().Done
			_, err := w.Login(t.Context(), from(n), attempt(name, "wrong password"))
			all = append(all, seen{err.Error(), faults.Calls(), hasher.Stats().Done - before})
		}
		for range 12 { // from one source, too
			_, err := w.Login(t.Context(), from(500), attempt(name, "wrong password"))
			all = append(all, seen{err.Error(), faults.Calls(), 0})
		}
		return all
	}
	if diff := cmp.Diff(siege("nobody"), siege("alice")); diff != "" {
		t.Errorf("what a stranger sees (-nobody +alice):\n%s", diff)
	}
}

// Failures are counted in a row: a success makes the account and the source as good as new, and leaves what the source did to others.
func TestASuccessResetsTheFailures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(t, "alice")
	w.register(t, "mallory")
	limits := w.Policy().Limits
	for round := range 3 {
		for range limits.FailedLoginsPerSource.Burst - 1 {
			_, err := w.Login(t.Context(), w.client, attempt("alice", "wrong password"))
			wantError(t, fmt.Sprint("round ", round), err, auth.ErrBadCredentials)
		}
		w.login(t, "alice")
	}
	owner := auth.Client{Address: "203.0.113.9", Device: w.login(t, "alice").Device}
	full := w.besiege(t, "alice")
	if _, err := w.Login(t.Context(), owner, attempt("alice", goodPassword)); err != nil {
		t.Fatalf("the owner: %v", err)
	}
	if again := w.besiege(t, "alice"); again != full {
		t.Errorf("after the owner's sign-in: got %d guesses until strangers are refused, want %d", again, full)
	}
	sprayer, evaluated := auth.Client{Address: "203.0.113.77"}, 0
	for n := range 3 * limits.FailedLoginsPerAddress.Burst { // signing in to one's own account is no way to spray for ever
		if _, err := w.Login(t.Context(), sprayer, attempt(fmt.Sprint("user", n), "wrong password")); errors.Is(err, auth.ErrBadCredentials) {
			evaluated++
		}
		if n%10 == 0 {
			_, _ = w.Login(t.Context(), sprayer, attempt("mallory", goodPassword))
		}
		w.clock.Advance(time.Second / 10)
	}
	if most := limits.FailedLoginsPerAddress.Burst + 3; evaluated > most {
		t.Errorf("spraying with sign-ins in between: got %d guesses evaluated, want at most %d", evaluated, most)
	}
}

// Retry-After is honest whichever limit refuses, also where the next one would refuse after that: who waits exactly so long is not refused again.
func TestRetryAfterIsHonest(t *testing.T) {
	t.Parallel()
	for name, fill := range map[string]func(w world){
		"the source":  func(w world) { w.guess(t, w.client, 10) },
		"the account": func(w world) { w.besiege(t, "alice") },
		"both":        func(w world) { w.guess(t, w.client, 10); w.besiege(t, "alice") },
		"the account and then the source": func(w world) {
			for n := range w.Policy().Limits.FailedLoginsPerAccount.Burst - 10 {
				w.guess(t, from(n), 1)
			}
			w.guess(t, w.client, 10)
		},
		"the address": func(w world) {
			for n := range w.Policy().Limits.FailedLoginsPerAddress.Burst {
				_, _ = w.Login(t.Context(), w.client, attempt(fmt.Sprint("user", n), "wrong password"))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, mode := range []auth.LimitMode{auth.LimitsOn, auth.LimitsShared} {
				w := newWorld(t, func(c *auth.Config) { c.Limits = mode })
				w.register(t, "alice")
				fill(w)
				_, err := w.Login(t.Context(), w.client, attempt("alice", goodPassword))
				limit, ok := errors.AsType[*auth.LimitError](err)
				if !ok {
					t.Fatalf("%s: got %v, want a LimitError", mode, err)
				}
				w.clock.Advance(limit.RetryAfter - time.Second - time.Millisecond)
				if _, err := w.Login(t.Context(), w.client, attempt("alice", goodPassword)); !isLimited(err) {
					t.Errorf("%s: more than a second too early: got %v, want a LimitError", mode, err)
				}
				w.clock.Advance(time.Second + time.Millisecond)
				if _, err := w.Login(t.Context(), w.client, attempt("alice", goodPassword)); err != nil {
					t.Errorf("%s: after waiting %s as told: %v", mode, limit.RetryAfter, err)
				}
			}
		})
	}
}

func (w world) guess(t *testing.T, client auth.Client, times int) {
	t.Helper()
	for range times {
		_, err := w.Login(t.Context(), client, attempt("alice", "wrong password"))
		wantError(t, "guess", err, auth.ErrBadCredentials)
	}
}

// A new password opens the way for new devices: what strangers guessed at was the old one.
func TestANewPasswordResetsTheFailures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := w.register(t, "alice")
	w.besiege(t, "alice")
	if err := w.ResetPassword(t.Context(), auth.Client{}, alice.ID, secret.NewText(nextPassword)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Login(t.Context(), auth.Client{Address: "203.0.113.9"}, attempt("alice", nextPassword)); err != nil {
		t.Errorf("sign-in from a new place after a reset: %v", err)
	}
}
