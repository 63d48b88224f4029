package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// server is a server at work, with its log in a file.
type server struct {
	command *exec.Cmd
	log     string
	ended   chan struct{}
}

// startServer runs a command and waits until base answers at /readyz.
func startServer(ctx context.Context, command *exec.Cmd, logFile, base string) (*server, error) {
	log, err := os.Create(logFile) //nolint:gosec // our own temporary folder
	if err != nil {
		return nil, err
	}
	defer log.Close() //nolint:errcheck // the process has its own handle
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a key pressed in the terminal reaches this program only, which stops it in order
	if err := command.Start(); err != nil {
		return nil, err
	}
	s := &server{command: command, log: logFile, ended: make(chan struct{})}
	go func() {
		_ = command.Wait() // how it ended is in its log
		close(s.ended)
	}()
	if err := s.ready(ctx, base); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	return s, nil
}

// patience is how long a server may take to start or to end on a busy machine.
const patience = time.Minute

func (s *server) ready(ctx context.Context, base string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	client := newClient()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/readyz", http.NoBody) //nolint:gosec // a server that this program started
		if err != nil {
			return err
		}
		response, err := client.Do(request) //nolint:gosec // likewise
		if err == nil {
			if err = response.Body.Close(); err == nil && response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-s.ended:
			return fmt.Errorf("%s ended: %s", s.command.Path, s.lastWords())
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w; its last words: %s", s.command.Path, ctx.Err(), s.lastWords())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s *server) stop() error {
	if err := s.command.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-s.ended:
		return nil
	case <-time.After(patience):
		return errors.Join(fmt.Errorf("%s did not end and was killed", s.command.Path), s.command.Process.Kill())
	}
}

func (s *server) lastWords() string {
	text, err := os.ReadFile(s.log)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-5):], " | ")
}

// runTool runs a command to its end; what it wrote is part of its error.
func runTool(command *exec.Cmd) error {
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	if err := command.Run(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", filepath.Base(command.Path), strings.Join(command.Args[1:], " "), err, strings.TrimSpace(out.String()))
	}
	return nil
}

// sparePort is a port of the loopback that was free just now.
func sparePort(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, errors.Join(err, l.Close())
}
