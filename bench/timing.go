package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/cartouche-auth/cartouche/bench/load"
	"github.com/cartouche-auth/cartouche/bench/ranks"
	"github.com/cartouche-auth/cartouche/secret"
)

// timingOptions are the flags of "bench timing".
type timingOptions struct {
	samples, tries int
	limit          time.Duration
	only           string
	database       string
	binary         string
}

// warmUp is how many answers of each kind are dropped before the samples.
const warmUp = 20

func parseTiming(args []string) (timingOptions, error) {
	var o timingOptions
	flags := flag.NewFlagSet("bench timing", flag.ContinueOnError)
	flags.IntVar(&o.samples, "samples", 300, "answers of each kind in one try")
	flags.IntVar(&o.tries, "tries", 3, "how often a pair that differs is measured before it counts")
	flags.DurationVar(&o.limit, "limit", 20*time.Minute, "give up after this time")
	flags.StringVar(&o.only, "only", "", "measure only the routes whose names begin with `NAME`")
	flags.StringVar(&o.database, "database", "sqlite", "sqlite or postgres")
	flags.StringVar(&o.binary, "binary", "../bin/cartouche", "the server to measure")
	if err := flags.Parse(args); err != nil {
		return timingOptions{}, err
	}
	if o.samples < warmUp || o.tries < 1 || o.database != "sqlite" && o.database != "postgres" {
		return timingOptions{}, fmt.Errorf("at least %d samples and one try, on sqlite or postgres", warmUp)
	}
	return o, nil
}

// runTiming measures whether the time of an answer tells who has an account (the enumeration attack), and fails when it does.
func runTiming(ctx context.Context, args []string, out io.Writer) (err error) {
	o, err := parseTiming(args)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, o.limit, fmt.Errorf("not done after %s; see -limit", o.limit))
	defer cancel()
	w, err := newWorld(ctx, options{binary: o.binary})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	s, err := w.startCrowd(ctx, o.database)
	if err != nil {
		return err
	}
	pairs, err := compareRoutes(ctx, s.address, o)
	if err != nil {
		return err
	}
	if err := printPairs(out, pairs, o.samples); err != nil {
		return err
	}
	if slices.ContainsFunc(pairs, func(p pair) bool { return p.verdict() == toldApart }) {
		return errors.New("the time of an answer tells who has an account")
	}
	return nil
}

func compareRoutes(ctx context.Context, address string, o timingOptions) ([]pair, error) {
	routes := slices.DeleteFunc(timedRoutes(), func(r timedRoute) bool { return !strings.HasPrefix(r.name, o.only) })
	if len(routes) == 0 {
		return nil, fmt.Errorf("no route is called %q", o.only)
	}
	shown := newProgress(len(routes))
	defer shown.done()
	var pairs []pair
	for _, r := range routes {
		shown.next(r.name)
		compared, err := r.compare(ctx, address, o)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.name, err)
		}
		pairs = append(pairs, compared...)
	}
	return pairs, nil
}

// pair is one kind of account held against nobody's.
type pair struct {
	route string
	kind  kind
	tries int
	ranks.Comparison
}

// differs is the criterion: both the order of the answers and their middles have to be those of one population. The noise of a shared machine is why a
// pair is told apart only when every try says so.
func (p pair) differs() bool {
	difference := (p.Median - p.Base).Abs()
	return math.Abs(p.AUC-0.5) > 0.05 || difference >= 3*time.Millisecond && difference >= p.Base/20
}

const (
	same       = "same"
	documented = "differs, as documented"
	toldApart  = "TOLD APART"
)

func (p pair) verdict() string {
	switch {
	case !p.differs():
		return same
	case p.kind.excused:
		return documented
	default:
		return toldApart
	}
}

// compare measures a route until no pair differs, at most so often as the options say. A pair that was the same once is the same.
func (r timedRoute) compare(ctx context.Context, address string, o timingOptions) ([]pair, error) {
	settled := make([]pair, len(r.kinds)-1)
	for try := range o.tries {
		took, err := r.measure(ctx, address, o.samples)
		if err != nil {
			return nil, err
		}
		again := false
		for i := range settled {
			if p := &settled[i]; try == 0 || p.differs() {
				*p = pair{route: r.name, kind: r.kinds[i+1], tries: try + 1, Comparison: ranks.Compare(took[0], took[i+1])}
				again = again || p.verdict() == toldApart
			}
		}
		if !again {
			break
		}
	}
	return settled, nil
}

// measure asks for every kind in turn, in another order each time, each kind on a connection of its own that is kept alive.
func (r timedRoute) measure(ctx context.Context, address string, samples int) (took [][]time.Duration, err error) {
	conns := make([]*load.Conn, len(r.kinds))
	for i := range conns {
		if conns[i], err = load.Dial(address, lifetime); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, conns[i].Close()) }()
	}
	took = make([][]time.Duration, len(r.kinds))
	for n := range warmUp + samples {
		for _, i := range shuffled(len(r.kinds)) {
			request := load.AppendPost(nil, address, r.path, []byte(r.body(r.kinds[i].next())))
			watch := startWatch()
			answer, err := conns[i].Do(request)
			elapsed := watch.elapsed()
			if err == nil && answer.Status != r.status {
				err = fmt.Errorf("%s: status %d: %s", r.kinds[i].name, answer.Status, answer.Body)
			}
			if err != nil {
				return nil, err
			}
			if n >= warmUp {
				took[i] = append(took[i], elapsed)
			}
			if err := pause(ctx, r.rest); err != nil {
				return nil, err
			}
		}
	}
	return took, nil
}

// shuffled is the numbers below n in an order that nobody foresees, so that no kind always comes after the same other.
func shuffled(n int) []int {
	order := make([]int, n)
	for i, dice := range secret.Bytes(n) {
		order[i] = i
		j := int(dice) % (i + 1)
		order[i], order[j] = order[j], order[i]
	}
	return order
}

// timedRoute is a route whose answer must not tell who has an account.
type timedRoute struct {
	name, path string
	status     int
	body       func(address string) string
	rest       time.Duration // until the next request, so that what an answer leaves to be done, such as sending a mail, does not slow the next one
	kinds      []kind        // the first is nobody, whom the others are held against
}

func timedRoutes() []timedRoute {
	asked := func(address string) string { return fmt.Sprintf(`{"email":%q}`, address) }
	const rest = 5 * time.Millisecond
	return []timedRoute{
		{
			name: "sign-in", path: "/auth/jwt/create/", status: http.StatusUnauthorized,
			body: func(address string) string {
				return fmt.Sprintf(`{"email":%q,"password":"wrong %s"}`, address, password)
			},
			kinds: []kind{nobody(), account("active"), account("disabled"), account("no password"), account("Django's hash").but("until the first sign-in")},
		},
		{
			name: "password reset", path: "/auth/users/reset_password/", status: http.StatusNoContent, body: asked, rest: rest,
			kinds: []kind{nobody(), account("active"), account("disabled"), account("no password"), account("not proved")},
		},
		{
			name: "activation resend", path: "/auth/users/resend_activation/", status: http.StatusNoContent, body: asked, rest: rest,
			kinds: []kind{nobody(), account("not proved"), account("active"), account("disabled")},
		},
		{
			name: "identifier reset", path: "/auth/users/reset_email/", status: http.StatusNoContent, body: asked, rest: rest,
			kinds: []kind{nobody(), account("active"), account("disabled"), account("not proved")},
		},
		{
			name: "registration", path: "/auth/users/", status: http.StatusCreated, rest: rest,
			body:  func(address string) string { return fmt.Sprintf(`{"email":%q,"password":%q}`, address, password) },
			kinds: []kind{newcomer(), account("active"), account("disabled"), account("not proved")},
		},
	}
}
