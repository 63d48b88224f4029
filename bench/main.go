// Command bench measures Cartouche beside what it could do at most, and prints one table. It starts every server and database that it needs, and ends
// what it started. See docs/explanation/measuring.md.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "peer" {
		exit(runPeer(os.Args[2:], os.Stdout))
	}
	if len(os.Args) == 3 && os.Args[1] == "page" {
		exit(republish(os.Args[2]))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	var err error
	if len(os.Args) > 1 && os.Args[1] == "timing" {
		err = runTiming(ctx, os.Args[2:], os.Stdout)
	} else {
		err = run(ctx, os.Args[1:], os.Stdout)
	}
	stop()
	exit(err)
}

func exit(err error) {
	if err == nil || errors.Is(err, flag.ErrHelp) {
		os.Exit(0)
	}
	fmt.Fprintln(os.Stderr, "bench:", err)
	os.Exit(1)
}

// options are the flags.
type options struct {
	only     string
	reps     int
	window   time.Duration
	limit    time.Duration
	json     string
	publish  string
	binary   string
	profiles string
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&o.only, "only", "", "measure these rows only: `NAMES` such as refresh,me-sqlite; a name stands for all that begin with it")
	flags.IntVar(&o.reps, "reps", 3, "repetitions of each measurement; the table has their medians")
	flags.DurationVar(&o.window, "window", 2500*time.Millisecond, "how long one measurement lasts")
	flags.DurationVar(&o.limit, "limit", 15*time.Minute, "give up after this time")
	flags.StringVar(&o.json, "json", "", "write the results to this `FILE` too")
	flags.StringVar(&o.publish, "publish", "", "write the page of the figures, and the figures themselves, to this `FOLDER`")
	flags.StringVar(&o.binary, "binary", "../bin/cartouche", "the server to measure")
	flags.StringVar(&o.profiles, "profile", "", "serve with the library in place of the command, and write CPU profiles to this `FOLDER`")
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	if o.reps < 1 || o.window < 100*time.Millisecond {
		return options{}, errors.New("at least one repetition of 100ms")
	}
	if o.publish != "" && o.only != "" {
		return options{}, errPartial
	}
	return o, nil
}

func run(ctx context.Context, args []string, out io.Writer) (err error) {
	o, err := parse(args)
	if err != nil {
		return err
	}
	wanted, err := wantedRows(o.only)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, o.limit, fmt.Errorf("not done after %s; see -limit", o.limit))
	defer cancel()
	w, err := newWorld(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	plan := newPlan(wanted, o.reps)
	figures := plan.carryOut(ctx, w)
	done := record{w.facts(ctx), results(wanted, figures)}
	if _, err := fmt.Fprintf(out, "%s\n\n", done.Machine); err != nil {
		return err
	}
	return errors.Join(printTable(out, done.Rows), o.keep(done), failed(done.Rows), ctx.Err())
}

// keep writes the files that the flags ask for. Nothing is published of a run that failed in part.
func (o options) keep(done record) error {
	var errs []error
	if o.json != "" {
		errs = append(errs, writeJSON(o.json, done))
	}
	if o.publish != "" && failed(done.Rows) == nil {
		errs = append(errs, publish(o.publish, done))
	}
	return errors.Join(errs...)
}

// failed is an error when a row has no figure because something went wrong. A figure below its floor is none: that is a result.
func failed(done []result) error {
	for _, r := range done {
		if r.Failure != "" {
			return errors.New("some rows failed")
		}
	}
	return nil
}

// wantedRows are the rows whose names begin with one of a list; all of them when it is empty.
func wantedRows(only string) ([]row, error) {
	if only == "" {
		return rows(), nil
	}
	var wanted []row
	names := strings.Split(only, ",")
	used := make([]bool, len(names))
	for _, r := range rows() {
		for i, name := range names {
			if name != "" && strings.HasPrefix(r.name, name) {
				wanted, used[i] = append(wanted, r), true
				break
			}
		}
	}
	for i, name := range names {
		if !used[i] {
			return nil, fmt.Errorf("no row is called %q", name)
		}
	}
	return wanted, nil
}

func writeJSON(path string, r record) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o600)
}
