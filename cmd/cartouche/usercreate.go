package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/cartouche-auth/cartouche/auth"
)

// newUser is what the flags of user create and createsuperuser say.
type newUser struct {
	auth.NewUser
	fromInput, noPassword, asJSON bool
}

func (n *newUser) addFlags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&n.Username, "username", "", "username")
	f.StringVar(&n.Email, "email", "", "email address")
	f.StringVar(&n.FirstName, "first-name", "", "first name")
	f.StringVar(&n.LastName, "last-name", "", "last name")
	passwordFlag(c, &n.fromInput)
	jsonFlag(c, &n.asJSON)
}

func (a *app) userCreateCommand() *cobra.Command {
	var n newUser
	c := &cobra.Command{
		Use: "create", Short: "Create a user", Args: noArguments,
		Example: "  cartouche user create --username ada --email ada@example.com --password-stdin < password.txt",
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.createUser(cmd, n) },
	}
	n.addFlags(c)
	c.Flags().BoolVar(&n.IsStaff, "staff", false, "mark the user as staff")
	c.Flags().BoolVar(&n.noPassword, "no-password", false, "create an account that nobody can sign in to with a password")
	c.MarkFlagsMutuallyExclusive("no-password", "password-stdin")
	return c
}

func (a *app) createSuperuserCommand() *cobra.Command {
	var n newUser
	c := &cobra.Command{
		Use: "createsuperuser", Short: "Create a user with all rights, asking for what the flags do not say", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			n.IsStaff, n.IsSuperuser = true, true
			return a.createUser(cmd, n)
		},
	}
	n.addFlags(c)
	return c
}

func (a *app) createUser(cmd *cobra.Command, n newUser) error {
	return a.with(cmd.Context(), func(o opened) error {
		if err := a.complete(o, &n); err != nil {
			return err
		}
		user, err := o.CreateUser(cmd.Context(), operator(cmd), n.NewUser)
		if err != nil {
			return inputProblems(err)
		}
		if n.asJSON {
			return writeJSON(cmd.OutOrStdout(), viewUser(user))
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "created %s with id %s\n", visible(user.Username), user.ID)
		return err
	})
}

// complete asks the person at the terminal for what is missing.
func (a *app) complete(o opened, n *newUser) error {
	fields := []struct {
		name, prompt string
		value        *string
		needed       bool
	}{
		{"username", "Username", &n.Username, o.LoginField() == auth.LoginByUsername},
		{"email", "Email", &n.Email, o.LoginField() == auth.LoginByEmail},
	}
	var errs []error
	for _, f := range fields {
		if *f.value != "" || !f.needed {
			continue
		}
		if !a.onTerminal() || n.fromInput {
			errs = append(errs, fmt.Errorf("no %s: give --%s", f.name, f.name))
			continue
		}
		var err error
		if *f.value, err = a.ask(f.prompt); err != nil {
			return err
		}
	}
	if len(errs) > 0 || n.noPassword {
		return errors.Join(errs...)
	}
	var err error
	n.Password, err = a.newPassword(n.fromInput)
	return err
}

// inputProblems says in words what is wrong with the fields of a user.
func inputProblems(err error) error {
	input, ok := errors.AsType[*auth.InputError](err)
	if !ok {
		return err
	}
	errs := make([]error, len(input.Fields))
	for i, f := range input.Fields {
		errs[i] = fmt.Errorf("%s: %s", f.Field, fieldProblem(f))
	}
	return errors.Join(errs...)
}

func fieldProblem(f auth.FieldError) string {
	switch f.Code {
	case auth.FieldRequired:
		return "is needed"
	case auth.FieldTooLong, auth.FieldPasswordTooLong:
		return fmt.Sprintf("must have at most %d characters", f.Limit)
	case auth.FieldPasswordTooShort:
		return fmt.Sprintf("must have at least %d characters", f.Limit)
	case auth.FieldPasswordSimilar:
		return "is too similar to the " + f.Like
	case auth.FieldPasswordCommon:
		return "is too common"
	case auth.FieldPasswordNumeric:
		return "must not be digits only"
	case auth.FieldBlank:
		return "must not be empty"
	case auth.FieldUsernameInvalid:
		return "may have letters, digits and @ . + - _ only"
	case auth.FieldUsernameTaken, auth.FieldEmailTaken:
		return "is taken"
	case auth.FieldEmailInvalid:
		return "is not an address"
	case auth.FieldMalformed:
		return "is not text that can be used"
	default:
		return string(f.Code)
	}
}
