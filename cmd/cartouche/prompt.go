package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/term"

	"github.com/cartouche-auth/cartouche/secret"
)

// maxInput bounds what is read for a password: far above any that is accepted, so a long one is refused by the rule and never cut here.
const maxInput = 64 << 10

// ask reads one line from the person at the terminal.
func (a *app) ask(prompt string) (string, error) {
	fmt.Fprint(a.err, prompt+": ") //nolint:errcheck // the prompt is a courtesy
	line, err := bufio.NewReaderSize(a.in, 1).ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("read %s: %w", strings.ToLower(prompt), err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}

// askPassword reads a new password twice without showing it.
func (a *app) askPassword() (secret.Text, error) {
	var typed [2]secret.Text
	for i, prompt := range []string{"Password: ", "Password again: "} {
		fmt.Fprint(a.err, prompt) //nolint:errcheck // the prompt is a courtesy
		text, err := term.ReadPassword(int(a.in.Fd()))
		fmt.Fprintln(a.err) //nolint:errcheck // the prompt is a courtesy
		if err != nil {
			return secret.Text{}, fmt.Errorf("read password: %w", err)
		}
		typed[i] = secret.NewText(string(text))
	}
	if !typed[0].Equal(typed[1]) {
		return secret.Text{}, errors.New("the two passwords differ; nothing was changed")
	}
	return typed[0], nil
}

// readPassword reads a password from the input: all of it, without the end of its last line.
func (a *app) readPassword() (secret.Text, error) {
	text, err := io.ReadAll(io.LimitReader(a.in, maxInput))
	if err != nil {
		return secret.Text{}, fmt.Errorf("read password: %w", err)
	}
	line := strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
	if line == "" {
		return secret.Text{}, errors.New("the input has no password")
	}
	return secret.NewText(line), nil
}

// newPassword takes a password from the input when told so, and from the person at the terminal otherwise.
func (a *app) newPassword(fromInput bool) (secret.Text, error) {
	switch {
	case fromInput:
		return a.readPassword()
	case a.onTerminal():
		return a.askPassword()
	default:
		return secret.Text{}, errors.New("no terminal to ask for a password: pipe it in and give --password-stdin")
	}
}
