package main

import (
	"fmt"
	"io"
	"strings"
)

// report counts, and prints what nobody allowed.
type report struct {
	out            io.Writer
	allowed        []*allowance
	verbose        bool
	passed, failed int
	excused        int
	err            error
}

func (r *report) printf(format string, values ...any) {
	if _, err := fmt.Fprintf(r.out, format, values...); err != nil && r.err == nil {
		r.err = err
	}
}

// exchange judges one request.
func (r *report) exchange(name, sent string, found []difference) {
	var unexpected []difference
	for _, d := range found {
		if !r.allows(name, d) {
			unexpected = append(unexpected, d)
		}
	}
	switch {
	case len(unexpected) > 0:
		r.failed++
	case len(found) > 0:
		r.excused++
		r.passed++
	default:
		r.passed++
	}
	if len(unexpected) == 0 && !r.verbose {
		return
	}
	r.printf("%s\n    %s\n", name, strings.ReplaceAll(sent, "\n", "\n    "))
	for _, d := range found {
		note := ""
		if r.allows(name, d) {
			note = " (allowed)"
		}
		r.printf("  %s%s\n    - django    %s\n    + cartouche %s\n", d.part, note, orNothing(d.django), orNothing(d.cartouche))
	}
	r.printf("\n")
}

// fail notes what is wrong in itself, without a comparison.
func (r *report) fail(name, text string) {
	r.failed++
	r.printf("%s\n  %s\n\n", name, text)
}

func (r *report) allows(name string, d difference) bool {
	found := false
	for _, a := range r.allowed {
		if a.allows(name, d) {
			found = true
		}
	}
	return found
}

func orNothing(text string) string {
	if text == "" {
		return "(nothing)"
	}
	return text
}

// close prints the stale entries of differences.yaml, where everything was asked, and the closing line.
func (r *report) close(all bool) error {
	for i, a := range r.allowed {
		if !all {
			break
		}
		for _, text := range a.stale() {
			r.fail("differences.yaml", fmt.Sprintf("entry %d allows a difference that %q did not show: %s", i+1, text, strings.TrimSpace(a.Reason)))
		}
	}
	r.printf("%d requests answered alike, %d with a difference that was decided\n", r.passed-r.excused, r.excused)
	r.printf("%d passed, %d failed\n", r.passed, r.failed)
	if r.err == nil && r.failed > 0 {
		return errDiffer
	}
	return r.err
}
