package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/cmd/cartouche/internal/config"
	"github.com/cartouche-auth/cartouche/cmd/cartouche/internal/demo"
	"github.com/cartouche-auth/cartouche/cmd/cartouche/internal/machine"
	"github.com/cartouche-auth/cartouche/cmd/cartouche/internal/systemd"
	"github.com/cartouche-auth/cartouche/httpapi"
	"github.com/cartouche-auth/cartouche/metrics"
	"github.com/cartouche-auth/cartouche/sqlstore"
)

func (a *app) serveCommand() *cobra.Command {
	var dev bool
	c := &cobra.Command{
		Use: "serve", Short: "Run the server", Args: noArguments,
		Example: "  cartouche serve --dev\n" +
			"  cartouche serve --listen :8080 --public-url https://auth.example.com --database postgres://cartouche@localhost/cartouche",
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			context.AfterFunc(ctx, stop)   // a second signal ends the process at once
			signal.Ignore(syscall.SIGPIPE) // a log reader that goes away must not take the server with it
			return a.serve(ctx, dev)
		},
	}
	c.Flags().BoolVar(&dev, "dev", false, "for your own desk: loopback only, a demo page at /, mails at /mails, djoser's dialect")
	return c
}

// serve opens everything in the order in which it can fail with the least harm: settings, database, address, keys; and closes it in reverse.
func (a *app) serve(ctx context.Context, dev bool) error {
	c, err := a.loadToServe(dev)
	if err != nil {
		return err
	}
	boundMemory()
	log := newLogger(a.err, a.errorsOnTerminal(), levelNamed(c.LogLevel))
	store, err := openStore(ctx, c)
	if err != nil {
		return err
	}
	listeners, err := listenAll(ctx, c)
	if err == nil {
		err = a.serveStore(ctx, running{config: c.Bound(portOf(listeners[0])), dev: dev, log: log, store: store, listeners: listeners})
	}
	return errors.Join(err, store.Close())
}

// loadToServe is load for the settings of a desk, or of production.
func (a *app) loadToServe(dev bool) (config.Config, error) {
	c, err := a.read()
	if dev {
		var devErr error
		c, devErr = c.Develop()
		err = errors.Join(err, devErr)
	}
	return c, errors.Join(err, c.Check())
}

// listenAll takes the public address and, behind it in the list, that of operators.
func listenAll(ctx context.Context, c config.Config) ([]net.Listener, error) {
	public, err := listen(ctx, "listen", c.Listen)
	if err != nil || c.OperationsListen == "" {
		return []net.Listener{public}, err
	}
	operations, err := listen(ctx, "operations_listen", c.OperationsListen)
	if err != nil {
		return nil, errors.Join(err, public.Close())
	}
	return []net.Listener{public, operations}, nil
}

func portOf(l net.Listener) int {
	if address, ok := l.Addr().(*net.TCPAddr); ok {
		return address.Port
	}
	return 0
}

// running is a server that has its settings, database and addresses.
type running struct {
	config    config.Config
	dev       bool
	log       *slog.Logger
	store     *sqlstore.Store
	listeners []net.Listener
}

// serveStore puts service and routes together and serves them until ctx ends.
func (a *app) serveStore(ctx context.Context, r running) error {
	places, err := r.config.Places(r.log)
	if err != nil {
		return err
	}
	server, err := openValkey(ctx, r.config, r.store)
	if err != nil {
		return err
	}
	defer closeValkey(server)
	service, err := a.newService(ctx, r.config, r.store, tools{r.log, places, server})
	if err != nil {
		return err
	}
	handlers, err := r.handlers(service, places)
	if err != nil {
		return err
	}
	if err := service.Start(ctx); err != nil {
		if errors.Is(err, auth.ErrKeysSealed) {
			return fmt.Errorf("master_key_file: this master key is not the one of the database: %w", err)
		}
		return err
	}
	background, stopBackground := context.WithCancel(context.WithoutCancel(ctx)) // it goes on while requests come to their end
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		_ = service.Run(background) // it logs its troubles, and ends with background only
	}()
	all := make([]listening, len(r.listeners))
	for i, l := range r.listeners {
		all[i] = listening{newServer(handlers[i], r.config.TrustedProxies, r.log), l}
	}
	all[0].server.RegisterOnShutdown(service.ReleaseFollowers)
	a.announce(ctx, r)
	a.tell(ctx, r.log, systemd.Ready)
	defer context.AfterFunc(ctx, func() { a.tell(ctx, r.log, systemd.Stopping) })()
	err = serveAll(ctx, all)
	stopBackground()
	<-stopped
	newLogger(a.err, a.errorsOnTerminal(), slog.LevelInfo).InfoContext(background, "stopped")
	return err
}

// handlers are the public one and that of operators.
func (r running) handlers(service *auth.Service, places func(string) string) ([]http.Handler, error) {
	settings, err := r.config.HTTP()
	if err != nil {
		return nil, err
	}
	settings.Logger, settings.Places = r.log, places
	told := metrics.New(metrics.Config{Service: service, Database: r.store.Stats, Version: version().Version, Commit: version().Commit, Logger: r.log})
	settings.Observe = told.Observe
	public, err := httpapi.New(service, settings)
	if err != nil {
		return nil, err
	}
	if r.dev {
		public, err = demo.Handler(public, demo.Page{Prefix: r.config.Prefix, ByEmail: service.LoginField() == auth.LoginByEmail, Mails: r.config.Mailbox})
	}
	return []http.Handler{public, operations(service, told, r.config.OperationsDebug)}, err
}

// announce tells that the server listens, whatever the level of the log: people and scripts wait for this line.
func (a *app) announce(ctx context.Context, r running) {
	c := r.config
	kind, _, _ := strings.Cut(c.Database, ":")
	attributes := []any{
		"address", r.listeners[0].Addr().String(), "public_url", c.PublicURL, "database", kind,
		"signing_algorithm", c.SigningAlgorithm, "rate_limits", c.RateLimits, "memory_limit_mib", debug.SetMemoryLimit(-1) >> 20,
	}
	if len(r.listeners) > 1 {
		attributes = append(attributes, "operations_address", r.listeners[1].Addr().String())
	}
	newLogger(a.err, a.errorsOnTerminal(), slog.LevelInfo).InfoContext(ctx, "listening", attributes...)
	if r.dev {
		fmt.Fprintf(a.out, devText, c.PublicURL, c.DataDir) //nolint:errcheck // a courtesy
	}
}

// tell tells systemd, where it asks to be told.
func (a *app) tell(ctx context.Context, log *slog.Logger, state string) {
	if err := systemd.Notify(a.variable("NOTIFY_SOCKET"), state); err != nil {
		log.WarnContext(ctx, "systemd was not told", "state", state, "error", err)
	}
}

const devText = `
  Cartouche is running on this machine, for you alone. Click here to try it:

      %s/

  Its data is in %s. Stop it with Ctrl+C.

`

// memoryShare is the part of the machine's or container's memory, in percent, that the process takes before it collects garbage harder. The
// password gate divides it up, so that a flood of sign-ins does not end in a killed process.
const memoryShare = 80

// boundMemory sets GOMEMLIMIT, unless the operator did.
func boundMemory() {
	if debug.SetMemoryLimit(-1) != math.MaxInt64 {
		return
	}
	if memory := machine.Memory(os.DirFS("/")); memory > 0 {
		debug.SetMemoryLimit(memory / 100 * memoryShare)
	}
}
