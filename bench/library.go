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
	passwords "github.com/cartouche-auth/cartouche/password"
	"github.com/cartouche-auth/cartouche/secret"
)

// library serves a site with the library in place of the command, with events or without, and writes a CPU profile of the time in which it answered where
// a file is named: "peer library ADDRESS FOLDER DATABASE AUDIT PROFILE". The command itself has no such doors.
func library(args []string) (err error) {
	address, where, profile := args[0], site{folder: args[1], database: args[2], audit: audit(args[3])}, args[4]
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	store, done, err := where.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	service, err := where.service(where.audit.over(ctx, store), productHasher)
	if err != nil {
		return err
	}
	api, err := httpapi.New(service, httpapi.Config{PublicURL: "http://" + address, Logger: requestLog()})
	if err != nil {
		return err
	}
	if err := service.Start(ctx); err != nil {
		return err
	}
	go func() { _ = service.Run(ctx) }() // its error is ctx's
	finish, err := startProfile(profile)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, finish()) }()
	server := &http.Server{Addr: address, Handler: api, ReadHeaderTimeout: time.Minute}
	context.AfterFunc(ctx, func() { _ = server.Close() }) // nobody is being answered any more
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// startProfile begins a CPU profile and answers what ends it; without a name there is none.
func startProfile(name string) (finish func() error, err error) {
	if name == "" {
		return func() error { return nil }, nil
	}
	file, err := os.Create(name) //nolint:gosec // this program named it
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		return file.Close()
	}, nil
}

// service is the domain of a site, as the command makes it for [site.environment].
func (s site) service(store auth.Store, hasher func() (*passwords.Hasher, error)) (*auth.Service, error) {
	master, err := secret.OpenMaster(s.masterKey())
	if err != nil {
		return nil, err
	}
	hashing, err := hasher()
	if err != nil {
		return nil, err
	}
	policy := auth.DefaultPolicy()
	policy.RefreshMinAge = 0
	return auth.New(auth.Config{
		Issuer: issuer, Store: store, Master: master, Policy: policy, Limits: auth.LimitsOff, Passwords: hashing, Logger: requestLog(),
	})
}

// requestLog is the log of the command.
func requestLog() *slog.Logger { return slog.New(slog.NewJSONHandler(os.Stderr, nil)) }

// byLibrary is the command that runs a site with the library. A profile is named after the site.
func (s site) byLibrary(address string) (path string, args []string, err error) {
	self, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	profile := ""
	if s.profiles != "" {
		profile = filepath.Join(s.profiles, fmt.Sprintf("%s-%d.pprof", filepath.Base(s.folder), startWatch().started.UnixMilli()))
	}
	return self, []string{"peer", "library", address, s.folder, s.database, string(s.audit), profile}, nil
}
