package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cartouche-auth/cartouche/bench/load"
	"github.com/cartouche-auth/cartouche/bench/process"
)

// site is where a Cartouche server lives: its data folder, and the URL of its database where that is not in the folder.
type site struct {
	binary   string
	folder   string
	database string   // empty: SQLite in the folder
	profiles string   // a folder for CPU profiles; empty: none are made
	audit    audit    // served by the library, with or without events; empty: by the command
	settings []string // further ones, such as CARTOUCHE_LOG_LEVEL=warn
	log      *os.File
}

// issuer is every site's, whatever its port, so that tokens outlive a restart.
const issuer = "http://127.0.0.1"

// environment configures the server as it is by default, but for two things that a closed loop needs: no rate limit stands in its way, and
// a refresh token may be confirmed as soon as it was born, so that each refresh writes (with the default, most would be served without a write and
// look faster than they are).
func (s site) environment(port string) []string {
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + s.folder,
		"CARTOUCHE_LISTEN=127.0.0.1:" + port, "CARTOUCHE_DATA_DIR=" + s.folder,
		"CARTOUCHE_ISSUER=" + issuer, "CARTOUCHE_REFRESH_MIN_AGE=0s", "CARTOUCHE_RATE_LIMITS=off",
	}
	if s.database != "" {
		env = append(env, "CARTOUCHE_DATABASE="+s.database)
	}
	return append(env, s.settings...)
}

// sqliteFile is the site's database where it is SQLite.
func (s site) sqliteFile() string { return filepath.Join(s.folder, "cartouche.db") }

// masterKey is the file of the site's master key.
func (s site) masterKey() string { return filepath.Join(s.folder, "master.key") }

// server is a server at work.
type server struct {
	address string
	process *process.Process
	took    time.Duration // from the start to the first answer
}

// start runs the server of a site and waits for its first answer.
func (s site) start(ctx context.Context) (*server, error) {
	port, err := sparePort(ctx)
	if err != nil {
		return nil, err
	}
	command := process.Command{Path: s.binary, Args: []string{"serve"}, Dir: s.folder, Env: s.environment(port), Log: s.log}
	address := "127.0.0.1:" + port
	if s.profiles != "" || s.audit != "" {
		if command.Path, command.Args, err = s.byLibrary(address); err != nil {
			return nil, err
		}
	}
	return start(ctx, command, address, "/readyz")
}

// startHello runs the empty handler.
func startHello(ctx context.Context, log *os.File) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	port, err := sparePort(ctx)
	if err != nil {
		return nil, err
	}
	address := "127.0.0.1:" + port
	return start(ctx, process.Command{Path: self, Args: []string{"peer", "hello", address}, Log: log}, address, "/hello/")
}

// start runs a server and waits until a path answers 200.
func start(ctx context.Context, command process.Command, address, path string) (*server, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, 30*time.Second, errors.New("no answer within 30 seconds"))
	defer cancel()
	watch := startWatch()
	started, err := process.Start(command)
	if err != nil {
		return nil, err
	}
	s := &server{address: address, process: started}
	request := load.Get(address, path)
	for err = s.answers(request); err != nil; err = s.answers(request) {
		select {
		case <-started.Ended():
			return nil, fmt.Errorf("%s: %w; its last words: %s", command.Path, process.ErrEnded, lastWords(command.Log))
		default:
		}
		if err := pause(ctx, 500*time.Microsecond); err != nil {
			return nil, errors.Join(err, started.Stop())
		}
	}
	s.took = watch.elapsed()
	return s, nil
}

func (s *server) answers(request []byte) error {
	conn, err := load.Dial(s.address, time.Second)
	if err != nil {
		return err
	}
	answer, err := conn.Do(request)
	if err == nil && answer.Status != 200 {
		err = fmt.Errorf("status %d", answer.Status)
	}
	return errors.Join(err, conn.Close())
}

func (s *server) close() error { return s.process.Stop() }

// lastWords are the last lines that were written into a log.
func lastWords(log *os.File) string {
	if log == nil {
		return ""
	}
	text, err := os.ReadFile(log.Name()) //nolint:gosec // our own file
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-3):], " | ")
}
