package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// unit says how the numbers of a row are printed.
type unit int

const (
	perSecond   unit = iota
	nanoseconds      // printed as µs
	wait             // nanoseconds, printed as ms
	megabytes        // bytes, printed as MB of 10^6
	mebibytes        // bytes, printed as MiB
	octets           // bytes, printed so
	each             // a plain number
)

func (u unit) format(v float64) string {
	switch u {
	case nanoseconds:
		return fmt.Sprintf("%.3g µs", v/1e3)
	case wait:
		return fmt.Sprintf("%.1f ms", v/1e6)
	case megabytes:
		return fmt.Sprintf("%.1f MB", v/1e6)
	case mebibytes:
		return fmt.Sprintf("%.0f MiB", v/(1<<20))
	case octets:
		return fmt.Sprintf("%.0f B", v)
	case each:
		return fmt.Sprintf("%.2f", v)
	default:
		return fmt.Sprintf("%.0f/s", v)
	}
}

// goal is what a row has to reach: at least, or (Less) at most. By ratio it is held against the peer's figure, otherwise it stands by itself.
type goal struct {
	ratio, less bool
	floor, aim  float64
}

// row is one line of the table: a figure, and the peer's that was measured beside it.
type row struct {
	name string // as -only takes it: the key of the figure, and after a slash whom else the same figure is held against
	what string
	unit unit
	peer string // key of the peer's figure; empty: none
	goal goal
}

// key is that of the row's figure.
func (r row) key() string {
	key, _, _ := strings.Cut(r.name, "/")
	return key
}

// sample is one measurement of one figure.
type sample struct {
	Value float64 `json:"value"`
	// CPU is what the server and its database spent on one answer; 0 where nobody asked.
	CPU time.Duration `json:"cpu_ns,omitempty"`
	// Others is the part of the machine that nobody's measurement used.
	Others float64 `json:"others"`
	// Low and High are the least and the greatest value of a median's samples.
	Low  float64 `json:"low,omitempty"`
	High float64 `json:"high,omitempty"`
}

// figures are the samples of every key, and what went wrong.
type figures struct {
	samples  map[string][]sample
	failures map[string]error
}

func newFigures() *figures {
	return &figures{samples: map[string][]sample{}, failures: map[string]error{}}
}

func (f *figures) add(key string, s sample) { f.samples[key] = append(f.samples[key], s) }

// median is the sample whose every number is the median of the key's.
func (f *figures) median(key string) (sample, bool) {
	all := f.samples[key]
	if len(all) == 0 {
		return sample{}, false
	}
	value := func(a, b sample) int { return cmp.Compare(a.Value, b.Value) }
	return sample{
		Low: slices.MinFunc(all, value).Value, High: slices.MaxFunc(all, value).Value,
		Value:  middle(all, func(s sample) float64 { return s.Value }),
		CPU:    time.Duration(middle(all, func(s sample) float64 { return float64(s.CPU) })),
		Others: middle(all, func(s sample) float64 { return s.Others }),
	}, true
}

func middle(all []sample, of func(sample) float64) float64 {
	values := make([]float64, len(all))
	for i, s := range all {
		values[i] = of(s)
	}
	slices.Sort(values)
	n := len(values)
	return (values[n/2] + values[(n-1)/2]) / 2
}

// verdict tells how a row did.
type verdict string

const (
	below   verdict = "below"
	ok      verdict = "ok"
	aimed   verdict = "ok, aim"
	missing verdict = "missing"
)

// judge holds a value, or a ratio where the goal is one, against the goal.
func (g goal) judge(value float64) verdict {
	reached := func(limit float64) bool {
		if g.less {
			return value <= limit
		}
		return value >= limit
	}
	switch {
	case reached(g.aim):
		return aimed
	case reached(g.floor):
		return ok
	default:
		return below
	}
}
