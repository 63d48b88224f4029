// Package process runs Cartouche's programs for tests, as people run them.
package process

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Patience bounds what a test waits for. Nothing takes so long; a machine that does many things at once may.
const Patience = time.Minute

// Build builds a program of this module into a file, as it is shipped, whatever the tests are built with.
func Build(ctx context.Context, program, path string) error {
	build := exec.CommandContext(ctx, "go", "build", "-o", path, "github.com/cartouche-auth/cartouche/"+program) //nolint:gosec // the compiler
	build.Env = append(build.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, output)
	}
	return nil
}

// Server is a server that a test has started. Set the first fields, then call Start.
type Server struct {
	Args, Env []string
	Dir       string
	As        *syscall.SysProcAttr // nil: as whoever runs the tests

	Address, Operations string // where it listens, once it does
	Out                 bytes.Buffer

	process *exec.Cmd
	stderr  io.ReadCloser
	ended   chan error

	mu    sync.Mutex
	lines []string
}

// Start runs the program and waits for the line that tells where it listens.
func (s *Server) Start(path string) error {
	s.process = exec.Command(path, s.Args...) //nolint:gosec,noctx // what the test asks for; whoever starts a server ends it
	s.process.Dir, s.process.Env, s.process.SysProcAttr, s.process.Stdout = s.Dir, s.Env, s.As, &s.Out
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
		s.Address, s.Operations = line.Address, line.Operations
		return nil
	case err := <-s.ended:
		s.ended <- err
		return fmt.Errorf("the server did not start: %w\n%s", err, s.Log())
	case <-time.After(Patience):
		return errors.Join(errors.New("the server never listened"), s.Kill())
	}
}

// listensLine is the line of the log that scripts and people wait for.
type listensLine struct {
	Message    string `json:"msg"`
	Address    string `json:"address"`
	Operations string `json:"operations_address"`
}

func (s *Server) read(log io.Reader, listens chan<- listensLine) {
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

// PID is the id of the process.
func (s *Server) PID() int { return s.process.Process.Pid }

// StopReading closes the reading end of the server's log.
func (s *Server) StopReading() error { return s.stderr.Close() }

// Log is what the server has written to its log.
func (s *Server) Log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.lines, "\n") + "\n"
}

// Signal sends a signal.
func (s *Server) Signal(signal os.Signal) error { return s.process.Process.Signal(signal) }

// Stop sends a signal and waits for the end.
func (s *Server) Stop(signal os.Signal) error {
	if err := s.Signal(signal); err != nil {
		return err
	}
	return s.Wait()
}

// Wait waits for the end.
func (s *Server) Wait() error {
	select {
	case err := <-s.ended:
		s.ended <- err
		return err
	case <-time.After(Patience):
		return errors.Join(errors.New("the server never ended"), s.process.Process.Kill())
	}
}

// Kill ends the server the hard way, if it still runs.
func (s *Server) Kill() error {
	if err := s.Signal(syscall.SIGKILL); errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return s.Wait()
}
