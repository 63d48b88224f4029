package main

import (
	"context"
	"errors"
	"log/slog"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/cmd/cartouche/internal/config"
	"github.com/cartouche-auth/cartouche/sqlstore"
	"github.com/cartouche-auth/cartouche/valkey"
)

// opened is the domain with its store, for commands that end by themselves.
type opened struct {
	*auth.Service
	store *sqlstore.Store
}

// with is look for work that changes something: its events are sealed at once, as no server may be running to do it.
func (a *app) with(ctx context.Context, work func(o opened) error) error {
	return a.look(ctx, func(o opened) error {
		err := work(o)
		_, sealErr := o.SealEvents(context.WithoutCancel(ctx))
		return errors.Join(err, sealErr)
	})
}

// look opens store and service as the settings say, does work with them, and closes the store.
func (a *app) look(ctx context.Context, work func(o opened) error) error {
	c, err := a.load()
	if err != nil {
		return err
	}
	log := newLogger(a.err, a.errorsOnTerminal(), slog.LevelWarn)
	store, err := openStore(ctx, c)
	if err != nil {
		return err
	}
	server := tryValkey(ctx, c, store, log)
	defer closeValkey(server)
	service, err := a.newService(ctx, c, store, tools{log: log, valkey: server})
	if err == nil {
		err = work(opened{service, store})
	}
	return errors.Join(err, store.Close())
}

// tools are what a service is given besides its settings.
type tools struct {
	log    *slog.Logger
	places func(address string) string // for mails; nil: none, as for commands, which send none
	valkey *valkey.Server              // nil: none
}

// newService puts the domain together.
func (a *app) newService(ctx context.Context, c config.Config, store *sqlstore.Store, t tools) (*auth.Service, error) {
	domain, err := c.Auth()
	if err != nil {
		return nil, err
	}
	domain.Store, domain.Logger = store, t.log
	if t.valkey != nil {
		domain.LimitStore, domain.Hints = t.valkey, t.valkey
	}
	if domain.Mailer, err = c.Mailer(t.log, t.places); err != nil {
		return nil, err
	}
	if domain.Master, err = a.openMaster(ctx, c, store, t.log); err != nil {
		return nil, err
	}
	return auth.New(domain)
}
