package process

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// userHertz is what /proc counts CPU time in: 100 a second on every Linux that Go runs on (see proc(5), sysconf(_SC_CLK_TCK)).
const userHertz = 100

func ticks(n int64) time.Duration { return time.Duration(n) * time.Second / userHertz }

// stat is what /proc/PID/stat says of a process.
type stat struct {
	parent int
	cpu    time.Duration // with that of its ended children
}

func readStat(pid int) (stat, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stat{}, err
	}
	// The name of the program stands in parentheses and may itself contain spaces and parentheses.
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	const parent, utime, stime, cutime, cstime = 1, 11, 12, 13, 14
	if len(fields) <= cstime {
		return stat{}, fmt.Errorf("/proc/%d/stat: %d fields", pid, len(fields))
	}
	var s stat
	if s.parent, err = strconv.Atoi(fields[parent]); err != nil {
		return stat{}, err
	}
	for _, field := range []int{utime, stime, cutime, cstime} {
		n, err := strconv.ParseInt(fields[field], 10, 64)
		if err != nil {
			return stat{}, err
		}
		s.cpu += ticks(n)
	}
	return s, nil
}

// CPU is the CPU time of a process and its descendants, up to now. Processes that end meanwhile are counted by their parents.
func CPU(pid int) time.Duration {
	children := map[int][]int{}
	used := map[int]time.Duration{}
	folders, _ := filepath.Glob("/proc/[0-9]*") // the pattern is well-formed, and that is the only error
	for _, folder := range folders {
		id, err := strconv.Atoi(filepath.Base(folder))
		if err != nil {
			continue
		}
		if s, err := readStat(id); err == nil {
			used[id] = s.cpu
			children[s.parent] = append(children[s.parent], id)
		}
	}
	var sum time.Duration
	for family := []int{pid}; len(family) > 0; family = family[1:] {
		sum += used[family[0]]
		family = append(family, children[family[0]]...)
	}
	return sum
}

// OwnCPU is the CPU time of this process and of the processes that it started and saw end.
func OwnCPU() time.Duration {
	var sum int64
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var usage syscall.Rusage
		if err := syscall.Getrusage(who, &usage); err == nil {
			sum += usage.Utime.Nano() + usage.Stime.Nano()
		}
	}
	return time.Duration(sum)
}

// MachineCPU is the CPU time that all processes of the machine have taken. Interrupts are not in it: most are those of the connections that are
// measured, and no process is charged for them.
func MachineCPU() time.Duration {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(text), "\n")
	fields := strings.Fields(line)
	var sum int64
	for _, field := range []int{1, 2, 3} { // user, nice, system
		if field < len(fields) {
			n, _ := strconv.ParseInt(fields[field], 10, 64) // what is no number counts nothing
			sum += n
		}
	}
	return ticks(sum)
}

// Share is the part (0 to 1) of all cores that cpu is, in a time.
func Share(cpu, in time.Duration) float64 {
	return cpu.Seconds() / in.Seconds() / float64(runtime.NumCPU())
}

// Memory is what a process holds resident, in bytes: now, and at most so far.
type Memory struct{ Now, Peak int64 }

// ReadMemory reads the memory of a process.
func ReadMemory(pid int) (Memory, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return Memory{}, err
	}
	var m Memory
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		var into *int64
		switch name {
		case "VmRSS":
			into = &m.Now
		case "VmHWM":
			into = &m.Peak
		default:
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		if err != nil {
			return Memory{}, fmt.Errorf("/proc/%d/status: %w", pid, err)
		}
		*into = n << 10
	}
	return m, nil
}
