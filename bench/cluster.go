package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/cartouche-auth/cartouche/bench/process"
)

// cluster is the PostgreSQL that is measured: one of our own in a temporary folder, or that of CARTOUCHE_TEST_POSTGRES.
type cluster struct {
	url      string           // of the database, without a schema
	programs string           // the folder of pgbench; empty: in PATH
	process  *process.Process // nil: somebody else's
	folder   string
}

// openCluster starts a cluster, or uses the one that the environment names.
func openCluster(ctx context.Context, folder string, log *os.File) (*cluster, error) {
	programs, err := postgresPrograms()
	if err != nil {
		return nil, err
	}
	if given := os.Getenv("CARTOUCHE_TEST_POSTGRES"); given != "" {
		return &cluster{url: given, programs: programs}, nil
	}
	c := &cluster{programs: programs, folder: filepath.Join(folder, "postgres")}
	account := ""
	if os.Geteuid() == 0 { // PostgreSQL refuses to run as root
		account = "postgres"
	}
	if err := c.initialise(ctx, account, log); err != nil {
		return nil, err
	}
	port, err := sparePort(ctx)
	if err != nil {
		return nil, err
	}
	// Durability stays as it is by default: fsync, synchronous_commit and full_page_writes are on.
	settings := []string{
		"listen_addresses=127.0.0.1", "port=" + port, "unix_socket_directories=" + c.folder, "max_connections=200", "shared_buffers=256MB",
	}
	args := []string{"-D", c.folder}
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	// An interrupt is PostgreSQL's fast shutdown: it does not wait for its clients.
	c.process, err = process.Start(process.Command{
		Path: filepath.Join(programs, "postgres"), Args: args, Dir: c.folder, User: account, Log: log, Stop: syscall.SIGINT,
	})
	if err != nil {
		return nil, err
	}
	c.url = "postgres://postgres@127.0.0.1:" + port + "/postgres?sslmode=disable"
	return c, c.await(ctx)
}

// initialise makes the cluster's files.
func (c *cluster) initialise(ctx context.Context, account string, log *os.File) error {
	if err := os.Mkdir(c.folder, 0o700); err != nil {
		return err
	}
	initdb, err := process.Start(process.Command{
		Path: filepath.Join(c.programs, "initdb"), Args: []string{"-D", c.folder, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"},
		Dir: c.folder, User: account, Log: log, Own: c.folder,
	})
	if err != nil {
		return err
	}
	return initdb.Wait(ctx)
}

// await waits until the cluster takes connections.
func (c *cluster) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, time.Minute, errors.New("PostgreSQL did not start within a minute"))
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, c.url)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-c.process.Ended():
			return fmt.Errorf("PostgreSQL: %w", process.ErrEnded)
		default:
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
}

// close stops the cluster, if it is ours.
func (c *cluster) close() error {
	if c.process == nil {
		return nil
	}
	return c.process.Stop()
}

// pids are the processes whose CPU is the database's; none when it is somebody else's.
func (c *cluster) pids() []int {
	if c.process == nil {
		return nil
	}
	return []int{c.process.PID()}
}

// withSchema is the cluster's URL with a schema of its own.
func (c *cluster) withSchema(schema string) (string, error) {
	u, err := url.Parse(c.url)
	if err != nil {
		return "", err
	}
	query := u.Query()
	query.Set("search_path", schema)
	query.Set("application_name", schema)
	u.RawQuery = query.Encode()
	return u.String(), nil
}

// version is what the server calls itself.
func (c *cluster) version(ctx context.Context) (string, error) {
	conn, err := pgx.Connect(ctx, c.url)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close(ctx) }() // it was only read from
	var version string
	err = conn.QueryRow(ctx, "SHOW server_version").Scan(&version)
	return version, err
}

// postgresPrograms finds the folder of initdb, postgres and pgbench: the newest version's, or that of the first initdb in PATH.
func postgresPrograms() (string, error) {
	folders, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is well-formed, and that is the only error
	slices.SortFunc(folders, func(a, b string) int { return majorOf(b) - majorOf(a) })
	if initdb, err := exec.LookPath("initdb"); err == nil {
		if initdb, err = filepath.EvalSymlinks(initdb); err == nil {
			folders = append(folders, filepath.Dir(initdb))
		}
	}
	for _, folder := range folders {
		missing := slices.ContainsFunc([]string{"initdb", "postgres", "pgbench"}, func(program string) bool {
			_, err := os.Stat(filepath.Join(folder, program))
			return err != nil
		})
		if !missing {
			return folder, nil
		}
	}
	return "", errors.New("no folder with initdb, postgres and pgbench: install the packages postgresql and postgresql-contrib")
}

func majorOf(folder string) int {
	major, _ := strconv.Atoi(filepath.Base(filepath.Dir(folder))) // an odd name is the oldest
	return major
}

// sparePort is a port on loopback that is free now.
func sparePort(ctx context.Context) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, _ := strings.Cut(listener.Addr().String(), ":")
	return port, listener.Close()
}

// exec runs one statement.
func (c *cluster) exec(ctx context.Context, statement string, args ...any) error {
	conn, err := pgx.Connect(ctx, c.url)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement, args...)
	return errors.Join(err, conn.Close(ctx))
}
