package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/cmd/cartouche/internal/config"
	"github.com/cartouche-auth/cartouche/secret"
)

// openMaster finds the master key: in its file, else in the systemd credential, else in the environment. Only a database that has never been
// used gets a new one. A new key beside an old database would sign everybody out and hide that the right one is missing.
func (a *app) openMaster(ctx context.Context, c config.Config, store auth.Store, log *slog.Logger) (secret.Master, error) {
	master, err := secret.ReadMaster(c.MasterKeyFile)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		if err == nil && a.variable(config.MasterKeyVariable) != "" {
			log.WarnContext(ctx, "the master key of the environment is ignored, because there is a key file", "file", c.MasterKeyFile)
		}
		return master, inSetting("master_key_file", err)
	}
	if master, found, err := a.masterFromCredential(); found {
		return master, err
	}
	if text := a.variable(config.MasterKeyVariable); text != "" {
		log.WarnContext(ctx, "the master key comes from the environment, which other programs of the same user can read; a file or a systemd credential is safer")
		master, err := secret.ParseMaster(secret.NewText(text))
		return master, inSetting(config.MasterKeyVariable, err)
	}
	used, err := inUse(ctx, store)
	if err != nil {
		return secret.Master{}, err
	}
	if used {
		return secret.Master{}, fmt.Errorf("master_key_file: the database is in use, but its master key is missing: there is no file %s, no systemd credential "+
			"%s and no variable %s; bring the key back, for instance from the first node (a new one could not read the database)",
			c.MasterKeyFile, credentialName, config.MasterKeyVariable)
	}
	if master, err = secret.OpenMaster(c.MasterKeyFile); err != nil {
		return secret.Master{}, inSetting("master_key_file", err)
	}
	log.InfoContext(ctx, "master key made", "file", c.MasterKeyFile)
	return master, nil
}

const credentialName = "master_key"

// masterFromCredential reads the key that systemd hands to the service in a folder of its own.
func (a *app) masterFromCredential() (secret.Master, bool, error) {
	dir := a.variable("CREDENTIALS_DIRECTORY")
	if dir == "" {
		return secret.Master{}, false, nil
	}
	text, err := os.ReadFile(filepath.Join(dir, credentialName))
	if errors.Is(err, fs.ErrNotExist) {
		return secret.Master{}, false, nil
	}
	if err != nil {
		return secret.Master{}, true, fmt.Errorf("systemd credential: %w", err)
	}
	master, err := secret.ParseMaster(secret.NewText(string(text)))
	return master, true, inSetting("systemd credential "+credentialName, err)
}

// inUse tells whether a database has anything that depends on a master key.
func inUse(ctx context.Context, store auth.Store) (bool, error) {
	keys, err := store.SigningKeys(ctx)
	if err != nil || len(keys) > 0 {
		return len(keys) > 0, err
	}
	users, err := store.Users(ctx, auth.UserQuery{Limit: 1})
	return len(users) > 0, err
}

func inSetting(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", name, err)
}
