package authtest

import (
	"bufio"
	"fmt"
	"net"
	"net/url"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/secret"
)

// Valkey starts a Valkey or Redis server for one test, empty and in memory only, and answers its URL and how to stop it before the test ends. False: there is
// none on this machine; the test has said so and has nothing to do. It is optional for users, and so it is here: .ci/valkey installs it.
func Valkey(tb testing.TB) (address string, stop func(), ok bool) {
	tb.Helper()
	program := ""
	for _, name := range []string{"valkey-server", "redis-server"} {
		if path, err := exec.LookPath(name); err == nil && program == "" {
			program = path
		}
	}
	if program == "" {
		tb.Log("not run: no valkey-server here (apt-get install valkey-server, or redis-server)")
		return "", nil, false
	}
	port, err := sparePort()
	if err != nil {
		tb.Fatal(err)
	}
	password := secret.Alphanumeric(32)
	stop, err = serveValkey(tb, program, port, password)
	if err != nil {
		tb.Fatalf("start %s: %v", program, err)
	}
	tb.Cleanup(stop)
	host := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	return (&url.URL{Scheme: "valkey", User: url.UserPassword("", password), Host: host}).String(), stop, true
}

// serveValkey starts the server and waits until it takes connections.
func serveValkey(tb testing.TB, program string, port int, password string) (stop func(), err error) {
	tb.Helper()
	//nolint:gosec,noctx // the programs that PATH names; stop ends it
	server := exec.Command(program, "--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--requirepass", password)
	server.Dir, server.SysProcAttr = tb.TempDir(), serverAttributes(nil)
	output, err := server.StdoutPipe()
	if err != nil {
		return nil, err
	}
	started, ready, ended := make(chan error), make(chan struct{}), make(chan struct{})
	var log logTail
	go func() {
		defer close(ended)
		runtime.LockOSThread() // the kernel ends the server when the thread that started it ends
		err := server.Start()
		started <- err
		if err != nil {
			return
		}
		lines, seen := bufio.NewScanner(output), false
		for lines.Scan() {
			log.add(lines.Text())
			if !seen && strings.Contains(strings.ToLower(lines.Text()), "ready to accept connections") {
				seen = true
				close(ready)
			}
		}
		_ = server.Wait()
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	stop = func() {
		_ = server.Process.Kill()
		<-ended
	}
	timeout := time.NewTimer(time.Minute)
	defer timeout.Stop()
	select {
	case <-ready:
		return stop, nil
	case <-ended:
		return nil, fmt.Errorf("it ended: %s", log.String())
	case <-timeout.C:
		stop()
		return nil, fmt.Errorf("it did not start within a minute: %s", log.String())
	}
}
