package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/cartouche-auth/cartouche/cmd/cartouche/internal/config"
)

// healthTimeout is shorter than the time that container engines give a health check.
const healthTimeout = 4 * time.Second

func (a *app) healthCommand() *cobra.Command {
	return &cobra.Command{
		Use: "health [URL]", Short: "Ask a server on this machine whether it is ready; the exit code tells", Args: cobra.MaximumNArgs(1),
		Example: "  cartouche health\n  cartouche health http://127.0.0.1:8081",
		RunE: func(cmd *cobra.Command, args []string) error {
			url := ""
			if len(args) > 0 {
				url = args[0]
			} else {
				c, err := a.load()
				if err != nil {
					return err
				}
				url = serverURL(c)
			}
			return askHealth(cmd.Context(), url)
		},
	}
}

// serverURL is where this machine reaches the server that has these settings.
func serverURL(c config.Config) string {
	address := c.Listen
	if c.OperationsListen != "" {
		address = c.OperationsListen
	}
	host, port, _ := net.SplitHostPort(address) // checked with the settings
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

func askHealth(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/readyz", nil)
	if err != nil {
		return fmt.Errorf("health: %w", err)
	}
	answer, err := http.DefaultTransport.RoundTrip(request) // the context bounds it; redirects would be somebody else's answer
	if err != nil {
		return fmt.Errorf("health: %w", err)
	}
	defer answer.Body.Close() //nolint:errcheck // the status is all that is wanted
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("health: %s is not ready: it answers %s", url, answer.Status)
	}
	return nil
}
