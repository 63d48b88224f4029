package main

import (
	"context"
	"log/slog"

	"github.com/cartouche-auth/cartouche/cmd/cartouche/internal/config"
	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/sqlstore"
	"github.com/cartouche-auth/cartouche/valkey"
)

// openValkey connects to the Valkey server of the settings, and lets it announce what the store revokes. Nil: there is none.
func openValkey(ctx context.Context, c config.Config, store *sqlstore.Store) (*valkey.Server, error) {
	if c.LimitsURL == "" {
		return nil, nil //nolint:nilnil // nil is the server that is not there
	}
	server, err := valkey.Open(ctx, secret.NewText(c.LimitsURL))
	if err != nil {
		return nil, inSetting("limits_url", err)
	}
	store.AfterRevocation(server.Notify)
	return server, nil
}

// tryValkey is openValkey for commands: an operator who signs somebody out does so also while the limiter is down.
func tryValkey(ctx context.Context, c config.Config, store *sqlstore.Store, log *slog.Logger) *valkey.Server {
	server, err := openValkey(ctx, c, store)
	if err != nil {
		log.WarnContext(ctx, "servers hear of what is revoked now with a delay", "error", err)
	}
	return server
}

// closeValkey takes the server that is not there, too.
func closeValkey(server *valkey.Server) {
	if server != nil {
		server.Close()
	}
}
