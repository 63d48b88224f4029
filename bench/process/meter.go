package process

import "time"

// Meter reads what a stretch of time costs: the CPU of some processes, and that of everybody else on the machine.
type Meter struct {
	pids                 []int
	started              time.Time
	machine, own, theirs time.Duration
}

// Cost is what a Meter read.
type Cost struct {
	CPU    time.Duration // of the processes that were asked for, with their descendants
	Own    time.Duration // of this process, the generator
	Others float64       // the part of the machine (0 to 1) that neither they nor this process used
}

// NewMeter makes a Meter for processes.
func NewMeter(pids ...int) *Meter { return &Meter{pids: pids} }

// Start begins the stretch.
func (m *Meter) Start() {
	m.machine, m.own, m.theirs = MachineCPU(), OwnCPU(), m.sum()
	m.started = time.Now() //nolint:forbidigo // a stopwatch reads the machine's clock
}

// Stop ends the stretch.
func (m *Meter) Stop() Cost {
	took := time.Since(m.started) //nolint:forbidigo // a stopwatch reads the machine's clock
	cost := Cost{CPU: m.sum() - m.theirs, Own: OwnCPU() - m.own}
	cost.Others = max(0, Share(MachineCPU()-m.machine-cost.CPU-cost.Own, took))
	return cost
}

func (m *Meter) sum() time.Duration {
	var sum time.Duration
	for _, pid := range m.pids {
		sum += CPU(pid)
	}
	return sum
}
