package authtest

import (
	"context"
	"net"
	"net/url"
	"sync"
	"testing"
)

// Network stands between a store and its PostgreSQL, and can behave like a network that is cut or a server that hangs.
type Network struct {
	listener net.Listener
	target   string
	mu       sync.Mutex
	conns    map[net.Conn]bool
	down     bool
	hung     chan struct{} // not nil: nothing goes through until it is closed
}

// NewNetwork answers a network that lets everything through, and the URL of the database behind it. It is gone when the test ends.
func NewNetwork(tb testing.TB, direct string) (*Network, string) {
	tb.Helper()
	address, err := url.Parse(direct)
	if err != nil {
		tb.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	n := &Network{listener: listener, target: address.Host, conns: make(map[net.Conn]bool)}
	var done sync.WaitGroup
	done.Go(n.accept)
	tb.Cleanup(func() {
		listener.Close() //nolint:errcheck // it is cut, whatever it says
		n.GoDown()
		done.Wait()
	})
	address.Host = listener.Addr().String()
	return n, address.String()
}

func (n *Network) accept() {
	var pairs sync.WaitGroup
	defer pairs.Wait()
	for {
		client, err := n.listener.Accept()
		if err != nil {
			return
		}
		server, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", n.target)
		if err != nil || !n.keep(client, server) {
			client.Close() //nolint:errcheck // it is cut, whatever it says
			continue
		}
		pairs.Go(func() { n.copy(client, server) })
		pairs.Go(func() { n.copy(server, client) })
	}
}

func (n *Network) keep(conns ...net.Conn) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range conns {
		if n.down {
			c.Close() //nolint:errcheck // it is cut, whatever it says
		} else {
			n.conns[c] = true
		}
	}
	return !n.down
}

func (n *Network) copy(to, from net.Conn) {
	defer to.Close()   //nolint:errcheck // it is cut, whatever it says
	defer from.Close() //nolint:errcheck // it is cut, whatever it says
	buffer := make([]byte, 16<<10)
	for {
		count, err := from.Read(buffer)
		if err != nil {
			return
		}
		n.mu.Lock()
		hung := n.hung
		n.mu.Unlock()
		if hung != nil {
			<-hung
		}
		if _, err := to.Write(buffer[:count]); err != nil {
			return
		}
	}
}

// GoDown cuts every connection and refuses new ones.
func (n *Network) GoDown() {
	n.Resume()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.down = true
	for c := range n.conns {
		c.Close() //nolint:errcheck // it is cut, whatever it says
	}
	clear(n.conns)
}

// ComeBack lets connections in again.
func (n *Network) ComeBack() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.down = false
}

// Hang keeps what is sent to itself, until [Network.Resume].
func (n *Network) Hang() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hung = make(chan struct{})
}

// Resume lets go what was kept.
func (n *Network) Resume() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.hung != nil {
		close(n.hung)
		n.hung = nil
	}
}
