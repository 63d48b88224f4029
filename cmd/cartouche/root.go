package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cartouche-auth/cartouche/cmd/cartouche/internal/config"
)

// root is the tree of commands.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "cartouche",
		Short:         "Authentication for single-page and mobile apps",
		Long:          "Cartouche is authentication for single-page and mobile apps.\n\nTry it: cartouche serve --dev",
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          noArguments,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.AddCommand(
		a.serveCommand(), a.configCommand(), a.migrateCommand(), a.userCommand(), a.createSuperuserCommand(), a.sessionCommand(), a.keysCommand(), a.eventsCommand(),
		a.pruneCommand(), a.healthCommand(), a.importCommand(), a.storeCommand(), a.backupCommand(), a.doctorCommand(), a.versionCommand(), a.settingsTopic(), a.referenceCommand(),
	)
	root.SetUsageTemplate(usage)
	root.SetFlagErrorFunc(flagError)
	a.addSettings(root)
	return root
}

// group is a command that only has sub-commands.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, Args: noArguments, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	c.AddCommand(commands...)
	return c
}

// noArguments refuses a word that is no sub-command, and says which one was meant.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
	}
	if len(names) == 0 {
		return fmt.Errorf("%s takes no argument, and got %q", cmd.CommandPath(), args[0])
	}
	if name := config.Nearest(args[0], names); name != "" {
		return fmt.Errorf("%s: there is no command %q; did you mean %s?", cmd.CommandPath(), args[0], name)
	}
	return fmt.Errorf("%s: there is no command %q; see %s --help", cmd.CommandPath(), args[0], cmd.CommandPath())
}

// oneArgument asks for one argument by its name.
func oneArgument(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 {
			return fmt.Errorf("%s needs one %s: %s", cmd.CommandPath(), name, cmd.UseLine())
		}
		return nil
	}
}

func twoArguments(names string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != 2 {
			return fmt.Errorf("%s needs two %s: %s", cmd.CommandPath(), names, cmd.UseLine())
		}
		return nil
	}
}

// flagError says which flag was meant.
func flagError(cmd *cobra.Command, err error) error {
	var unknown interface {
		error
		GetSpecifiedName() string
	}
	if !errors.As(err, &unknown) {
		return fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())
	}
	var names []string
	for _, s := range config.Settings() {
		names = append(names, s.Flag())
	}
	if name := config.Nearest(unknown.GetSpecifiedName(), names); name != "" {
		return fmt.Errorf("%w; did you mean --%s?", err, name)
	}
	return fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())
}

// settingFlag is the flag of a setting. It only takes down what was given: all sources are read together, so that every mistake is reported.
type settingFlag struct {
	setting config.Setting
	given   []string
}

// Set takes a value down.
func (f *settingFlag) Set(text string) error {
	f.given = append(f.given, text)
	return nil
}

// String is the default.
func (f *settingFlag) String() string {
	if f.setting.Flag() == "" {
		return ""
	}
	return f.setting.Default()
}

// Type says what a value looks like.
func (f *settingFlag) Type() string { return f.setting.Kind() }

// addSettings gives every command a flag for each setting.
func (a *app) addSettings(root *cobra.Command) {
	a.flags = map[string]*settingFlag{}
	for _, s := range config.Settings() {
		f := &settingFlag{setting: s}
		a.flags[s.Name] = f
		flag := root.PersistentFlags().VarPF(f, s.Flag(), "", s.Help)
		if s.Kind() == "switch" {
			flag.NoOptDefVal = "true"
		}
		complete := cobra.FixedCompletions(s.Choices, cobra.ShellCompDirectiveNoFileComp)
		if len(s.Choices) > 0 {
			_ = root.RegisterFlagCompletionFunc(s.Flag(), complete) // fails for flags only that do not exist
		}
	}
}

// settingsTopic is the help page of the settings.
func (a *app) settingsTopic() *cobra.Command {
	topic := &cobra.Command{Use: "settings", Short: "Every setting: a flag of every command, a variable, a key of the YAML file"}
	topic.SetHelpFunc(func(cmd *cobra.Command, _ []string) { writeSettings(cmd.OutOrStdout()) })
	return topic
}

// writeSettings lists the settings in groups.
func writeSettings(w io.Writer) {
	var b strings.Builder
	b.WriteString("Each setting is a flag of every command, a variable, and a key of the YAML file that --config names.\n" +
		"A flag beats a variable, a variable the file. See what is in force: cartouche config print\n")
	head := ""
	for _, s := range config.Settings() {
		if s.Group != head {
			head = s.Group
			fmt.Fprintf(&b, "\n%s:\n", head)
		}
		fmt.Fprintf(&b, "  --%s, %s, %s\n      %s\n", s.Flag(), s.Variable(), s.Name, describe(s))
	}
	fmt.Fprint(w, b.String()) //nolint:errcheck // a reader that went away
}

func describe(s config.Setting) string {
	text := s.Help
	if len(s.Choices) > 0 {
		text += ": " + strings.Join(s.Choices, ", ")
	}
	if s.Default() != "" {
		text += " (default " + s.Default() + ")"
	}
	return text
}

// usage is cobra's template, but that the settings, which every command has, are told apart from the command's own flags.
const usage = `Usage:{{if and .Runnable (not .HasAvailableSubCommands)}}
  {{.UseLine}}{{end}}{{if .HasAvailableSubCommands}}
  {{.CommandPath}} [command]{{end}}{{if .HasExample}}

Examples:
{{.Example}}{{end}}{{if .HasAvailableSubCommands}}

Commands:{{range .Commands}}{{if (or .IsAvailableCommand (eq .Name "help"))}}
  {{rpad .Name .NamePadding }} {{.Short}}{{end}}{{end}}{{end}}{{if and .HasAvailableLocalFlags .HasParent}}

Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}

Settings, such as --config and --database: cartouche help settings{{if .HasAvailableSubCommands}}
More about a command: {{.CommandPath}} [command] --help{{end}}
`
