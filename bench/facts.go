package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
)

// facts are what figures depend on beside the product.
type facts struct {
	Date       string `json:"date"` // of the run
	Cores      int    `json:"cores"`
	Processor  string `json:"processor"`
	System     string `json:"system"`
	Go         string `json:"go"`
	PostgreSQL string `json:"postgresql,omitempty"` // empty: none was needed
	Clients    int    `json:"clients"`
}

func (w *world) facts(ctx context.Context) facts {
	f := facts{
		Date:  today(),
		Cores: runtime.NumCPU(), Go: runtime.Version(), Clients: clients,
		Processor: field("/proc/cpuinfo", "model name"), System: runtime.GOOS + "/" + runtime.GOARCH,
	}
	if w.cluster != nil {
		if version, err := w.cluster.version(context.WithoutCancel(ctx)); err == nil {
			f.PostgreSQL = version
		}
	}
	return f
}

// String is the facts in one line.
func (f facts) String() string {
	line := fmt.Sprintf("%d cores (%s), %s, %s", f.Cores, f.Processor, f.System, f.Go)
	if f.PostgreSQL != "" {
		line += ", PostgreSQL " + f.PostgreSQL
	}
	return line + fmt.Sprintf("; %d clients, medians", f.Clients)
}

// field reads the first value of a name from a file of lines such as "name : value"; empty: there is none.
func field(path, name string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		key, value, found := strings.Cut(line, ":")
		if found && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
