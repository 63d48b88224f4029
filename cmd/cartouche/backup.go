package main

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/cartouche-auth/cartouche/sqlstore/sqlite"
)

func (a *app) backupCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "backup TO", Short: "Write a SQLite database into a new file while the server runs, and check it", Args: oneArgument("file"),
		Long: "Write a SQLite database into a new file while the server runs, and check it.\n\n" +
			"The file is of one moment. It appears only when it is whole, was checked and is on the disk; it never takes the place of another. The master key is\n" +
			"not in it, and must be kept elsewhere. Once a backup is back in its place, everybody has to sign in again: cartouche session revoke --everybody",
		Example: "  cartouche backup /backups/cartouche-$(date +%F).db",
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.load()
			if err != nil {
				return err
			}
			path, ok := sqlitePath(c)
			if !ok {
				return errors.New("database: is PostgreSQL, which has a better tool for that: pg_dump")
			}
			saved, err := sqlite.Backup(cmd.Context(), path, args[0])
			if errors.Is(err, fs.ErrExist) {
				return fmt.Errorf("there is a file %s already, and it stays: choose another name", visible(args[0]))
			}
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(cmd.OutOrStdout(), map[string]any{"file": args[0], "bytes": saved.Bytes, "schema": saved.Schema})
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "backed up and checked: %s, %d bytes, schema %d\n", visible(args[0]), saved.Bytes, saved.Schema)
			return err
		},
	}
	jsonFlag(c, &asJSON)
	return c
}
