package main_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/internal/process"
)

// sendRaw sends what no client would, and waits for the answer or the end.
func sendRaw(t *testing.T, address, text string) (answer string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(process.Patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return "" // the server may hang up without an answer
	}
	defer response.Body.Close()
	all, err := httputil.DumpResponse(response, true)
	if err != nil {
		t.Errorf("answer to %q: %v", text, err)
	}
	return string(all)
}

// wantJSONLines holds that each line of a log is one JSON object with a level and a message.
func wantJSONLines(t *testing.T, log string) {
	t.Helper()
	for line := range strings.Lines(log) {
		var fields struct{ Time, Level, Msg string }
		if err := json.Unmarshal([]byte(line), &fields); err != nil || fields.Level == "" || fields.Msg == "" {
			t.Errorf("the log has the line %q (%v)", line, err)
		}
		if fields.Msg == "forged" || strings.ContainsAny(line, "\x1b\r\u2028") {
			t.Errorf("a client wrote the line %q", line)
		}
	}
}

// Who can begin a line of the log can tell the operator anything (log injection).
func TestLogInjection(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := &process.Server{Dir: dir, Env: []string{"HOME=" + dir}, Args: []string{"serve", "--listen", "127.0.0.1:0", "--log-level", "debug"}}
	if err := s.Start(install(t, t.TempDir())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Kill() })
	const forged = `{"time":"x","level":"INFO","msg":"forged"}`
	for _, raw := range []string{
		"GET /auth/csrf/ HTTP/1.1\r\nHost: x\r\nUser-Agent: x\r\n " + forged + "\r\n\r\n",
		"GET /auth/csrf/ HTTP/1.1\r\nHost: x\r\nUser-Agent: x\r" + forged + "\r\r\n\r\n",
		"GET /auth/csrf/ HTTP/1.1\r\nHost: x\r\nUser-Agent: x\n" + forged + "\n\r\n",
		"GET /%0d%0a" + url.PathEscape(forged) + "%0d%0a HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET /auth/users/%0a" + url.PathEscape(forged) + "%0a/ HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET /auth/csrf/?%0d%0a" + url.QueryEscape(forged) + " HTTP/1.1\r\nHost: x\r\n\r\n",
		"GE\x1bT /auth/csrf/ HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET /\x1b[2J\u2028 HTTP/1.1\r\nHost: \x1b[2J\r\n\r\n",
		"\n" + forged + "\n\r\n\r\n",
	} {
		sendRaw(t, s.Address, raw)
	}
	if err := s.Stop(syscall.SIGTERM); err != nil {
		t.Errorf("stop: %v", err)
	}
	if !strings.Contains(s.Log(), `"msg":"request"`) {
		t.Error("nothing was logged, so this test tells nothing")
	}
	wantJSONLines(t, s.Log())
}
