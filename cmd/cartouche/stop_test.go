package main_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/cartouche-auth/cartouche/internal/process"
)

// serving starts a server with data of its own.
func serving(t *testing.T) *process.Server {
	t.Helper()
	dir := t.TempDir()
	s := &process.Server{Args: []string{"serve", "--listen", "127.0.0.1:0"}, Dir: dir, Env: []string{"HOME=" + dir}}
	if err := s.Start(install(t, t.TempDir())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Kill() })
	return s
}

func TestStopsOnSignal(t *testing.T) {
	t.Parallel()
	for name, signal := range map[string]os.Signal{"SIGTERM": syscall.SIGTERM, "SIGINT": syscall.SIGINT} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serving(t)
			if err := s.Stop(signal); err != nil {
				t.Errorf("stop: %v\n%s", err, s.Log())
			}
			if !strings.Contains(s.Log(), `"msg":"stopped"`) {
				t.Errorf("stop: no last line in\n%s", s.Log())
			}
			if _, err := os.Stat(filepath.Join(s.Dir, "cartouche-data", "cartouche.db-wal")); err == nil {
				t.Error("stop: the log of the database was not folded into it, so the store was not closed")
			}
		})
	}
}

// A request that has begun comes to its end, and no new one is taken.
func TestStopLetsRequestsEnd(t *testing.T) {
	t.Parallel()
	s := serving(t)
	conn, err := net.Dial("tcp", s.Address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const body = `{"username": "nobody", "password": "correct horse battery"}`
	const head = "POST /auth/jwt/create/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 59\r\n\r\n"
	if _, err := io.WriteString(conn, head); err != nil {
		t.Fatal(err)
	}
	answers := bufio.NewReader(conn)
	if line, err := answers.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("the request has not begun: %q, %v", line, err)
	}
	if err := s.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for { // until the listener is closed
		other, err := net.Dial("tcp", s.Address)
		if err != nil {
			break
		}
		other.Close()
	}
	if _, err := io.WriteString(conn, body); err != nil {
		t.Fatal(err)
	}
	if _, err := answers.ReadString('\n'); err != nil { // the empty line after 100 Continue
		t.Fatal(err)
	}
	if line, err := answers.ReadString('\n'); err != nil || !strings.Contains(line, "401 Unauthorized") {
		t.Errorf("the request was cut off: %q, %v", line, err)
	}
	if err := s.Wait(); err != nil {
		t.Errorf("stop: %v\n%s", err, s.Log())
	}
}

// A reader of the log that goes away must not take the server with it.
func TestLogReaderGoesAway(t *testing.T) {
	t.Parallel()
	s := serving(t)
	if err := s.StopReading(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://"+s.Address+"/auth/session/", nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := (&http.Client{Timeout: process.Patience}).Do(request)
		if err != nil {
			t.Fatalf("the server died with its reader: %v", err)
		}
		answer.Body.Close()
	}
	if err := s.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := s.Wait(); err != nil {
		t.Errorf("stop: %v", err)
	}
}

// Slow and large requests are cut off (slow loris; header bombs).
func TestLimitsOfARequest(t *testing.T) {
	t.Parallel()
	s := serving(t)
	conn, err := net.Dial("tcp", s.Address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nX: "+strings.Repeat("x", 40<<10)+"\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(line, "431") {
		t.Errorf("40 KiB of headers: %q, %v; want 431", line, err)
	}
}
