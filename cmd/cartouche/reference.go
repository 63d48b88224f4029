package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cartouche-auth/cartouche/cmd/cartouche/internal/config"
	"github.com/cartouche-auth/cartouche/metrics"
)

// referenceCommand writes the reference pages, which are made from the code. It is for whoever works on the project.
func (a *app) referenceCommand() *cobra.Command {
	pages := map[string]func(*cobra.Command) string{
		"settings": func(*cobra.Command) string { return config.Reference() },
		"metrics":  func(*cobra.Command) string { return metrics.Reference() },
		"commands": func(root *cobra.Command) string { return referencePage(root) },
	}
	return &cobra.Command{
		Use: "reference {settings | commands | metrics}", Short: "Write a reference page in Markdown", Hidden: true, Args: oneArgument("page"),
		RunE: func(cmd *cobra.Command, args []string) error {
			page, ok := pages[args[0]]
			if !ok {
				return fmt.Errorf("there is no page %q", args[0])
			}
			_, err := fmt.Fprint(cmd.OutOrStdout(), page(cmd.Root()))
			return err
		},
	}
}

func referencePage(root *cobra.Command) string {
	var b strings.Builder
	b.WriteString("<!-- Made from the code by `go test ./cmd/... -update`; a test fails when it is stale. -->\n# Commands\n\n" +
		"Every command takes every [setting](configuration.md) as a flag, so that it finds the same database as the server.\n")
	describeCommand(&b, root)
	return b.String()
}

func describeCommand(b *strings.Builder, c *cobra.Command) {
	if c.HasParent() {
		fmt.Fprintf(b, "\n## `%s`\n\n%s.\n", c.CommandPath(), c.Short)
	}
	if c.HasParent() && !c.HasSubCommands() {
		fmt.Fprintf(b, "\n```text\n%s", c.UseLine())
		if c.HasExample() {
			fmt.Fprintf(b, "\n\n%s", c.Example)
		}
		c.InitDefaultHelpFlag()
		if flags := strings.TrimRight(c.LocalFlags().FlagUsages(), "\n"); flags != "" {
			fmt.Fprintf(b, "\n\n%s", flags)
		}
		b.WriteString("\n```\n")
	}
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() && sub.Name() != "help" {
			describeCommand(b, sub)
		}
	}
}
