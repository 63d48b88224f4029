package main_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"

	"github.com/cartouche-auth/cartouche/internal/process"

	"github.com/rogpeppe/go-internal/testscript"
)

// lookPath finds a program in a script's path.
func lookPath(path, name string) (string, error) {
	for _, folder := range filepath.SplitList(path) {
		if full := filepath.Join(folder, name); isFile(full) {
			return full, nil
		}
	}
	return "", fmt.Errorf("%s: not in %s", name, path)
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// registry keeps the state of each script; they run in parallel.
type registry struct {
	mu       sync.Mutex
	byScript map[*testscript.TestScript]*state
}

func newRegistry() *registry { return &registry{byScript: map[*testscript.TestScript]*state{}} }

func (r *registry) of(ts *testscript.TestScript) *state {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byScript[ts] == nil {
		r.byScript[ts] = &state{servers: map[string]*process.Server{}, jars: map[string]http.CookieJar{}}
		ts.Defer(func() { r.forget(ts) })
	}
	return r.byScript[ts]
}

func (r *registry) forget(ts *testscript.TestScript) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.byScript, ts)
}

func (r *registry) jar(ts *testscript.TestScript, name string) http.CookieJar {
	s := r.of(ts)
	if s.jars[name] == nil {
		s.jars[name] = newJar()
	}
	return s.jars[name]
}
