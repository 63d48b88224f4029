package postgres_test

import (
	"net"
	"net/url"
	"sync"
	"testing"
)

// proxy stands between a store and its database, and can behave like a network that is down or a server that hangs.
type proxy struct {
	listener net.Listener
	target   string
	mu       sync.Mutex
	conns    map[net.Conn]bool
	down     bool
	hung     chan struct{} // not nil: nothing goes through until it is closed
}

// startProxy answers a proxy and the URL of the database through it.
func startProxy(t *testing.T, direct string) (*proxy, string) {
	t.Helper()
	address, err := url.Parse(direct)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: listener, target: address.Host, conns: make(map[net.Conn]bool)}
	var done sync.WaitGroup
	done.Go(p.accept)
	t.Cleanup(func() {
		listener.Close()
		p.goDown()
		done.Wait()
	})
	address.Host = listener.Addr().String()
	return p, address.String()
}

func (p *proxy) accept() {
	var pairs sync.WaitGroup
	defer pairs.Wait()
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil || !p.keep(client, server) {
			client.Close()
			continue
		}
		pairs.Go(func() { p.copy(client, server) })
		pairs.Go(func() { p.copy(server, client) })
	}
}

func (p *proxy) keep(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		if p.down {
			c.Close()
		} else {
			p.conns[c] = true
		}
	}
	return !p.down
}

func (p *proxy) copy(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 16<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		p.mu.Lock()
		hung := p.hung
		p.mu.Unlock()
		if hung != nil {
			<-hung
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// goDown cuts every connection and refuses new ones.
func (p *proxy) goDown() {
	p.resume()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = true
	for c := range p.conns {
		c.Close()
	}
	clear(p.conns)
}

// comeBack lets connections in again.
func (p *proxy) comeBack() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = false
}

// hang keeps what is sent to itself, until resume.
func (p *proxy) hang() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hung = make(chan struct{})
}

func (p *proxy) resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hung != nil {
		close(p.hung)
		p.hung = nil
	}
}
