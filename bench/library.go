package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"syscall"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/httpapi"
	"github.com/cartouche-auth/cartouche/secret"
)

// library serves a site with the library in place of the command, and writes a CPU profile of the time in which it answered: "peer library
// ADDRESS FOLDER DATABASE PROFILE". The command itself has no such door.
func library(args []string) (err error) {
	address, where, profile := args[0], site{folder: args[1], database: args[2]}, args[3]
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	store, done, err := where.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	service, api, err := assemble(store, where, "http://"+address)
	if err != nil {
		return err
	}
	if err := service.Start(ctx); err != nil {
		return err
	}
	go func() { _ = service.Run(ctx) }() // its error is ctx's
	file, err := os.Create(profile)      //nolint:gosec // this program named it
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return err
	}
	server := &http.Server{Addr: address, Handler: api, ReadHeaderTimeout: time.Minute}
	context.AfterFunc(ctx, func() { _ = server.Close() }) // nobody is being answered any more
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	pprof.StopCPUProfile()
	return file.Close()
}

// assemble puts service and routes together as the command does for [site.environment].
func assemble(store auth.Store, where site, issuer string) (*auth.Service, http.Handler, error) {
	master, err := secret.OpenMaster(where.masterKey())
	if err != nil {
		return nil, nil, err
	}
	policy := auth.DefaultPolicy()
	policy.RefreshMinAge = 0
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	service, err := auth.New(auth.Config{Issuer: issuer, Store: store, Master: master, Policy: policy, Limits: auth.LimitsOff, Logger: log})
	if err != nil {
		return nil, nil, err
	}
	api, err := httpapi.New(service, httpapi.Config{Logger: log})
	return service, api, err
}

// profiled is the command that runs a site with the library, and names the profile after the site.
func (s site) profiled(address string) (path string, args []string, err error) {
	self, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	name := fmt.Sprintf("%s-%d.pprof", filepath.Base(s.folder), startWatch().started.UnixMilli())
	return self, []string{"peer", "library", address, s.folder, s.database, filepath.Join(s.profiles, name)}, nil
}
