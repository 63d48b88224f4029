package authtest_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/cartouche-auth/cartouche/authtest"
)

const showCluster = "AUTHTEST_SHOW_CLUSTER"

// TestShowCluster is the other process of the test below: it starts a PostgreSQL, tells where, and waits to be killed.
func TestShowCluster(t *testing.T) {
	if os.Getenv(showCluster) == "" {
		return // not for us
	}
	fmt.Fprintln(os.Stdout, "cluster:", authtest.PostgresURL(t))
	<-t.Context().Done()
}

// A test binary that is killed must not leave a server behind.
func TestServerDiesWithTheTests(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		return // only its kernel can be asked for that
	}
	folder, err := os.MkdirTemp("", "cartouche-killed-") //nolint:usetesting // the server's account could not enter t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	if err := os.Chmod(folder, 0o711); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	other := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestShowCluster$", "-test.v")
	other.Env = append(os.Environ(), showCluster+"=1", "CARTOUCHE_TEST_POSTGRES=", "TMPDIR="+folder)
	output, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	var address string
	for lines := bufio.NewScanner(output); address == "" && lines.Scan(); {
		_, _ = fmt.Sscanf(lines.Text(), "cluster: %s", &address)
	}
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatalf("connect to %q: %v", address, err)
	}
	defer conn.Close(ctx)
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = other.Wait()
	// The server ends its connections when it ends.
	if _, err := conn.WaitForNotification(ctx); ctx.Err() != nil {
		t.Errorf("the server lives on: %v", err)
	}
}
