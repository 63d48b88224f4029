// Command conformance sends the same requests, in the same order and from the same starting state, to a real Django with djoser, simplejwt and
// dj-rest-auth and to Cartouche, and compares the answers. Where they may differ stands in differences.yaml, with the reason. `make conformance` installs
// the Django side and runs it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	folder, python, binary, only string
	verbose                      bool
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("conformance", flag.ContinueOnError)
	flags.StringVar(&o.folder, "folder", ".", "the `FOLDER` with django/, requests/ and differences.yaml")
	flags.StringVar(&o.python, "python", ".venv/bin/python", "the `FILE` of a Python that has django/requirements.txt installed")
	flags.StringVar(&o.binary, "binary", "../bin/cartouche", "the server to compare")
	flags.StringVar(&o.only, "only", "", "only the suites whose names begin with one of these `NAMES`, separated by commas")
	flags.BoolVar(&o.verbose, "v", false, "print every exchange, not only those that differ")
	return o, flags.Parse(args)
}

// errDiffer is the error of a run in which something differed; what, has been printed.
var errDiffer = errors.New("the servers differ")

func run(ctx context.Context, args []string, out io.Writer) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	suites, err := readSuites(o.folder + "/requests")
	if err != nil {
		return err
	}
	allowed, err := readDifferences(o.folder + "/differences.yaml")
	if err != nil {
		return err
	}
	lab, err := newLab(o)
	if err != nil {
		return err
	}
	report := &report{out: out, allowed: allowed, verbose: o.verbose}
	for _, s := range suites {
		if !wanted(o.only, s.name) {
			continue
		}
		if err := lab.play(ctx, s, report); err != nil {
			report.fail(s.name, err.Error())
		}
		if ctx.Err() != nil {
			return errors.Join(context.Cause(ctx), lab.close())
		}
	}
	return errors.Join(report.close(o.only == ""), lab.close())
}

func wanted(only, name string) bool {
	for part := range strings.SplitSeq(only, ",") {
		if strings.HasPrefix(name, part) {
			return true
		}
	}
	return false
}
