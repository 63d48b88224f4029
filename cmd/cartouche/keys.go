package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/cartouche-auth/cartouche/auth"
)

func (a *app) keysCommand() *cobra.Command {
	return group("keys", "List, rotate and revoke signing keys", a.keysListCommand(), a.keysRotateCommand(), a.keysRevokeCommand())
}

func (a *app) keysListCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "list", Short: "List the signing keys", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.with(cmd.Context(), func(o opened) error {
				// Of the store, not of the service: looking must neither make keys nor move them into another state.
				keys, err := o.store.SigningKeys(cmd.Context())
				if err != nil {
					return err
				}
				return printKeys(cmd.OutOrStdout(), keys, asJSON)
			})
		},
	}
	jsonFlag(c, &asJSON)
	return c
}

// keyView is a signing key as JSON; its private part never leaves the store.
type keyView struct {
	ID        string        `json:"id"`
	Algorithm string        `json:"algorithm"`
	State     auth.KeyState `json:"state"`
	CreatedAt *time.Time    `json:"created_at"`
	StateAt   *time.Time    `json:"state_at"`
}

func printKeys(w io.Writer, keys []auth.SigningKey, asJSON bool) error {
	views, rows := []keyView{}, [][]string{}
	for _, k := range keys {
		views = append(views, keyView{k.ID, k.Algorithm, k.State, timePointer(k.CreatedAt), timePointer(k.StateAt)})
		rows = append(rows, []string{k.ID, k.Algorithm, string(k.State), timeText(k.StateAt), timeText(k.CreatedAt)})
	}
	if asJSON {
		return writeJSON(w, views)
	}
	return writeTable(w, "KEY ALGORITHM STATE SINCE CREATED", rows)
}

func (a *app) keysRotateCommand() *cobra.Command {
	var now bool
	c := &cobra.Command{
		Use: "rotate", Short: "Let the pending key sign from now on", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.with(cmd.Context(), func(o opened) error {
				err := o.RotateKeys(cmd.Context(), now)
				if errors.Is(err, auth.ErrKeyTooYoung) {
					return fmt.Errorf("%w: services that verify tokens may not know it yet; wait ten minutes, or give --insecure-now", err)
				}
				return keysError(cmd, notFound(err, "there is no key to rotate: with HS256 the one key is configuration"), "rotated; see cartouche keys list")
			})
		},
	}
	c.Flags().BoolVar(&now, "insecure-now", false, "do not wait until other services can have learned the key")
	return c
}

func (a *app) keysRevokeCommand() *cobra.Command {
	return &cobra.Command{
		Use: "revoke KEY", Short: "Take a leaked key out of use at once, with every access token that it signed", Args: oneArgument("key"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.with(cmd.Context(), func(o opened) error {
				err := o.RevokeKey(cmd.Context(), args[0])
				return keysError(cmd, notFound(err, "there is no key %q in use", args[0]), "revoked "+visible(args[0]))
			})
		},
	}
}

func keysError(cmd *cobra.Command, err error, done string) error {
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(cmd.OutOrStdout(), done)
	return err
}
