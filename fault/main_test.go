package fault_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/internal/process"
)

// TestMain lets more tests run at once than there are cores: they wait for processes, most of the time. The command line wins.
func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	authtest.Main(m)
}

// program builds the command once, into a folder that the last test takes along.
var program = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "cartouche-fault-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, "cartouche")
	return path, process.Build(context.Background(), "cmd/cartouche", path)
})

// killing is how long servers are killed at random: in FAULT_TIME's words, or a bounded time for `make test`.
func killing(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("FAULT_TIME")
	if text == "" {
		return 10 * time.Second
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("FAULT_TIME: %v", err)
	}
	return d
}
