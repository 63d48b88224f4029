// Package machine asks the operating system what this process may use.
package machine

import (
	"bytes"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// Memory is how many bytes this process may use: the smallest limit of its control groups (version 1 or 2) and of the machine. root is the
// file system that has proc and sys. Zero: it is not known, as on systems other than Linux.
func Memory(root fs.FS) int64 {
	least := int64(0)
	for _, limit := range append(groupLimits(root), installed(root)) {
		if limit > 0 && (least == 0 || limit < least) {
			least = limit
		}
	}
	return least
}

// groupLimits reads the limits of the process's group and of every group around it, because each of them holds.
func groupLimits(root fs.FS) []int64 {
	var limits []int64
	for line := range strings.Lines(read(root, "proc/self/cgroup")) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3) // hierarchy, controllers, path
		if len(fields) < 3 {
			continue
		}
		base, file := "sys/fs/cgroup", "memory.max"
		if fields[0] != "0" {
			base, file = "sys/fs/cgroup/memory", "memory.limit_in_bytes"
			if !strings.Contains(","+fields[1]+",", ",memory,") {
				continue
			}
		}
		// Inside a container the path may be that of the host, and only the top is mounted: names that do not exist are no limit.
		for group := path.Clean("/" + fields[2]); ; group = path.Dir(group) {
			limits = append(limits, number(read(root, path.Join(base, group, file))))
			if group == "/" {
				break
			}
		}
	}
	return limits
}

// installed is the memory of the machine.
func installed(root fs.FS) int64 {
	for line := range strings.Lines(read(root, "proc/meminfo")) {
		if text, ok := strings.CutPrefix(line, "MemTotal:"); ok {
			return number(strings.TrimSuffix(strings.TrimSpace(text), "kB")) << 10
		}
	}
	return 0
}

// number is zero for what is no number, such as "max".
func number(text string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

func read(root fs.FS, name string) string {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return ""
	}
	return string(bytes.TrimSpace(text))
}
