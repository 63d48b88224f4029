package attack_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/internal/process"
)

var (
	update = flag.Bool("update", false, "rewrite docs/reference/security.md")
	full   = flag.Bool("attack.full", false, "run long attacks to their end")
)

// rounds is how often an attack is tried that needs luck: a few times, or with -attack.full many.
func rounds(few, many int) int {
	if *full {
		return many
	}
	return few
}

// folder is where everything is that outlives a test.
var folder string

func TestMain(m *testing.M) {
	var err error
	if folder, err = os.MkdirTemp("", "cartouche-attack-"); err != nil {
		panic(err)
	}
	if err := flag.Set("test.parallel", "6"); err != nil { // many wait for a server that waits for its store; flags of the command line win
		panic(err)
	}
	authtest.Main(m, func() {
		for _, h := range opened.houses {
			_ = h.server.Kill()
		}
		_ = os.RemoveAll(folder)
	})
}

// program builds the command, once for all tests.
var program = sync.OnceValues(func() (string, error) {
	path := filepath.Join(folder, "cartouche")
	return path, process.Build(context.Background(), "cmd/cartouche", path)
})

// opened are the servers that tests share.
var opened struct {
	sync.Mutex
	houses map[string]*house
}

// shared is a server by a name, started by the first test that wants it. Tests that share one have their own victims in it.
func shared(t *testing.T, name string, settings ...string) *house {
	t.Helper()
	opened.Lock()
	defer opened.Unlock()
	if h := opened.houses[name]; h != nil {
		return h
	}
	h := newHouse(t, filepath.Join(folder, name), settings...)
	if opened.houses == nil {
		opened.houses = map[string]*house{}
	}
	opened.houses[name] = h
	return h
}

// common is the server of most tests: behind a proxy that speaks https, on SQLite, with tokens that are confirmed at once.
func common(t *testing.T) *house {
	t.Helper()
	return shared(t, "common", "--refresh-min-age", "0s")
}
