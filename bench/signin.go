package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/cartouche-auth/cartouche/bench/load"
	"github.com/cartouche-auth/cartouche/bench/process"
)

// signInProbes measure signing in, and how others fare while many do.
func signInProbes() []probe {
	return []probe{
		one("argon2id", runArgon2),
		one("signin", signInOn("sqlite")),
		one("signin-postgres", signInOn("postgres")),
		{keys: []string{"wave-me", "wave-memory"}, once: true, run: runWave},
	}
}

// hashWindow is longer than the others, because a window holds only some hundred hashes.
func (w *world) hashWindow() time.Duration { return 2 * w.window }

// signInOn measures signing in to the server of a name.
func signInOn(name string) func(ctx context.Context, w *world) (sample, error) {
	return func(ctx context.Context, w *world) (sample, error) {
		s, err := w.running(ctx, name)
		if err != nil {
			return sample{}, err
		}
		crowd := newCrowd(s.address, 100, clients)
		// One after the other at first: of many connections that come at once, one of Django's workers takes all.
		if err := crowd.signIn(); err != nil {
			return sample{}, errors.Join(err, crowd.close())
		}
		measured, err := drive(ctx, w.hashWindow(), w.pids(s, name), crowd.steps(func(p *person) load.Step { return p.signIn }))
		return measured, errors.Join(err, crowd.close())
	}
}

// runArgon2 measures bare hashing at the cost that the accounts' hash names, in a process of its own.
func runArgon2(ctx context.Context, w *world) (sample, error) {
	cost, err := argon2Cost(w.hash)
	if err != nil {
		return sample{}, err
	}
	self, err := os.Executable()
	if err != nil {
		return sample{}, err
	}
	var out bytes.Buffer
	meter := process.NewMeter()
	meter.Start()
	peer, err := process.Start(process.Command{
		Path: self, Args: append(append([]string{"peer", "argon2id"}, cost...), w.hashWindow().String()), Out: &out, Log: w.log,
	})
	if err != nil {
		return sample{}, err
	}
	if err := peer.Wait(ctx); err != nil {
		return sample{}, err
	}
	used := meter.Stop()
	rate, err := strconv.ParseFloat(strings.TrimSpace(out.String()), 64)
	if err != nil {
		return sample{}, err
	}
	hashes := rate * w.hashWindow().Seconds()
	return sample{Value: rate, CPU: time.Duration(float64(used.Own) / hashes), Others: used.Others}, nil // it ended, so its CPU is ours now
}

// argon2Cost reads memory, time and threads from a hash in the PHC string format, such as argon2$argon2id$v=19$m=19456,t=2,p=1$….
func argon2Cost(hash string) ([]string, error) {
	for part := range strings.SplitSeq(hash, "$") {
		var memory, passes, threads int
		if n, err := fmt.Sscanf(part, "m=%d,t=%d,p=%d", &memory, &passes, &threads); err == nil && n == 3 {
			return []string{strconv.Itoa(memory), strconv.Itoa(passes), strconv.Itoa(threads)}, nil
		}
	}
	return nil, errors.New("the accounts' hash is not argon2id")
}
