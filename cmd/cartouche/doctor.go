package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cartouche-auth/cartouche/cmd/cartouche/internal/config"
	"github.com/cartouche-auth/cartouche/cmd/cartouche/internal/doctor"
)

func (a *app) doctorCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "doctor URL_OF_APP URL_OF_AUTH", Short: "Look at a server as a browser would, and name each setting that is wrong", Args: twoArguments("URLs"),
		Long: "Look at a server as a browser would, and name each setting that is wrong.\n\n" +
			"The first URL is where the application's pages are, the second where browsers find Cartouche. The doctor needs no account, sends no password and changes\n" +
			"nothing. With the server's own settings it sees more: it takes them for that when their public_url is the second URL. The exit code is 1 when\n" +
			"something is wrong, and 0 when there is only advice.",
		Example: "  cartouche doctor https://app.example.com https://auth.example.com\n" +
			"  cartouche doctor http://localhost:3000 http://localhost:8080",
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.read() // what is unwise in the settings is for config check to say
			if err != nil {
				return err
			}
			found, err := doctor.Examine(cmd.Context(), doctor.Config{App: args[0], Auth: args[1], Prefix: c.Prefix, Server: serverBehind(c, args[1]), Now: time.Now})
			if err != nil {
				return err
			}
			if asJSON {
				err = writeJSON(cmd.OutOrStdout(), map[string]any{"findings": append([]doctor.Finding{}, found...)})
			} else {
				_, err = fmt.Fprint(cmd.OutOrStdout(), doctor.Text(found))
			}
			if wrong := doctor.Wrong(found); err == nil && wrong > 0 {
				err = fmt.Errorf("%s wrong", are(wrong, "setting"))
			}
			return err
		},
	}
	jsonFlag(c, &asJSON)
	return c
}

// serverBehind are the settings of the server, if they are of the one that is looked at.
func serverBehind(c config.Config, auth string) *doctor.Server {
	if !c.Given("public_url") || strings.TrimSuffix(c.PublicURL, "/") != strings.TrimSuffix(auth, "/") {
		return nil
	}
	return &doctor.Server{Issuer: c.Issuer, TrustedProxies: c.TrustedProxies}
}

func are(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + " is"
	}
	return fmt.Sprintf("%d %ss are", n, noun)
}
