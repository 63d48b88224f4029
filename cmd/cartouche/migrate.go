package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cartouche-auth/cartouche/sqlstore"
)

func (a *app) migrateCommand() *cobra.Command {
	var status, asJSON bool
	c := &cobra.Command{
		Use: "migrate", Short: "Bring the schema of the database up to date (the other commands do it by themselves)", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.load()
			if err != nil {
				return err
			}
			if status {
				schema, err := schemaOf(cmd.Context(), c)
				if err != nil {
					return err
				}
				return printSchema(cmd.OutOrStdout(), schema, asJSON)
			}
			taken, err := migrate(cmd.Context(), c)
			if err != nil {
				return err
			}
			return printTaken(cmd.OutOrStdout(), taken, asJSON)
		},
	}
	c.Flags().BoolVar(&status, "status", false, "only tell how far the schema is")
	jsonFlag(c, &asJSON)
	return c
}

func printSchema(w io.Writer, s sqlstore.Schema, asJSON bool) error {
	pending := append([]string{}, s.Pending...)
	if asJSON {
		return writeJSON(w, map[string]any{"number": s.Number, "newest": s.Newest, "pending": pending})
	}
	return writePairs(w, [][2]string{
		{"schema", fmt.Sprint(s.Number)}, {"newest", fmt.Sprint(s.Newest)}, {"pending", strings.Join(pending, ", ")},
	})
}

func printTaken(w io.Writer, taken []string, asJSON bool) error {
	if asJSON {
		return writeJSON(w, map[string]any{"taken": append([]string{}, taken...)})
	}
	if len(taken) == 0 {
		_, err := fmt.Fprintln(w, "the schema is up to date")
		return err
	}
	for _, name := range taken {
		if _, err := fmt.Fprintln(w, "took "+name); err != nil {
			return err
		}
	}
	return nil
}
