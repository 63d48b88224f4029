// Package load drives an HTTP server from a closed loop of clients and tells how many answers came, and when. It may know nothing of
// authentication: what a client asks is its own affair.
package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// maxAnswer bounds one answer, head and body.
const maxAnswer = 32 << 10

// Conn is one HTTP/1.1 connection that is kept alive. It is not safe for concurrent use.
//
// It is not net/http's because the generator shares its cores with the server that it measures: here a request is one write, an answer mostly
// one read, and nothing is allocated. It never sends anything twice, because a refresh sent twice is another thing than a refresh.
type Conn struct {
	conn   net.Conn
	buffer []byte
}

// Answer is what a server said. Body is good until the next [Conn.Do].
type Answer struct {
	Status int
	Body   []byte
}

// Dial connects to a server. After lifetime the connection fails whatever is still asked of it, so that no measurement can hang.
func Dial(address string, lifetime time.Duration) (*Conn, error) {
	dialer := net.Dialer{Timeout: 5 * time.Second}
	conn, err := dialer.DialContext(context.Background(), "tcp", address)
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(now().Add(lifetime)); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return &Conn{conn: conn, buffer: make([]byte, maxAnswer)}, nil
}

// Close ends the connection.
func (c *Conn) Close() error { return c.conn.Close() }

// Do sends one whole request, head and body, and reads the answer to its last byte. An answer without Content-Length is an error, unless its
// status says that it has no body (RFC 9110 section 6.4.1).
func (c *Conn) Do(request []byte) (Answer, error) {
	if _, err := c.conn.Write(request); err != nil {
		return Answer{}, err
	}
	var h head
	have := 0
	for h.end == 0 || have < h.end {
		n, err := c.conn.Read(c.buffer[have:])
		if err != nil {
			return Answer{}, fmt.Errorf("connection broke before the answer was whole: %w", err)
		}
		have += n
		if h.end > 0 {
			continue
		}
		if h, err = readHead(c.buffer[:have]); err != nil {
			return Answer{}, err
		}
	}
	if have > h.end {
		return Answer{}, fmt.Errorf("%d bytes after the answer", have-h.end)
	}
	return Answer{Status: h.status, Body: c.buffer[h.body:h.end]}, nil
}

// head is what the head of an answer tells: the status, and where the body begins and ends.
type head struct{ status, body, end int }

var (
	version       = []byte("HTTP/1.1 ")
	blankLine     = []byte("\r\n\r\n")
	contentLength = []byte("\r\ncontent-length:")
)

// readHead reads the head of an answer. The zero head: it is not whole yet.
func readHead(text []byte) (head, error) {
	end := bytes.Index(text, blankLine)
	switch {
	case end < 0 && len(text) < maxAnswer:
		return head{}, nil
	case end < 0 || end < len(version)+3 || !bytes.HasPrefix(text, version):
		return head{}, fmt.Errorf("not an HTTP/1.1 answer: %.40q", text)
	}
	h := head{status: number(text[len(version) : len(version)+3]), body: end + len(blankLine)}
	h.end = h.body
	if h.status == http.StatusNoContent || h.status == http.StatusNotModified {
		return h, nil
	}
	length, err := bodyLength(text[:end+2])
	if h.end += length; h.end > maxAnswer {
		return head{}, fmt.Errorf("answer is longer than %d bytes", maxAnswer)
	}
	return h, err
}

func bodyLength(lines []byte) (int, error) {
	for {
		at := bytes.IndexByte(lines, '\r')
		if at < 0 || at+len(contentLength) > len(lines) {
			return 0, errors.New("answer without Content-Length")
		}
		lines = lines[at:]
		if bytes.EqualFold(lines[:len(contentLength)], contentLength) {
			break
		}
		lines = lines[1:]
	}
	value := lines[len(contentLength):]
	n := number(bytes.TrimSpace(value[:bytes.IndexByte(value, '\r')]))
	if n < 0 {
		return 0, errors.New("answer with an odd Content-Length")
	}
	return n, nil
}

// number reads decimal digits; -1: it is no number.
func number(digits []byte) int {
	if len(digits) == 0 || len(digits) > 6 {
		return -1
	}
	n := 0
	for _, d := range digits {
		if d < '0' || d > '9' {
			return -1
		}
		n = 10*n + int(d-'0')
	}
	return n
}
