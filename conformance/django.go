package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// django is the peer: the project in django/, and the Python that runs it.
type django struct {
	python, project string
	empty           string // the folder of empty databases, one for each user model
}

// emptyDatabase makes the database that every suite with this user model starts with, once.
func (d *django) emptyDatabase(ctx context.Context, laidOver map[string]any) (string, error) {
	model, ok := laidOver["AUTH_USER_MODEL"].(string)
	if !ok {
		model = "auth.User"
	}
	folder := filepath.Join(d.empty, model)
	file := filepath.Join(folder, "db.sqlite3")
	if _, err := os.Stat(file); err == nil { //nolint:gosec // our own temporary folder
		return file, nil
	}
	settings, err := json.Marshal(map[string]any{"AUTH_USER_MODEL": model, "WITH_ALLAUTH": !ok}) // which knows usernames only
	if err := errors.Join(err, os.MkdirAll(folder, 0o700)); err != nil {                         //nolint:gosec // likewise
		return "", err
	}
	return file, runTool(d.command(ctx, folder, string(settings), "migrate", "-v0", "--run-syncdb"))
}

// command is one of the project's management commands.
func (d *django) command(ctx context.Context, folder, settings string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, d.python, append([]string{"manage.py"}, args...)...) //nolint:gosec // the Python that the flags name
	c.Dir = d.project
	c.Env = append(os.Environ(), "CONFORMANCE_FOLDER="+folder, "CONFORMANCE_SETTINGS="+settings, "PYTHONDONTWRITEBYTECODE=", "PYTHONUNBUFFERED=1")
	return c
}

// djangoSecretKey is SECRET_KEY in peer/settings.py.
const djangoSecretKey = "conformance-secret-key-0123456789abcdef" //nolint:gosec // it guards nothing

// start starts the peer with the settings of a suite, in which CARTOUCHE is where the other server is.
func (d *django) start(ctx context.Context, folder string, laidOver map[string]any, cartouche string) (*side, error) {
	settings, err := json.Marshal(laidOver)
	if err != nil {
		return nil, err
	}
	settings = bytes.ReplaceAll(settings, []byte("CARTOUCHE"), []byte(cartouche))
	if laidOver == nil {
		settings = nil
	}
	empty, err := d.emptyDatabase(ctx, laidOver)
	if err != nil {
		return nil, err
	}
	err = os.MkdirAll(filepath.Join(folder, "mail"), 0o700) //nolint:gosec // likewise
	if err := errors.Join(err, copyFile(empty, filepath.Join(folder, "db.sqlite3"))); err != nil {
		return nil, err
	}
	s := &side{name: "django", folder: folder}
	s.tool = func(ctx context.Context, args ...string) *exec.Cmd {
		return d.command(ctx, folder, string(settings), args...)
	}
	s.do = func(ctx context.Context, deed string, args []string) error { return d.act(ctx, s, deed, args) }
	s.serve = func(ctx context.Context, address string) (*exec.Cmd, error) {
		return s.tool(ctx, "serve", address), nil
	}
	return s, s.begin(ctx)
}

// act writes into the database what an operator does on the pages of Django's administration.
func (d *django) act(ctx context.Context, s *side, deed string, args []string) error {
	const script = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], timeout=20); n = c.execute(sys.argv[2], sys.argv[3:]).rowcount; c.commit(); sys.exit(n != 1)"
	sql := map[string]string{
		"disable": "UPDATE auth_user SET is_active = 0 WHERE username = ?",
		"enable":  "UPDATE auth_user SET is_active = 1 WHERE username = ?",
	}[deed]
	switch {
	case deed == "superuser" && len(args) == 3:
		c := s.tool(ctx, "createsuperuser", "--noinput", "--username", args[0], "--email", args[1])
		c.Env = append(c.Env, "DJANGO_SUPERUSER_PASSWORD="+args[2])
		return runTool(c)
	case sql == "" || len(args) != 1:
		return fmt.Errorf("there is no deed %s of %d words", deed, len(args))
	}
	return runTool(exec.CommandContext(ctx, d.python, "-c", script, filepath.Join(s.folder, "db.sqlite3"), sql, args[0])) //nolint:gosec // see command
}

func copyFile(from, to string) error {
	data, err := os.ReadFile(from) //nolint:gosec // likewise
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o600) //nolint:gosec // likewise
}
