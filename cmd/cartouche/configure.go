package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func (a *app) configCommand() *cobra.Command {
	return group("config", "Show the settings in force, or check them", a.configPrintCommand(), a.configCheckCommand())
}

func (a *app) configPrintCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "print", Short: "Write the settings in force as YAML, each with where it comes from; passwords are hidden", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.read() // what cannot be read cannot be shown; what is unwise can
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(cmd.OutOrStdout(), c.Views())
			}
			return c.WriteYAML(cmd.OutOrStdout())
		},
	}
	jsonFlag(c, &asJSON)
	return c
}

func (a *app) configCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use: "check", Short: "Report every mistake in the settings at once, without touching database or keys", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := a.load(); err != nil {
				return err
			}
			_, err := fmt.Fprintln(cmd.OutOrStdout(), "the settings are good")
			return err
		},
	}
}
