package main_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// patience bounds what a test waits for. Nothing takes so long; a machine that does many things at once may.
const patience = time.Minute

// server is a cartouche serve that a test has started.
type server struct {
	args, env []string
	dir       string
	as        *syscall.SysProcAttr // nil: as whoever runs the tests

	address, operations string // where it listens
	process             *exec.Cmd
	stderr              io.ReadCloser
	out                 bytes.Buffer
	ended               chan error

	mu    sync.Mutex
	lines []string
}

// start runs the server and waits for the line that tells where it listens.
func (s *server) start(path string) error {
	s.process = exec.Command(path, s.args...)
	s.process.Dir, s.process.Env, s.process.SysProcAttr, s.process.Stdout = s.dir, s.env, s.as, &s.out
	var err error
	if s.stderr, err = s.process.StderrPipe(); err != nil {
		return err
	}
	if err := s.process.Start(); err != nil {
		return err
	}
	s.ended = make(chan error, 1)
	listens := make(chan listensLine, 1)
	go func() {
		s.read(s.stderr, listens)
		s.ended <- s.process.Wait()
	}()
	select {
	case line := <-listens:
		s.address, s.operations = line.Address, line.Operations
		return nil
	case err := <-s.ended:
		s.ended <- err
		return fmt.Errorf("the server did not start: %w\n%s", err, s.log())
	case <-time.After(patience):
		return errors.Join(errors.New("the server never listened"), s.kill())
	}
}

// listensLine is the line of the log that scripts and people wait for.
type listensLine struct {
	Message    string `json:"msg"`
	Address    string `json:"address"`
	Operations string `json:"operations_address"`
}

func (s *server) read(log io.Reader, listens chan<- listensLine) {
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		s.mu.Lock()
		s.lines = append(s.lines, lines.Text())
		s.mu.Unlock()
		var line listensLine
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Message == "listening" {
			listens <- line
		}
	}
}

// stopReading closes the reading end of the server's log.
func (s *server) stopReading() error { return s.stderr.Close() }

func (s *server) log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.lines, "\n") + "\n"
}

// stop sends a signal and waits for the end.
func (s *server) stop(signal os.Signal) error {
	if err := s.process.Process.Signal(signal); err != nil {
		return err
	}
	return s.wait()
}

func (s *server) wait() error {
	select {
	case err := <-s.ended:
		s.ended <- err
		return err
	case <-time.After(patience):
		return errors.Join(errors.New("the server never ended"), s.process.Process.Kill())
	}
}

// kill ends the server the hard way, if it still runs.
func (s *server) kill() error {
	if err := s.process.Process.Signal(syscall.SIGKILL); errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return s.wait()
}

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
		r.byScript[ts] = &state{servers: map[string]*server{}, jars: map[string]http.CookieJar{}}
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
