package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"
)

// runPeer is this program as the thing that others are held against, in a process of its own: "peer hello ADDRESS" or
// "peer argon2id MEMORY TIME THREADS WINDOW"; or as the server: see library.
func runPeer(args []string, out io.Writer) error {
	switch {
	case len(args) == 2 && args[0] == "hello":
		return hello(args[1])
	case len(args) == 5 && args[0] == "argon2id":
		return hashing(args[1:], out)
	case len(args) == 6 && args[0] == "library":
		return library(args[1:])
	default:
		return fmt.Errorf("peer %q is not known", args)
	}
}

// hello serves a small JSON object: the least that any handler on net/http does.
func hello(address string) error {
	type answer struct {
		Email    string `json:"email"`
		ID       string `json:"id"`
		Username string `json:"username"`
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /hello/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer{"user0001@example.com", "019ab3c4-0000-7000-8000-000000000001", "user0001"}) // a client that went away
	})
	server := &http.Server{Addr: address, Handler: mux, ReadHeaderTimeout: time.Minute}
	return server.ListenAndServe()
}

// hashing prints how many argon2id hashes the whole machine makes in a second.
func hashing(args []string, out io.Writer) error {
	var cost [3]uint64
	for i := range cost {
		n, err := strconv.ParseUint(args[i], 10, 32)
		if err != nil {
			return err
		}
		cost[i] = n
	}
	window, err := time.ParseDuration(args[3])
	if err != nil {
		return err
	}
	threads := uint8(cost[2])
	password, salt := []byte(password), []byte("sixteen bytes...")
	var (
		hashes  atomic.Int64
		workers sync.WaitGroup
		watch   = startWatch()
	)
	for range runtime.NumCPU() {
		workers.Go(func() {
			for watch.elapsed() < window {
				argon2.IDKey(password, salt, uint32(cost[1]), uint32(cost[0]), threads, 32)
				hashes.Add(1)
			}
		})
	}
	workers.Wait()
	_, err = fmt.Fprintln(out, float64(hashes.Load())/watch.elapsed().Seconds())
	return err
}

// syncing answers how often in a second this machine makes 4 KiB durable, one after the other: what a store without group commit could do at most.
func syncing(folder string, window time.Duration) (rate float64, err error) {
	file, err := os.CreateTemp(folder, "sync")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, file.Close(), os.Remove(file.Name())) }() //nolint:gosec // made above
	page := make([]byte, 4<<10)
	count := 0
	watch := startWatch()
	for watch.elapsed() < window {
		if _, err := file.WriteAt(page, int64(count%1024)*int64(len(page))); err != nil {
			return 0, err
		}
		if err := syncData(file); err != nil {
			return 0, err
		}
		count++
	}
	return float64(count) / watch.elapsed().Seconds(), nil
}
