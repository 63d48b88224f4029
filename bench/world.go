package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/sqlstore/postgres"
	"github.com/cartouche-auth/cartouche/sqlstore/sqlite"
)

// world is what the measurements share. Everything in it is started when it is first asked for, and ended by close.
type world struct {
	root        string // of the checkout
	binary      string
	profiles    string // see -profile
	window      time.Duration
	folder      string
	log         *os.File
	hash, cheap string // of everybody's password: as the product makes it, and for what does not measure hashing

	cluster *cluster
	sites   map[string]site    // the main ones, by their database
	servers map[string]outcome // of "hello", and of the main sites by their database
	ends    []func() error
}

// outcome is a server, or why it could not be started.
type outcome struct {
	server *server
	err    error
}

// newWorld makes the temporary folder.
func newWorld(ctx context.Context, o options) (*world, error) {
	w := &world{window: o.window, servers: map[string]outcome{}, sites: map[string]site{}}
	var errs [3]error
	w.root, errs[0] = filepath.Abs("..")
	w.binary, errs[1] = filepath.Abs(o.binary)
	if o.profiles != "" {
		w.profiles, errs[2] = filepath.Abs(o.profiles)
	}
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	if _, err := os.Stat(w.binary); err != nil {
		return nil, fmt.Errorf("%w: run make build", err)
	}
	var err error
	if w.folder, err = os.MkdirTemp("", "cartouche-bench-"); err != nil {
		return nil, err
	}
	w.ends = append(w.ends, func() error { return os.RemoveAll(w.folder) })
	if err := os.Chmod(w.folder, 0o711); err != nil { //nolint:gosec // the database's account walks through it
		return nil, errors.Join(err, w.close())
	}
	if w.log, err = os.Create(filepath.Join(w.folder, "log")); err != nil {
		return nil, errors.Join(err, w.close())
	}
	w.ends = append(w.ends, w.log.Close)
	var errHash, errCheap error
	w.hash, errHash = hashPassword(ctx, productHasher)
	w.cheap, errCheap = hashPassword(ctx, cheapHasher)
	if err := errors.Join(errHash, errCheap); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

// close ends what was started, the last first.
func (w *world) close() error {
	var errs []error
	for _, end := range slices.Backward(w.ends) {
		errs = append(errs, end())
	}
	w.ends = nil
	return errors.Join(errs...)
}

// postgres is the cluster.
func (w *world) postgres(ctx context.Context) (*cluster, error) {
	if w.cluster != nil {
		return w.cluster, nil
	}
	c, err := openCluster(ctx, w.folder, w.log)
	if c != nil {
		w.ends = append(w.ends, c.close)
	}
	if err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	w.cluster = c
	return c, nil
}

// newSite makes a site with its accounts, whose passwords have one hash: database is "sqlite" or "postgres".
func (w *world) newSite(ctx context.Context, name, database, hash string) (site, error) {
	s := site{binary: w.binary, folder: filepath.Join(w.folder, name+"-"+database), profiles: w.profiles, log: w.log}
	if err := os.Mkdir(s.folder, 0o700); err != nil {
		return site{}, err
	}
	if database == "postgres" {
		c, err := w.postgres(ctx)
		if err != nil {
			return site{}, err
		}
		if s.database, err = w.newSchema(ctx, c, schemaOf(name)); err != nil {
			return site{}, err
		}
	}
	if _, err := secret.OpenMaster(s.masterKey()); err != nil { // the command makes none beside a database that is in use
		return site{}, err
	}
	store, done, err := s.open(ctx)
	if err != nil {
		return site{}, err
	}
	return s, errors.Join(seed(ctx, store, hash), done())
}

// open opens the store of a site, as the product does.
func (s site) open(ctx context.Context) (store auth.Store, done func() error, err error) {
	if s.database == "" {
		store, err := sqlite.Open(ctx, s.sqliteFile())
		if err != nil {
			return nil, nil, err
		}
		return store, store.Close, nil
	}
	opened, err := postgres.Open(ctx, s.database)
	if err != nil {
		return nil, nil, err
	}
	return opened, opened.Close, nil
}

// newSchema makes a schema that is dropped at the end, and answers its URL.
func (w *world) newSchema(ctx context.Context, c *cluster, schema string) (string, error) {
	if err := c.exec(ctx, "CREATE SCHEMA "+pgx.Identifier{schema}.Sanitize()); err != nil {
		return "", err
	}
	w.ends = append(w.ends, func() error {
		return c.exec(context.WithoutCancel(ctx), "DROP SCHEMA "+pgx.Identifier{schema}.Sanitize()+" CASCADE")
	})
	return c.withSchema(schema)
}

// running is the main server on a database ("sqlite", "postgres"), the "second" one beside that on PostgreSQL, "django", or "hello", the empty handler.
func (w *world) running(ctx context.Context, name string) (*server, error) {
	o, tried := w.servers[name]
	if !tried {
		o.server, o.err = w.run(ctx, name)
		if o.err == nil {
			w.ends = append(w.ends, o.server.close)
		}
		w.servers[name] = o
	}
	return o.server, o.err
}

func (w *world) run(ctx context.Context, name string) (*server, error) {
	switch name {
	case "hello":
		return startHello(ctx, w.log)
	case "second":
		return w.sites["postgres"].start(ctx)
	case "django":
		return w.startDjango(ctx)
	}
	s, err := w.newSite(ctx, "main", name, w.hash)
	if err != nil {
		return nil, err
	}
	w.sites[name] = s
	return s.start(ctx)
}

// pids are the processes that work for the server of a name: itself, and its database.
func (w *world) pids(s *server, name string) []int {
	pids := []int{s.process.PID()}
	if name == "postgres" || name == "django" {
		pids = append(pids, w.cluster.pids()...)
	}
	return pids
}

// The schemas that others than their servers look into.
const (
	mainSchema   = "bench_main"
	growthSchema = "bench_growth"
)

func schemaOf(name string) string { return "bench_" + name }
