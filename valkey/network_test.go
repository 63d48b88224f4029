package valkey_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/valkey"
)

// network stands between the server and its clients.
type network struct {
	address string // of the server, by way of this network
	silent  atomic.Bool
	mu      sync.Mutex
	open    []net.Conn
}

func newNetwork(t *testing.T, address string) *network {
	t.Helper()
	server, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host, n := server.Host, &network{}
	var work sync.WaitGroup
	work.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			onwards, err := net.Dial("tcp", host)
			if err != nil {
				t.Errorf("no server: %v", err)
				client.Close()
				return
			}
			n.mu.Lock()
			n.open = append(n.open, client, onwards)
			n.mu.Unlock()
			work.Go(func() { n.carry(onwards, client) })
			work.Go(func() { n.carry(client, onwards) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		n.cut()
		work.Wait()
	})
	server.Host = listener.Addr().String()
	n.address = server.String()
	return n
}

// carry loses what is sent while the network is silent.
func (n *network) carry(to io.WriteCloser, from io.Reader) {
	defer to.Close()
	buffer := make([]byte, 4096)
	for {
		size, err := from.Read(buffer)
		if err != nil {
			return
		}
		if n.silent.Load() {
			continue
		}
		if _, err := to.Write(buffer[:size]); err != nil {
			return
		}
	}
}

// cut ends every connection that there is.
func (n *network) cut() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, conn := range n.open {
		conn.Close()
	}
	n.open = nil
}

// A restart of the server refuses no honest sign-in afterwards.
func TestConnectionsThatWereCut(t *testing.T) {
	t.Parallel()
	address, _, ok := authtest.Valkey(t)
	if !ok {
		return
	}
	n := newNetwork(t, address)
	node := services(t, n.address)[0]
	var all sync.WaitGroup
	for range 8 { // at once, for several connections
		all.Go(func() {
			if err := guess(t, node, "correct horse 9"); err != nil {
				t.Errorf("before: %v", err)
			}
		})
	}
	all.Wait()
	n.cut()
	for range 3 {
		if err := guess(t, node, "correct horse 9"); err != nil {
			t.Errorf("after: %v", err)
		}
	}
}

// A line that was cut without a word is found out; a session that was ended elsewhere would otherwise live on here until the next look, for ever after.
func TestALineThatFellSilent(t *testing.T) {
	t.Parallel()
	address, _, ok := authtest.Valkey(t)
	if !ok {
		return
	}
	n := newNetwork(t, address)
	server := opened(t, n.address)
	if err := server.AwaitRevocation(t.Context()); err != nil { // the line is open now
		t.Fatal(err)
	}
	n.silent.Store(true)
	if err := server.AwaitRevocation(t.Context()); !errors.Is(err, auth.ErrUnavailable) {
		t.Errorf("AwaitRevocation: got %v, want ErrUnavailable", err)
	}
	n.silent.Store(false)
	if err := server.AwaitRevocation(t.Context()); err != nil {
		t.Errorf("AwaitRevocation on the next line: %v", err)
	}
}

// A line on which nothing happens is none that was cut: it stays open for longer than a cut one is borne.
func TestALineWithoutNews(t *testing.T) {
	t.Parallel()
	address, _, ok := authtest.Valkey(t)
	if !ok {
		return
	}
	server := opened(t, address)
	if err := server.AwaitRevocation(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	if err := server.AwaitRevocation(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("AwaitRevocation: got %v, want nothing until the deadline", err)
	}
}

// Who answers in the server's place without its certificate decides nothing, and learns no password (machine in the middle).
func TestSomebodyInTheMiddle(t *testing.T) {
	t.Parallel()
	stranger := httptest.NewUnstartedServer(nil)
	stranger.Config.ErrorLog = log.New(io.Discard, "", 0)
	stranger.StartTLS()
	t.Cleanup(stranger.Close)
	address := "valkeys://:canary@" + strings.TrimPrefix(stranger.URL, "https://")
	_, err := valkey.Open(t.Context(), secret.NewText(address))
	if !errors.Is(err, auth.ErrUnavailable) || !strings.Contains(err.Error(), "certificate") || strings.Contains(err.Error(), "canary") {
		t.Errorf("Open: got %v, want an error about the certificate that does not show the password", err)
	}
}
