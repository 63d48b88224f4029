package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/cartouche-auth/cartouche/auth"
)

func (a *app) userSetRightsCommand() *cobra.Command {
	var staff, superuser bool
	c := &cobra.Command{
		Use: "set-rights USER {--staff[=false] | --superuser[=false]}", Args: oneArgument("user"),
		Short:   "Give a user rights or take them away; access tokens from before a loss are dead at once",
		Example: "  cartouche user set-rights ada --staff\n  cartouche user set-rights ada --staff=false --superuser=false",
		RunE: func(cmd *cobra.Command, args []string) error {
			var rights auth.Rights
			if cmd.Flags().Changed("staff") {
				rights.Staff = &staff
			}
			if cmd.Flags().Changed("superuser") {
				rights.Superuser = &superuser
			}
			if rights == (auth.Rights{}) {
				return errors.New("cartouche user set-rights needs --staff or --superuser, with =false to take the right away")
			}
			return a.withUser(cmd.Context(), args[0], func(o opened, user auth.User) error {
				user, err := o.SetRights(cmd.Context(), operator(cmd), user.ID, rights)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: staff %s, superuser %s\n", visible(user.Username), yesNo(user.IsStaff), yesNo(user.IsSuperuser))
				return err
			})
		},
	}
	c.Flags().BoolVar(&staff, "staff", false, "may see and change other users")
	c.Flags().BoolVar(&superuser, "superuser", false, "has every right, as Django understands it")
	return c
}
