package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/cartouche-auth/cartouche/cmd/cartouche/internal/config"
	"github.com/cartouche-auth/cartouche/django"
)

func (a *app) importCommand() *cobra.Command {
	return group("import", "Bring users over from another system", a.importDjangoCommand())
}

// djangoImport is what the flags of import django say.
type djangoImport struct {
	django.SourceConfig
	keyFile, timeZone string
	batch             int
	passingSessions   bool
	dryRun, asJSON    bool
}

func (a *app) importDjangoCommand() *cobra.Command {
	var d djangoImport
	c := &cobra.Command{
		Use: "django", Short: "Bring users over from a Django database, with passwords, permissions, tokens and sessions", Args: noArguments,
		Long: "Bring users over from a Django database, with passwords, permissions, tokens and sessions.\n\n" +
			"The database is only read. Users keep their ids and passwords. What was imported before stays as it is, so that an import that was interrupted\n" +
			"is simply run again, and a last run at the move brings what is new since. The report names every row that is not here as it is there.",
		Example: "  cartouche import django --from sqlite:db.sqlite3 --dry-run\n" +
			"  cartouche import django --from postgres://django@localhost/shop --secret-key-file secret_key.txt",
		RunE: func(cmd *cobra.Command, _ []string) error { return a.importDjango(cmd, d) },
	}
	f := c.Flags()
	f.StringVar(&d.From, "from", "", "Django's database: postgres://USER:PASSWORD@HOST/NAME or sqlite:PATH")
	f.StringVar(&d.keyFile, "secret-key-file", "", "file of Django's SECRET_KEY, to keep people signed in (default django_secret_key_file)")
	f.StringVar(&d.UserTable, "user-table", "", "table of a custom user model (default: found through foreign keys)")
	f.StringVar(&d.UsernameColumn, "username-column", "", "column of the model's USERNAME_FIELD (default username, or email where there is none)")
	f.StringVar(&d.timeZone, "time-zone", "", "Django's TIME_ZONE, such as Europe/Berlin, where USE_TZ is off and the database holds local times (default UTC)")
	f.BoolVar(&d.passingSessions, "sessions-end-with-browser", false, "Django's SESSION_EXPIRE_AT_BROWSER_CLOSE: no session outlives the browser")
	f.IntVar(&d.batch, "batch", 1000, "users in one transaction, at most 1000")
	f.BoolVar(&d.dryRun, "dry-run", false, "write nothing, and tell what would be done")
	jsonFlag(c, &d.asJSON)
	return c
}

func (a *app) importDjango(cmd *cobra.Command, d djangoImport) error {
	ctx := cmd.Context()
	c, err := a.load()
	if err != nil {
		return err
	}
	options, err := d.options(c)
	if err != nil {
		return err
	}
	if d.TimeZone, err = config.ReadTimeZone(d.timeZone); err != nil {
		return fmt.Errorf("--time-zone: %w", err)
	}
	source, err := django.Open(ctx, d.SourceConfig)
	if err != nil {
		return fmt.Errorf("--from: %w", err)
	}
	finish, err := a.showProgress(ctx, source, &options)
	if err != nil {
		return errors.Join(err, source.Close())
	}
	report, err := a.runImport(ctx, c, source, options)
	finish()
	err = errors.Join(err, source.Close())
	if report.UserTable == "" {
		return err // it did not begin
	}
	return errors.Join(printReport(cmd.OutOrStdout(), report, d.asJSON), err)
}

func (d djangoImport) options(c config.Config) (o django.Options, err error) {
	if d.From == "" {
		return o, errors.New("no database: give --from")
	}
	domain, err := c.Auth()
	if err != nil {
		return o, err
	}
	o = django.Options{Policy: domain.Policy, Batch: d.batch, DryRun: d.dryRun, Now: time.Now, PassingSessions: d.passingSessions}
	file := d.keyFile
	if file == "" {
		file = c.Django.SecretKeyFile
	}
	if file != "" {
		if o.Keys, err = config.ReadDjangoKeys(file); err != nil {
			return o, fmt.Errorf("--secret-key-file: %w", err)
		}
	}
	if err := o.Check(); err != nil {
		return o, fmt.Errorf("--%w", err)
	}
	return o, nil
}

// runImport opens the store and imports into it. A dry run makes no database and no master key, and where there is none, everybody is new.
func (a *app) runImport(ctx context.Context, c config.Config, source *django.Source, o django.Options) (report django.Report, err error) {
	if !o.DryRun {
		err = a.with(ctx, func(to opened) error {
			report, err = django.Import(ctx, source, to.store, o)
			return err
		})
		return report, err
	}
	schema, err := schemaOf(ctx, c)
	if err != nil {
		return report, err
	}
	if len(schema.Pending) > 0 {
		return django.Import(ctx, source, nil, o)
	}
	store, err := openStore(ctx, c)
	if err != nil {
		return report, err
	}
	report, err = django.Import(ctx, source, store, o)
	return report, errors.Join(err, store.Close())
}

// showProgress draws a bar for who watches.
func (a *app) showProgress(ctx context.Context, source *django.Source, o *django.Options) (finish func(), err error) {
	if !a.errorsOnTerminal() {
		return func() {}, nil
	}
	total, err := source.Users(ctx)
	if err != nil {
		return nil, err
	}
	bar := progressbar.NewOptions(total, progressbar.OptionSetWriter(a.err), progressbar.OptionSetDescription("users"),
		progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(true))
	o.Progress = func(done int) { _ = bar.Set(done) } // a bar that cannot be drawn is no reason to stop
	return func() { _ = bar.Clear() }, nil
}
