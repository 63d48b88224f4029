package bounds_test

import (
	"bufio"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/cartouche-auth/cartouche/cmd/cartouche/internal/bounds"
)

// from is a connection that comes from an address.
type from struct {
	net.Conn
	address net.Addr
	closed  bool
}

func (c *from) RemoteAddr() net.Addr { return c.address }

func (c *from) Close() error {
	c.closed = true
	return nil
}

// open says whether a further connection from an address stays open.
func open(t *testing.T, c *bounds.Connections, address string) (*from, bool) {
	t.Helper()
	tcp, err := net.ResolveTCPAddr("tcp", net.JoinHostPort(address, "1234"))
	if err != nil {
		t.Fatal(err)
	}
	conn := &from{address: tcp}
	c.Observe(conn, http.StateNew)
	return conn, !conn.closed
}

// One address must not take the connections of all others (slow loris).
func TestOneSourceCannotTakeAllConnections(t *testing.T) {
	t.Parallel()
	c := bounds.New(100, 2, []string{"192.0.2.1", "198.51.100.0/24", "nonsense"})
	first, _ := open(t, c, "203.0.113.5")
	open(t, c, "203.0.113.5")
	third, ok := open(t, c, "203.0.113.5")
	if ok {
		t.Error("a third connection of one address stayed open, want two at most")
	}
	c.Observe(third, http.StateClosed)
	if _, ok := open(t, c, "203.0.113.6"); !ok {
		t.Error("the connection of another address was closed")
	}
	c.Observe(first, http.StateActive)
	c.Observe(first, http.StateIdle)
	c.Observe(first, http.StateClosed)
	if _, ok := open(t, c, "203.0.113.5"); !ok {
		t.Error("a connection was closed, although an earlier one had ended")
	}
	open(t, c, "2001:db8:1:2::1")
	open(t, c, "2001:db8:1:2:3::1")
	if _, ok := open(t, c, "2001:db8:1:2:4::1"); ok {
		t.Error("a third connection of one IPv6 network stayed open")
	}
	for _, address := range []string{"127.0.0.1", "::1", "192.0.2.1", "198.51.100.77"} {
		for range 5 {
			if _, ok := open(t, c, address); !ok {
				t.Fatalf("%s: a connection was closed, although it stands for many people", address)
			}
		}
	}
}

func TestTotal(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	server.Config.ConnState = bounds.New(2, 2, nil).Observe
	server.Start()
	defer server.Close()
	ask := func() error {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		if _, err := conn.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n")); err != nil {
			return err
		}
		_, err = bufio.NewReader(conn).ReadString('\n')
		return err
	}
	for range 2 {
		if err := ask(); err != nil {
			t.Fatalf("a connection within the bound: %v", err)
		}
	}
	if err := ask(); err == nil {
		t.Error("a connection beyond the bound was answered")
	}
}
