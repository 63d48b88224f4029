package authtest

import (
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// OwnPostgres is a PostgreSQL of one test's own, so that the test may end it, start it again and put another in its place. It is not for concurrent use.
type OwnPostgres struct {
	tb      testing.TB
	cluster *cluster
}

// NewOwnPostgres starts a PostgreSQL, which is stopped and deleted when the test ends. Where there is none, the test fails.
func NewOwnPostgres(tb testing.TB) *OwnPostgres {
	tb.Helper()
	c, err := startCluster()
	if err != nil {
		tb.Fatalf("start PostgreSQL: %v", err)
	}
	tb.Cleanup(c.stop)
	return &OwnPostgres{tb, c}
}

// URL is the URL of its database, which outlives restarts.
func (p *OwnPostgres) URL() string { return p.cluster.url }

// Crash ends the server without letting it finish anything. What it has committed is in its log.
func (p *OwnPostgres) Crash() { p.end(syscall.SIGQUIT) }

// Start starts the server again.
func (p *OwnPostgres) Start() {
	p.tb.Helper()
	c := p.cluster
	c.ended = make(chan struct{})
	if err := c.serve(); err != nil {
		p.tb.Fatalf("start PostgreSQL again: %v", err)
	}
}

// Copy makes a standby that knows everything up to now and nothing that comes. The server is down meanwhile.
func (p *OwnPostgres) Copy() {
	p.tb.Helper()
	p.end(syscall.SIGINT)
	p.copy("data", "standby")
	p.Start()
}

// FailOver ends the server and puts the standby of [OwnPostgres.Copy] in its place, at the same address: what was committed since is lost.
func (p *OwnPostgres) FailOver() {
	p.tb.Helper()
	p.Crash()
	p.copy("standby", "data")
	p.Start()
}

func (p *OwnPostgres) end(signal syscall.Signal) {
	_ = p.cluster.process.Signal(signal)
	<-p.cluster.ended
}

func (p *OwnPostgres) copy(from, to string) {
	p.tb.Helper()
	from, to = filepath.Join(p.cluster.folder, from), filepath.Join(p.cluster.folder, to)
	output, err := exec.CommandContext(p.tb.Context(), "sh", "-c", `rm -rf "$1" && cp -a "$0" "$1"`, from, to).CombinedOutput() //nolint:gosec // a folder of ours
	if err != nil {
		p.tb.Fatalf("copy %s: %v: %s", from, err, output)
	}
}
