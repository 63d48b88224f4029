package main

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/bench/ranks"
)

func TestVerdict(t *testing.T) {
	t.Parallel()
	const base = 100 * time.Millisecond
	for name, test := range map[string]struct {
		auc     float64
		median  time.Duration
		excused bool
		want    string
	}{
		"equal":                          {0.5, base, false, same},
		"a little greater":               {0.549, base, false, same},
		"mostly greater":                 {0.551, base, false, toldApart},
		"mostly less":                    {0.449, base, false, toldApart},
		"the middle is elsewhere":        {0.5, base + 5*time.Millisecond, false, toldApart},
		"the middle is less":             {0.5, base - 5*time.Millisecond, false, toldApart},
		"many milliseconds of very many": {0.5, base + 4*time.Millisecond, false, same},
		"much, and known":                {0.9, 2 * base, true, documented},
		"nothing, and excused":           {0.5, base, true, same},
	} {
		p := pair{kind: kind{excused: test.excused}, Comparison: ranks.Comparison{AUC: test.auc, Median: test.median, Base: base}}
		if got := p.verdict(); got != test.want {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
	small := pair{Comparison: ranks.Comparison{AUC: 0.5, Median: 3 * time.Millisecond, Base: time.Millisecond}}
	if got := small.verdict(); got != same {
		t.Errorf("two milliseconds: got %s, want %s", got, same)
	}
}

func TestShuffledLeavesNobodyOut(t *testing.T) {
	t.Parallel()
	first := map[int]bool{}
	for range 200 {
		order := shuffled(3)
		first[order[0]] = true
		if sorted := slices.Sorted(slices.Values(order)); !slices.Equal(sorted, []int{0, 1, 2}) {
			t.Fatalf("got %v", order)
		}
	}
	if len(first) != 3 {
		t.Errorf("in 200 orders only %v came first", first)
	}
}

func TestNoRouteIsCalledSo(t *testing.T) {
	t.Parallel()
	if _, err := compareRoutes(context.Background(), "", timingOptions{only: "x"}); err == nil {
		t.Error("got no error")
	}
}

// Requests for one kind are not longer than those for another, which time would tell too.
func TestAddressesAreOfOneLength(t *testing.T) {
	t.Parallel()
	for _, r := range timedRoutes() {
		for _, k := range r.kinds {
			if got, want := len(k.next()), len(r.kinds[0].next()); got != want {
				t.Errorf("%s, %s: an address has %d letters, nobody's has %d", r.name, k.name, got, want)
			}
		}
	}
}
