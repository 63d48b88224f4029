package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// record is what a run leaves in a file.
type record struct {
	Machine facts    `json:"machine"`
	Rows    []result `json:"rows"`
}

// Where the published figures are, below the folder of the explanations. Everything but the figures is made of them.
const (
	recordFile  = "performance/bench.json"
	djangoPlot  = "performance/django.svg"
	machinePlot = "performance/machine.svg"
	pageFile    = "performance.md"
)

// publish writes the figures of a run, and the page that tells of them.
func publish(folder string, r record) error {
	if err := os.MkdirAll(filepath.Join(folder, filepath.Dir(recordFile)), 0o750); err != nil {
		return err
	}
	if err := writeJSON(filepath.Join(folder, recordFile), r); err != nil {
		return err
	}
	return writePages(folder, r)
}

// republish makes the page anew of the figures that are published.
func republish(folder string) error {
	r, err := readRecord(filepath.Join(folder, recordFile))
	if err != nil {
		return err
	}
	return writePages(folder, r)
}

func writePages(folder string, r record) error {
	for name, text := range pages(r) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil { //nolint:gosec // the folder that the operator names
			return err
		}
	}
	return nil
}

// readRecord reads what a run left.
func readRecord(path string) (record, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the operator names it
	if err != nil {
		return record{}, err
	}
	var r record
	if err := json.Unmarshal(text, &r); err != nil {
		return record{}, err
	}
	for i := range r.Rows {
		known := slices.IndexFunc(rows(), func(row row) bool { return row.name == r.Rows[i].Name })
		if known < 0 {
			return record{}, fmt.Errorf("%s: there is no row %s any more: run make bench", path, r.Rows[i].Name)
		}
		r.Rows[i].row = rows()[known]
	}
	return r, nil
}

// pages are the files that are made of a record, by their names.
func pages(r record) map[string]string {
	beside := func(wanted func(peer string) bool) []result {
		return slices.DeleteFunc(slices.Clone(r.Rows), func(one result) bool {
			return one.Peer == nil || one.row.unit != perSecond || one.PeerIs == "refresh-postgres" || !wanted(one.PeerIs)
		})
	}
	isDjango := func(peer string) bool { return strings.HasPrefix(peer, "django-") }
	return map[string]string{
		pageFile:    r.page(),
		djangoPlot:  plot("Cartouche beside Django on gunicorn, requests a second", beside(isDjango)),
		machinePlot: plot("Cartouche beside the least that this machine must do, requests a second", beside(func(peer string) bool { return !isDjango(peer) })),
	}
}

// page is the page of a record.
func (r record) page() string {
	lines := [][]string{{"what", "figure", "least to most", "peer", "ratio", "floor", "aim", ""}}
	for _, one := range r.Rows {
		lines = append(lines, one.published())
	}
	return fmt.Sprintf(`<!-- Made of performance/bench.json by `+"`make bench`"+`; a test fails when it is stale. -->
# Performance

What `+"`make bench`"+` printed on %s: %s.

Everything ran on that one machine: the server, its database, what it is held against, and the generator, a closed loop of %d clients of whom each has its own newest tokens. Figures are medians,
and *least to most* is the spread of the repetitions, which took turns with those of the peer. Rates on other machines are others; the ratios are what to look at.
[Measuring](measuring.md) tells what each row is, how it is measured, and how to repeat it.

## Beside Django

Django with djoser and simplejwt, tokens rotating and the old ones blacklisted, on gunicorn with a worker for each core, on the same PostgreSQL, with the same people, password hashes and requests.
The axis is logarithmic.

![Cartouche beside Django](%s)

## Beside what the machine can do

[pgbench](https://www.postgresql.org/docs/current/pgbench.html) with the statement of a refresh, an empty handler on Go's `+"`net/http`"+`, bare argon2id at the same cost, and the disk made durable again and again.

![Cartouche beside what the machine can do](%s)

## Every figure

%s
A row is *below* where it does not reach its floor. That is published like the rest.
`, r.Machine.Date, r.Machine, r.Machine.Clients, djangoPlot, machinePlot, markdown(lines))
}

// published are the columns of one result on the page.
func (r result) published() []string {
	if r.Failure != "" || r.Verdict == missing {
		return []string{r.What, "", "", "", "", "", "", string(missing)}
	}
	format := r.row.unit.format
	cells := []string{r.What, format(r.Figure.Value), "", "", "", r.limit(r.row.goal.floor), r.limit(r.row.goal.aim), string(r.Verdict)}
	if r.Figure.Low < r.Figure.High {
		cells[2] = format(r.Figure.Low) + " to " + format(r.Figure.High)
	}
	if r.Peer != nil {
		cells[3], cells[4] = "`"+r.PeerIs+"` "+format(r.Peer.Value), fmt.Sprintf("%.2f", r.Ratio)
	}
	return cells
}

// errPartial is why nothing is published of a run that measured less than everything.
var errPartial = errors.New("only a run of every row can be published")
