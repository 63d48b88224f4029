package main

import (
	"fmt"
	"os"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress shows on standard error how far the measurements are: a bar on a terminal, a line each elsewhere.
type progress struct {
	bar         *progressbar.ProgressBar // nil: lines
	step, steps int
}

func newProgress(steps int) *progress {
	p := &progress{steps: steps}
	if term.IsTerminal(int(os.Stderr.Fd())) {
		p.bar = progressbar.NewOptions(steps,
			progressbar.OptionSetWriter(os.Stderr), progressbar.OptionClearOnFinish(), progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(false))
	}
	return p
}

// next says what is measured now.
func (p *progress) next(name string) {
	p.step++
	if p.bar == nil {
		fmt.Fprintf(os.Stderr, "bench: %d of %d: %s\n", p.step, p.steps, name)
		return
	}
	p.bar.Describe(name)
	_ = p.bar.Set(p.step - 1) // a terminal that cannot be written to shows nothing
}

func (p *progress) done() {
	if p.bar != nil {
		_ = p.bar.Finish() // as above
	}
}
