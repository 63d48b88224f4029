package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/cartouche-auth/cartouche/bench/load"
	"github.com/cartouche-auth/cartouche/bench/process"
)

// djangoProbes measure the project that a team would come from: Django with djoser and simplejwt on gunicorn, on the same PostgreSQL, with the
// same people and the same hashes. They drive it as they drive Cartouche, since both speak one wire.
func djangoProbes() []probe {
	return []probe{
		flow("django-refresh", "django", func(p *person) load.Step { return p.renew }),
		flow("django-me", "django", func(p *person) load.Step { return p.readMe }),
		flow("django-verify", "django", func(p *person) load.Step { return p.verifyAccess }),
		one("django-signin", signInOn("django")),
	}
}

// django is the project in conformance/django, with settings laid over its own.
type django struct {
	python, project string
	environment     []string
	log             *os.File
}

// djangoSchema holds the tables of Django.
const djangoSchema = "bench_django"

// startDjango makes the project's database with everybody in it, and serves it.
func (w *world) startDjango(ctx context.Context) (*server, error) {
	d, err := w.newDjango(ctx)
	if err != nil {
		return nil, err
	}
	migrate, err := process.Start(d.command("manage.py", "migrate", "-v0", "--run-syncdb"))
	if err != nil {
		return nil, err
	}
	if err := migrate.Wait(ctx); err != nil {
		return nil, fmt.Errorf("%w; its last words: %s", err, lastWords(w.log))
	}
	// As seed does: everybody has one hash.
	const everybody = `INSERT INTO ` + djangoSchema + `.auth_user (username, email, password, first_name, last_name, is_superuser, is_staff, is_active, date_joined)
		SELECT name, name || '@example.com', $1, '', '', false, false, true, now() FROM (SELECT 'user' || lpad(n::text, 4, '0') AS name FROM generate_series(0, $2 - 1) n) AS names`
	if err := w.cluster.exec(ctx, everybody, hashForDjango(w.hash), people); err != nil {
		return nil, err
	}
	port, err := sparePort(ctx)
	if err != nil {
		return nil, err
	}
	address := "127.0.0.1:" + port
	// Workers with one thread: they keep connections alive, which the plain ones do not, and answered a third more requests here than those; with more
	// threads in each they answered fewer.
	return start(ctx, d.command(
		"-m", "gunicorn", "--worker-class", "gthread", "--threads", "1", "--workers", strconv.Itoa(runtime.NumCPU()), "--keep-alive", "75",
		"--bind", address, "--log-level", "warning", "peer.wsgi",
	), address, "/readyz")
}

// newDjango readies the project's settings, a folder and a schema.
func (w *world) newDjango(ctx context.Context) (django, error) {
	d := django{python: filepath.Join(w.root, "conformance", ".venv", "bin", "python"), project: filepath.Join(w.root, "conformance", "django"), log: w.log}
	if _, err := os.Stat(d.python); err != nil {
		return django{}, errors.New("there is no Django in conformance/.venv to measure beside: run sh conformance/install, which needs Python 3.10 or newer with venv")
	}
	c, err := w.postgres(ctx)
	if err != nil {
		return django{}, err
	}
	if _, err := w.newSchema(ctx, c, djangoSchema); err != nil {
		return django{}, err
	}
	database, err := djangoDatabase(c.url)
	if err != nil {
		return django{}, err
	}
	settings, err := json.Marshal(map[string]any{
		"DATABASES":        map[string]any{"default": database},
		"PASSWORD_HASHERS": []string{"peer.hashers.Argon2"},
	})
	if err != nil {
		return django{}, err
	}
	folder := filepath.Join(w.folder, "django")
	d.environment = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + folder, "PYTHONDONTWRITEBYTECODE=1",
		"CONFORMANCE_FOLDER=" + folder, "CONFORMANCE_SETTINGS=" + string(settings),
	}
	return d, os.Mkdir(folder, 0o700) //nolint:gosec // in our own temporary folder
}

// djangoDatabase is what Django calls the database of an URL. Its connections stay open, as a project that cares for speed has it.
func djangoDatabase(url string) (map[string]any, error) {
	c, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"ENGINE": "django.db.backends.postgresql", "HOST": c.Host, "PORT": c.Port, "NAME": c.Database, "USER": c.User, "PASSWORD": c.Password,
		"CONN_MAX_AGE": 600, "OPTIONS": map[string]any{"options": "-c search_path=" + djangoSchema},
	}, nil
}

// hashForDjango is a hash of ours as Django writes the same: its own word before it, and no note of how the text was normalised.
func hashForDjango(hash string) string {
	return "argon2" + strings.Replace(hash, ",norm=trim-nfc", "", 1)
}

func (d django) command(args ...string) process.Command {
	return process.Command{Path: d.python, Args: args, Dir: d.project, Env: d.environment, Log: d.log}
}
