package main

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestVerdicts(t *testing.T) {
	t.Parallel()
	atLeast, atMost := goal{floor: 5000, aim: 8000}, goal{floor: 50, aim: 20, less: true}
	cases := []struct {
		goal  goal
		value float64
		want  verdict
	}{
		{atLeast, 4999, below},
		{atLeast, 5000, ok},
		{atLeast, 8000, aimed},
		{atMost, 51, below},
		{atMost, 50, ok},
		{atMost, 20, aimed},
	}
	for _, c := range cases {
		if got := c.goal.judge(c.value); got != c.want {
			t.Errorf("judge(%v): got %q, want %q", c.value, got, c.want)
		}
	}
}

func figuresOf(values map[string][]float64) *figures {
	f := newFigures()
	for key, list := range values {
		for _, v := range list {
			f.add(key, sample{Value: v, CPU: time.Duration(v)})
		}
	}
	return f
}

func TestResultHoldsMediansAgainstThePeer(t *testing.T) {
	t.Parallel()
	r := row{name: "me", unit: perSecond, peer: "hello", goal: goal{ratio: true, floor: 0.25, aim: 0.5}}
	got := r.result(figuresOf(map[string][]float64{"me": {900, 100, 300}, "hello": {1000, 800, 1200, 1000}}))
	if got.Figure.Value != 300 || got.Peer.Value != 1000 || got.Ratio != 0.3 || got.Verdict != ok {
		t.Errorf("result: got %v beside %v, ratio %v, %q; want 300, 1000, 0.3, ok", got.Figure.Value, got.Peer.Value, got.Ratio, got.Verdict)
	}
}

func TestResultWithoutPeerIsNoVerdict(t *testing.T) {
	t.Parallel()
	r := row{name: "me", peer: "hello", goal: goal{ratio: true, floor: 0.25, aim: 0.5}}
	if got := r.result(figuresOf(map[string][]float64{"me": {300}})); got.Verdict != missing {
		t.Errorf("result: got %q, want %q", got.Verdict, missing)
	}
}

// A server that refuses may be quick about it: that must never look like a figure.
func TestFailureHidesEveryFigure(t *testing.T) {
	t.Parallel()
	f := figuresOf(map[string][]float64{"me": {300}, "hello": {1000}})
	f.failures["hello"] = errors.New("status 503")
	r := row{name: "me", what: "users/me", peer: "hello", goal: goal{ratio: true}}
	var out strings.Builder
	if err := printTable(&out, results([]row{r}, f)); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); !strings.Contains(text, "FAIL me: status 503") || strings.Contains(text, "300") {
		t.Errorf("table: got\n%s\nwant a failure and no figure", text)
	}
}

func TestTableIsStraight(t *testing.T) {
	t.Parallel()
	all := results(rows(), figuresOf(map[string][]float64{"me-sqlite": {300}, "hello": {1000}, "token-seen-es256": {123}}))
	var out strings.Builder
	if err := printTable(&out, all); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != len(rows())+2 {
		t.Fatalf("table: got %d lines, want %d", len(lines), len(rows())+2)
	}
	for _, line := range lines {
		if got, want := len([]rune(line)), len([]rune(lines[0])); got != want {
			t.Errorf("table: got a line of %d characters, want %d: %s", got, want, line)
		}
	}
}

func TestEveryFigureHasOneProbe(t *testing.T) {
	t.Parallel()
	made := map[string]int{}
	for _, p := range probes() {
		for _, key := range p.keys {
			made[key]++
		}
	}
	for _, r := range rows() {
		if made[r.key()] != 1 || r.peer != "" && made[r.peer] != 1 {
			t.Errorf("row %s: %d probes make its figure and %d its peer's (%s), want one each", r.name, made[r.key()], made[r.peer], r.peer)
		}
	}
}

func TestOnly(t *testing.T) {
	t.Parallel()
	wanted, err := wantedRows("refresh,me-sqlite")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range wanted {
		names = append(names, r.name)
	}
	if got, want := strings.Join(names, " "), "refresh-postgres refresh-postgres/django refresh-nodes refresh-sqlite me-sqlite"; got != want {
		t.Errorf("wantedRows: got %s, want %s", got, want)
	}
	if _, err := wantedRows("me,nonsense"); err == nil {
		t.Error("wantedRows: a name that no row has was not refused")
	}
}
