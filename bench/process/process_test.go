package process_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/bench/process"
)

func start(t *testing.T, c process.Command) *process.Process {
	t.Helper()
	p, err := process.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Stop() })
	return p
}

func TestStopEndsAProcess(t *testing.T) {
	t.Parallel()
	p := start(t, process.Command{Path: "/bin/cat", Args: []string{"/dev/zero"}})
	for range 2 {
		if err := p.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case <-p.Ended():
	default:
		t.Error("Stop: the process has not ended")
	}
	if _, err := process.ReadMemory(p.PID()); err == nil {
		t.Error("Stop: the process is still there")
	}
}

// A shell that is told to end leaves its children to themselves, and a measurement must leave nobody.
func TestStopLeavesNobodyBehind(t *testing.T) {
	t.Parallel()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	p := start(t, process.Command{Path: "/bin/sh", Args: []string{"-c", "echo ready; cat /dev/zero >/dev/null & wait"}, Out: writer, Log: writer})
	writer.Close()
	if _, err := reader.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, reader); err != nil { // ends when nobody holds the other end any more
		t.Fatal(err)
	}
}

func TestWaitTellsHowAProcessEnded(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := start(t, process.Command{Path: "/bin/echo", Args: []string{"hello"}, Out: &out}).Wait(t.Context()); err != nil || out.String() != "hello\n" {
		t.Errorf("Wait: got %v and %q, want hello", err, out.String())
	}
	if err := start(t, process.Command{Path: "/bin/false"}).Wait(t.Context()); err == nil {
		t.Error("Wait: an exit code of 1 was no error")
	}
	if _, err := process.Start(process.Command{Path: "/nonexistent"}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Start: got %v, want %v", err, os.ErrNotExist)
	}
}

func TestMeterTellsTheOthersFromTheProcess(t *testing.T) {
	t.Parallel()
	p := start(t, process.Command{Path: "/bin/sh", Args: []string{"-c", "cat /dev/zero & wait"}}) // the work is a child's
	meter := process.NewMeter(p.PID())
	meter.Start()
	for process.CPU(p.PID()) < 200*time.Millisecond {
		if _, err := os.ReadFile("/proc/self/stat"); err != nil {
			t.Fatal(err)
		}
	}
	cost := meter.Stop()
	if cost.CPU < 100*time.Millisecond {
		t.Errorf("Meter: got %s of a process that worked for 200ms", cost.CPU)
	}
	if cost.Own <= 0 || cost.Others < 0 || cost.Others > 1 {
		t.Errorf("Meter: got %s of our own and a share of %v of others", cost.Own, cost.Others)
	}
}

func TestMemoryHasAPeak(t *testing.T) {
	t.Parallel()
	m, err := process.ReadMemory(os.Getpid())
	if err != nil || m.Now < 1<<20 || m.Peak < m.Now {
		t.Errorf("ReadMemory: got %+v, %v; want some, and a peak of at least that", m, err)
	}
}
