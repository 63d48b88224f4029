package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/cartouche-auth/cartouche/bench/process"
)

// pgbenchUsers is the number of the first person whose session pgbench refreshes.
const pgbenchUsers = 900

// runPgbench measures what the database alone could do: the statement of a refresh, prepared, by as many clients on the same table, and nothing else.
func runPgbench(ctx context.Context, w *world) (measured sample, err error) {
	s, err := w.running(ctx, "postgres")
	if err != nil {
		return sample{}, err
	}
	crowd := newCrowd(s.address, pgbenchUsers, clients)
	if err := errors.Join(crowd.signIn(), crowd.close()); err != nil {
		return sample{}, err
	}
	script, err := w.writeScript()
	if err != nil {
		return sample{}, err
	}
	before, err := w.cluster.generations(ctx)
	if err != nil {
		return sample{}, err
	}
	meter := process.NewMeter(w.cluster.pids()...)
	meter.Start()
	out, err := w.cluster.pgbench(ctx, w, script)
	if err != nil {
		return sample{}, err
	}
	cost := meter.Stop()
	rate, transactions, err := readPgbench(out)
	if err != nil {
		return sample{}, err
	}
	after, err := w.cluster.generations(ctx)
	if err != nil {
		return sample{}, err
	}
	updates := after - before
	if updates != 2*transactions || updates == 0 {
		return sample{}, fmt.Errorf("pgbench ran %d transactions of two refreshes, and %d refreshes happened", transactions, updates)
	}
	return sample{Value: 2 * rate, CPU: cost.CPU / time.Duration(updates), Others: cost.Others}, nil
}

// script gives each client a session of its own, once, and then lets it swap between two tokens: pgbench's variables cannot be copied.
const script = `\if :fresh
\set person :first + :client_id
SELECT '\x' || encode(sessions.id, 'hex') AS id, '\x' || encode(parent, 'hex') AS one, '\x' || md5(random()::text) AS other, generation
FROM sessions JOIN users ON users.id = sessions.user_id
WHERE username = 'user' || lpad(:person::text, 4, '0') ORDER BY created_at DESC LIMIT 1 \gset
\set fresh 0
\endif
\set generation :generation + 1
%s;
\set generation :generation + 1
%s;
`

// writeScript writes pgbench's script.
func (w *world) writeScript() (string, error) {
	statement, err := confirmStatement(w.root)
	if err != nil {
		return "", err
	}
	swap := func(from, to string) string {
		return strings.NewReplacer("$1", to, "$2", ":generation", "$3", ":now", "$4", ":id", "$5", from).Replace(strings.TrimSpace(statement))
	}
	path := filepath.Join(w.folder, "refresh.sql")
	text := fmt.Sprintf(script, swap(":one", ":other"), swap(":other", ":one"))
	if strings.Contains(text, "$") {
		return "", errors.New("the statement of a refresh has another parameter than this program knows")
	}
	return path, os.WriteFile(path, []byte(text), 0o600) //nolint:gosec // in our own folder
}

// pgbench runs a script for the window, rounded up to whole seconds, and answers what it printed.
func (c *cluster) pgbench(ctx context.Context, w *world, script string) (string, error) {
	seconds := strconv.Itoa(int(math.Ceil(w.window.Seconds())))
	now := strconv.FormatInt(startWatch().started.UnixMilli(), 10)
	var out bytes.Buffer
	run, err := process.Start(process.Command{
		Path: filepath.Join(c.programs, "pgbench"),
		Args: []string{
			"-n", "-M", "prepared", "-c", strconv.Itoa(clients), "-j", strconv.Itoa(runtime.NumCPU()), "-T", seconds,
			"-D", "fresh=1", "-D", "now=" + now, "-D", "first=" + strconv.Itoa(pgbenchUsers), "-f", script, c.url,
		},
		Env: append(os.Environ(), "PGOPTIONS=-c search_path="+mainSchema), Out: &out, Log: w.log,
	})
	if err != nil {
		return "", err
	}
	if err := run.Wait(ctx); err != nil {
		return "", fmt.Errorf("%w: %s", err, lastWords(w.log))
	}
	return out.String(), nil
}

// generations is how often all sessions were refreshed.
func (c *cluster) generations(ctx context.Context) (int64, error) {
	conn, err := pgx.Connect(ctx, c.url)
	if err != nil {
		return 0, err
	}
	var sum int64
	err = conn.QueryRow(ctx, "SELECT sum(generation)::bigint FROM "+pgx.Identifier{mainSchema, "sessions"}.Sanitize()).Scan(&sum)
	return sum, errors.Join(err, conn.Close(ctx))
}

var (
	pgbenchRate  = regexp.MustCompile(`(?m)^tps = ([0-9.]+)`)
	pgbenchCount = regexp.MustCompile(`(?m)^number of transactions actually processed: ([0-9]+)`)
)

// readPgbench reads the rate without the time to connect, which stands last in every version, and how many transactions there were.
func readPgbench(out string) (rate float64, transactions int64, err error) {
	rates, count := pgbenchRate.FindAllStringSubmatch(out, -1), pgbenchCount.FindStringSubmatch(out)
	if len(rates) == 0 || count == nil {
		return 0, 0, fmt.Errorf("pgbench printed %q", out)
	}
	rate, err = strconv.ParseFloat(rates[len(rates)-1][1], 64)
	if err != nil {
		return 0, 0, err
	}
	transactions, err = strconv.ParseInt(count[1], 10, 64)
	return rate, transactions, err
}
