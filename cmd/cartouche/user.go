package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/password"
)

// operator is who acts in the audit trail when a command does.
func operator(cmd *cobra.Command) auth.Client { return auth.Client{UserAgent: cmd.CommandPath()} }

func (a *app) userCommand() *cobra.Command {
	return group("user", "Create, find and change users",
		a.userCreateCommand(), a.userListCommand(), a.userShowCommand(), a.userActiveCommand(false), a.userActiveCommand(true), a.userSetPasswordCommand(),
		a.userSetRightsCommand())
}

func (a *app) userListCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "list", Short: "List all users", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.with(cmd.Context(), func(o opened) error {
				users, err := allUsers(cmd.Context(), o)
				if err != nil {
					return err
				}
				return printUsers(cmd.OutOrStdout(), users, asJSON)
			})
		},
	}
	jsonFlag(c, &asJSON)
	return c
}

func allUsers(ctx context.Context, o opened) ([]auth.User, error) {
	const page = 1000
	var all []auth.User
	query := auth.UserQuery{Limit: page}
	for {
		users, err := o.Users(ctx, query)
		if err != nil {
			return nil, err
		}
		all = append(all, users...)
		if len(users) < page {
			return all, nil
		}
		query.After = users[len(users)-1].ID
	}
}

func printUsers(w io.Writer, users []auth.User, asJSON bool) error {
	if asJSON {
		views := make([]userView, len(users))
		for i, u := range users {
			views[i] = viewUser(u)
		}
		return writeJSON(w, views)
	}
	var rows [][]string
	for _, u := range users {
		rows = append(rows, []string{string(u.ID), u.Username, u.Email, yesNo(u.IsActive), yesNo(u.IsStaff), timeText(u.DateJoined), timeText(u.LastLogin)})
	}
	return writeTable(w, "ID USERNAME EMAIL ACTIVE STAFF JOINED LAST-LOGIN", rows)
}

func (a *app) userShowCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "show USER", Short: "Show one user, by id or username", Args: oneArgument("user"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withUser(cmd.Context(), args[0], func(_ opened, user auth.User) error {
				return printUser(cmd.OutOrStdout(), user, asJSON)
			})
		},
	}
	jsonFlag(c, &asJSON)
	return c
}

// withUser is with for a user named by id or username.
func (a *app) withUser(ctx context.Context, name string, work func(opened, auth.User) error) error {
	return a.with(ctx, func(o opened) error {
		user, err := o.FindUser(ctx, name)
		if err != nil {
			return notFound(err, "there is no user %q", name)
		}
		return work(o, user)
	})
}

// userActiveCommand shuts a user out, or lets him in again.
func (a *app) userActiveCommand(active bool) *cobra.Command {
	use, short, done := "disable USER", "Shut a user out at once: no sign-in, all sessions end, every token is dead", "disabled"
	change := (*auth.Service).Disable
	if active {
		use, short, done = "enable USER", "Let a disabled user sign in again", "enabled"
		change = (*auth.Service).Enable
	}
	return &cobra.Command{
		Use: use, Short: short, Args: oneArgument("user"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withUser(cmd.Context(), args[0], func(o opened, user auth.User) error {
				if err := change(o.Service, cmd.Context(), operator(cmd), user.ID); err != nil {
					return err
				}
				_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s %s\n", done, visible(user.Username))
				return err
			})
		},
	}
}

func (a *app) userSetPasswordCommand() *cobra.Command {
	var fromInput bool
	c := &cobra.Command{
		Use: "set-password USER", Short: "Give a user a new password; all sessions of the user end", Args: oneArgument("user"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withUser(cmd.Context(), args[0], func(o opened, user auth.User) error {
				text, err := a.newPassword(fromInput)
				if err != nil {
					return err
				}
				if err := o.ResetPassword(cmd.Context(), operator(cmd), user.ID, text); err != nil {
					return inputProblems(err)
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "password of %s changed; all sessions ended\n", visible(user.Username))
				return err
			})
		},
	}
	passwordFlag(c, &fromInput)
	return c
}

// userView is a user as JSON. The hash of the password is nobody's business.
type userView struct {
	ID          auth.UserID `json:"id"`
	Username    string      `json:"username"`
	Email       string      `json:"email"`
	FirstName   string      `json:"first_name"`
	LastName    string      `json:"last_name"`
	IsActive    bool        `json:"is_active"`
	IsStaff     bool        `json:"is_staff"`
	IsSuperuser bool        `json:"is_superuser"`
	Password    string      `json:"password_scheme"` // empty: nobody can sign in with a password
	DateJoined  *time.Time  `json:"date_joined"`
	LastLogin   *time.Time  `json:"last_login"`
	VerifiedAt  *time.Time  `json:"verified_at"`
}

func viewUser(u auth.User) userView {
	return userView{
		ID: u.ID, Username: u.Username, Email: u.Email, FirstName: u.FirstName, LastName: u.LastName, IsActive: u.IsActive, IsStaff: u.IsStaff,
		IsSuperuser: u.IsSuperuser, Password: password.Scheme(u.PasswordHash), DateJoined: timePointer(u.DateJoined),
		LastLogin: timePointer(u.LastLogin), VerifiedAt: timePointer(u.VerifiedAt),
	}
}

func printUser(w io.Writer, u auth.User, asJSON bool) error {
	if asJSON {
		return writeJSON(w, viewUser(u))
	}
	return writePairs(w, [][2]string{
		{"id", string(u.ID)},
		{"username", u.Username},
		{"email", u.Email},
		{"first name", u.FirstName},
		{"last name", u.LastName},
		{"active", yesNo(u.IsActive)},
		{"staff", yesNo(u.IsStaff)},
		{"superuser", yesNo(u.IsSuperuser)},
		{"password", password.Scheme(u.PasswordHash)},
		{"joined", timeText(u.DateJoined)},
		{"last login", timeText(u.LastLogin)},
		{"verified", timeText(u.VerifiedAt)},
	})
}

func jsonFlag(c *cobra.Command, asJSON *bool) { c.Flags().BoolVar(asJSON, "json", false, "write JSON") }

func passwordFlag(c *cobra.Command, fromInput *bool) {
	c.Flags().BoolVar(fromInput, "password-stdin", false, "read the password from the standard input")
}

// notFound says what was not found.
func notFound(err error, format string, args ...any) error {
	if errors.Is(err, auth.ErrNotFound) {
		return fmt.Errorf(format, args...)
	}
	return err
}
