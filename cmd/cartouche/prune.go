package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func (a *app) pruneCommand() *cobra.Command {
	return &cobra.Command{
		Use: "prune", Short: "Delete what is over: old sessions, events, revocations and counters (a running server does it by itself)", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.with(cmd.Context(), func(o opened) error {
				n, err := o.Prune(cmd.Context())
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "deleted %s\n", count(n, "row"))
				return err
			})
		},
	}
}
