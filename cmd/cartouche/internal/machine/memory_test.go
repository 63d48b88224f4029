package machine_test

import (
	"os"
	"testing"
	"testing/fstest"

	"github.com/cartouche-auth/cartouche/cmd/cartouche/internal/machine"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	const meminfo = "MemTotal:        8000000 kB\nMemFree: 12 kB\n"
	for _, c := range []struct {
		name  string
		files map[string]string
		want  int64
	}{
		{"nothing to read", nil, 0},
		{"no group", map[string]string{"proc/meminfo": meminfo}, 8000000 << 10},
		{"group without limit", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/user.slice\n", "sys/fs/cgroup/user.slice/memory.max": "max\n",
		}, 8000000 << 10},
		{"group with limit", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max": "536870912\n",
		}, 512 << 20},
		{"limit of the group around", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max": "max\n", "sys/fs/cgroup/a/memory.max": "1073741824\n",
		}, 1 << 30},
		{"container that sees the host's path", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/docker/0123\n", "sys/fs/cgroup/memory.max": "268435456\n",
		}, 256 << 20},
		{"version 1", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "5:cpu,cpuacct:/x\n4:memory:/x\n", "sys/fs/cgroup/memory/x/memory.limit_in_bytes": "134217728\n",
		}, 128 << 20},
		{"version 1 without limit is a huge number", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "4:memory:/\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
		}, 8000000 << 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			root := fstest.MapFS{}
			for name, text := range c.files {
				root[name] = &fstest.MapFile{Data: []byte(text)}
			}
			if got := machine.Memory(root); got != c.want {
				t.Errorf("Memory: got %d, want %d", got, c.want)
			}
		})
	}
}

func TestMemoryOfThisMachine(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/meminfo"); err != nil {
		return // not Linux: nothing to ask
	}
	if got := machine.Memory(os.DirFS("/")); got < 64<<20 {
		t.Errorf("Memory: got %d, want at least 64 MiB", got)
	}
}
