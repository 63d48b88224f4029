package load_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/bench/load"
)

// serve answers every request with the pieces of one answer, each in a write of its own.
func serve(t *testing.T, pieces ...string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go answer(conn, pieces)
		}
	}()
	return listener.Addr().String()
}

func answer(conn net.Conn, pieces []string) {
	defer conn.Close()
	reader := bufio.NewReader(conn)
	for {
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		request.Body.Close()
		for _, piece := range pieces {
			fmt.Fprint(conn, piece)
		}
	}
}

func do(t *testing.T, address string) (load.Answer, error) {
	t.Helper()
	conn, err := load.Dial(address, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn.Do(load.Get(address, "/"))
}

func TestDo(t *testing.T) {
	t.Parallel()
	const head = "HTTP/1.1 200 OK\r\nDate: today\r\ncontent-length: 5\r\nVary: Accept\r\n\r\n"
	cases := map[string]struct {
		pieces []string
		status int
		body   string
	}{
		"OnePiece":         {[]string{head + "hello"}, 200, "hello"},
		"HeadThenBody":     {[]string{head, "hello"}, 200, "hello"},
		"CutAnywhere":      {[]string{head[:20], head[20:50], head[50:] + "he", "llo"}, 200, "hello"},
		"Refusal":          {[]string{"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n{}"}, 401, "{}"},
		"NoContent":        {[]string{"HTTP/1.1 204 No Content\r\nDate: today\r\n\r\n"}, 204, ""},
		"EmptyBody":        {[]string{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}, 200, ""},
		"LengthComesFirst": {[]string{"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nDate: today\r\n\r\nx"}, 200, "x"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer, err := do(t, serve(t, c.pieces...))
			if err != nil {
				t.Fatal(err)
			}
			if answer.Status != c.status || string(answer.Body) != c.body {
				t.Errorf("Do: got %d %q, want %d %q", answer.Status, answer.Body, c.status, c.body)
			}
		})
	}
}

func TestDoRefusesWhatItCannotMeasure(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"Chunked":        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"OddLength":      "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
		"TwoAnswers":     "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n",
		"OtherProtocol":  "SSH-2.0-OpenSSH_9.2\r\n\r\n",
		"TooLong":        "HTTP/1.1 200 OK\r\nContent-Length: 40000\r\n\r\n",
		"HeadWithoutEnd": "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 40_000),
	}
	for name, text := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if answer, err := do(t, serve(t, text)); err == nil {
				t.Errorf("Do: got %d %q, want an error", answer.Status, answer.Body)
			}
		})
	}
}

// A Conn that is used again must not mix two answers up.
func TestDoAgain(t *testing.T) {
	t.Parallel()
	address := serve(t, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "hello")
	conn, err := load.Dial(address, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	request := load.AppendPost(nil, address, "/", []byte(`{"a":1}`))
	for range 3 {
		answer, err := conn.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if answer.Status != 200 || string(answer.Body) != "hello" {
			t.Errorf("Do: got %d %q, want 200 hello", answer.Status, answer.Body)
		}
	}
}
