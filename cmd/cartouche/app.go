package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/cartouche-auth/cartouche/cmd/cartouche/internal/config"
)

// app is one run of the command.
type app struct {
	in          *os.File
	out, err    io.Writer
	environment []string
	flags       map[string]*settingFlag
}

// run carries out a command line and answers the exit code: 0, or 1 with the reason on the error output.
func (a *app) run(ctx context.Context, args []string) int {
	root := a.root()
	root.SetArgs(args)
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	if err := root.ExecuteContext(ctx); err != nil {
		fmt.Fprint(a.err, complaint(err)) //nolint:errcheck // when even that cannot be written, the exit code remains
		return 1
	}
	return 0
}

// load reads the settings; every mistake is in the error.
func (a *app) load() (config.Config, error) {
	c, err := a.read()
	return c, errors.Join(err, c.Check())
}

func (a *app) read() (config.Config, error) {
	given := map[string][]string{}
	for name, f := range a.flags {
		if f.given != nil {
			given[name] = f.given
		}
	}
	return config.Load(config.Sources{Environment: a.environment, Flags: given})
}

// variable is the value of a variable of the environment that is no setting.
func (a *app) variable(name string) string {
	for _, line := range a.environment {
		if key, value, _ := strings.Cut(line, "="); key == name {
			return value
		}
	}
	return ""
}

// onTerminal tells whether a person sits at the input.
func (a *app) onTerminal() bool { return term.IsTerminal(int(a.in.Fd())) }

// complaint is an error for people: one line, or one line for each of several.
func complaint(err error) string {
	list := flatten(err)
	if len(list) == 1 {
		return "cartouche: " + indent(list[0]) + "\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "cartouche: %d problems:\n", len(list))
	for _, text := range list {
		fmt.Fprintf(&b, "  - %s\n", indent(text))
	}
	return b.String()
}

func flatten(err error) []string {
	joined, ok := err.(interface{ Unwrap() []error }) // only what is joined at the top is a list; a wrapped list has one subject
	if !ok {
		return []string{err.Error()}
	}
	var list []string
	for _, e := range joined.Unwrap() {
		list = append(list, flatten(e)...)
	}
	return list
}

func indent(text string) string { return strings.ReplaceAll(text, "\n", "\n    ") }
