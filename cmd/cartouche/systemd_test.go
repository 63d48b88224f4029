package main_test

import (
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/internal/process"
)

// supervisor is the socket on which systemd is told how a service is.
func supervisor(t *testing.T) (*net.UnixConn, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s") // the name of a socket must be short
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn, path
}

func wantState(t *testing.T, conn *net.UnixConn, want string) {
	t.Helper()
	message := make([]byte, 100)
	if err := conn.SetReadDeadline(time.Now().Add(process.Patience)); err != nil {
		t.Fatal(err)
	}
	n, err := conn.Read(message)
	if err != nil || string(message[:n]) != want {
		t.Errorf("systemd was told %q (%v), want %q", message[:n], err, want)
	}
}

// unit answers what the unit starts, after the name of the program, with another file of settings.
func unit(t *testing.T, settings string) []string {
	t.Helper()
	text, err := os.ReadFile("../../packaging/systemd/cartouche.service")
	if err != nil {
		t.Fatal(err)
	}
	start := regexp.MustCompile(`(?m)^ExecStart=/usr/local/bin/cartouche (.*/etc/cartouche/cartouche\.yaml.*)$`).FindStringSubmatch(string(text))
	if start == nil || !strings.Contains(string(text), "\nType=notify\n") {
		t.Fatal("the unit does not start /usr/local/bin/cartouche with /etc/cartouche/cartouche.yaml, or does not wait for its word")
	}
	return strings.Fields(strings.Replace(start[1], "/etc/cartouche/cartouche.yaml", settings, 1))
}

func TestSystemdIsToldWhenTheServerIsReadyAndStops(t *testing.T) {
	t.Parallel()
	conn, path := supervisor(t)
	dir := t.TempDir()
	settings := filepath.Join(dir, "cartouche.yaml")
	if err := os.WriteFile(settings, []byte("listen: 127.0.0.1:0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &process.Server{Args: unit(t, settings), Dir: dir, Env: []string{"CARTOUCHE_DATA_DIR=" + filepath.Join(dir, "data"), "NOTIFY_SOCKET=" + path}}
	if err := s.Start(install(t, t.TempDir())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Kill() })
	wantState(t, conn, "READY=1")
	if err := s.Stop(syscall.SIGTERM); err != nil {
		t.Errorf("stop: %v\n%s", err, s.Log())
	}
	wantState(t, conn, "STOPPING=1")
}

// A socket that nobody has is no reason not to serve.
func TestSystemdIsAway(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := &process.Server{Args: []string{"serve", "--listen", "127.0.0.1:0"}, Dir: dir, Env: []string{"HOME=" + dir, "NOTIFY_SOCKET=@nobody-listens-here"}}
	if err := s.Start(install(t, t.TempDir())); err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(syscall.SIGTERM); err != nil {
		t.Errorf("stop: %v\n%s", err, s.Log())
	}
}
