package main

import (
	"io"
	"log/slog"
	"os"

	"golang.org/x/term"
)

// newLogger writes JSON lines, or text where a person reads along.
func newLogger(w io.Writer, forPeople bool, level slog.Level) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	if forPeople {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}

// errorsOnTerminal tells whether a person reads the error output.
func (a *app) errorsOnTerminal() bool {
	f, ok := a.err.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func levelNamed(name string) slog.Level {
	var level slog.Level
	_ = level.UnmarshalText([]byte(name)) // the settings know four names only; the zero level is info
	return level
}
