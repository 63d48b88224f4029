package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

// cartouche is the server of this repository.
type cartouche struct{ binary string }

// settings are those that make Cartouche the Django project's equal; a suite's lie over them.
func (c cartouche) settings(folder, address string, laidOver map[string]any) map[string]any {
	all := map[string]any{
		"listen": address, "data_dir": folder,
		"user_ids": "integer", "dialects": []string{"simplejwt"},
		"rate_limits": "off", "refresh_min_age": "0s", // nobody waits here between two requests
		"mail": "file:" + filepath.Join(folder, "mail"), "mail_from": "accounts@example.com", "site_name": "Example", "site_url": "https://front.example.com",
		"activation_url": "activate/{uid}/{token}", "password_reset_url": "password-reset/{uid}/{token}", "identifier_reset_url": "username-reset/{uid}/{token}",
	}
	for name, value := range laidOver {
		if text, ok := value.(string); ok {
			value = strings.ReplaceAll(text, "FOLDER", folder)
		}
		all[name] = value
	}
	return all
}

// start starts Cartouche with the settings of a suite.
func (c cartouche) start(ctx context.Context, folder string, laidOver map[string]any) (*side, error) {
	if err := os.MkdirAll(filepath.Join(folder, "mail"), 0o700); err != nil { //nolint:gosec // our own temporary folder
		return nil, err
	}
	for name, secret := range map[string]string{"shared-secret": sharedSecret, "secret-key": djangoSecretKey} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(secret), 0o600); err != nil { //nolint:gosec // likewise
			return nil, err
		}
	}
	file := filepath.Join(folder, "cartouche.yaml")
	s := &side{name: "cartouche", folder: folder}
	s.tool = func(ctx context.Context, args ...string) *exec.Cmd {
		command := exec.CommandContext(ctx, c.binary, append(args, "--config", file)...) //nolint:gosec // the server that the flags name
		command.Dir, command.Env = folder, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + folder}
		return command
	}
	s.do = func(ctx context.Context, deed string, args []string) error { return c.act(ctx, s, deed, args) }
	s.serve = func(ctx context.Context, address string) (*exec.Cmd, error) {
		text, err := yaml.Marshal(c.settings(folder, address, laidOver))
		if err != nil {
			return nil, err
		}
		return s.tool(ctx, "serve"), errors.Join(err, os.WriteFile(file, text, 0o600)) //nolint:gosec // likewise
	}
	return s, s.begin(ctx)
}

func (c cartouche) act(ctx context.Context, s *side, deed string, args []string) error {
	var command *exec.Cmd
	switch {
	case deed == "superuser" && len(args) == 3:
		command = s.tool(ctx, "createsuperuser", "--username", args[0], "--email", args[1], "--password-stdin")
		command.Stdin = strings.NewReader(args[2] + "\n")
	case (deed == "disable" || deed == "enable") && len(args) == 1:
		command = s.tool(ctx, "user", deed, args[0])
	default:
		return fmt.Errorf("there is no deed %s of %d words", deed, len(args))
	}
	return runTool(command)
}
