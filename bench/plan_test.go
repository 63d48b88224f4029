package main

import (
	"context"
	"errors"
	"strings"
	"testing"
)

func names(all []probe) string {
	var out []string
	for _, p := range all {
		out = append(out, p.keys[0])
	}
	return strings.Join(out, " ")
}

func TestRoundsAreInterleaved(t *testing.T) {
	t.Parallel()
	p := plan{reps: 3, probes: []probe{{keys: []string{"a"}}, {keys: []string{"b"}}, {keys: []string{"once"}, once: true}}}
	if got, want := names(p.rounds()), "a b once b a a b"; got != want {
		t.Errorf("rounds: got %s, want %s", got, want)
	}
}

func TestPlanTakesWhatItsRowsNeed(t *testing.T) {
	t.Parallel()
	wanted, err := wantedRows("verify,rows-retry")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := names(newPlan(wanted, 1).probes), "hello verify django-verify before-rows-postgres"; got != want {
		t.Errorf("newPlan: got %s, want %s", got, want)
	}
}

func TestWhatFailsIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	tries := 0
	broken := errors.New("broken")
	p := plan{reps: 3, probes: []probe{{keys: []string{"a", "b"}, run: func(context.Context, *world, func(string, sample)) error {
		tries++
		return broken
	}}}}
	f := p.carryOut(t.Context(), nil)
	if tries != 1 || !errors.Is(f.failures["a"], broken) || !errors.Is(f.failures["b"], broken) {
		t.Errorf("carryOut: %d tries, failures %v; want one try that fails both figures", tries, f.failures)
	}
}
