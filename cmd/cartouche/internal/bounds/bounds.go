// Package bounds keeps open connections to a number that the machine can carry.
package bounds

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
)

// Connections counts the open connections of a server, and closes those beyond the bounds. Each costs memory and a file, and an idle one costs its
// owner nothing (slow-loris attacks); one source must not take those of all others. It is safe for concurrent use.
type Connections struct {
	total, perSource int
	trusted          []netip.Prefix // sources that stand for many people
	mu               sync.Mutex
	open             map[net.Conn]netip.Prefix
	bySource         map[netip.Prefix]int
}

// New allows so many connections in total, and so many from one source. Trusted sources, addresses or networks such as those of proxies, stand for many
// people and are bound by the total only, and so is loopback. What is neither address nor network is left out.
func New(total, perSource int, trusted []string) *Connections {
	return &Connections{total: total, perSource: perSource, trusted: prefixes(trusted), open: map[net.Conn]netip.Prefix{}, bySource: map[netip.Prefix]int{}}
}

// Observe is the server's ConnState hook. A connection beyond the bounds is closed before anything is read from it, and counted until the server lets it go.
func (c *Connections) Observe(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		if !c.admit(conn) {
			_ = conn.Close() // the server finds it closed
		}
	case http.StateClosed, http.StateHijacked:
		c.release(conn)
	case http.StateActive, http.StateIdle:
	}
}

func (c *Connections) admit(conn net.Conn) bool {
	source, bounded := c.source(conn)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open[conn] = source
	c.bySource[source]++
	return len(c.open) <= c.total && (!bounded || c.bySource[source] <= c.perSource)
}

func (c *Connections) release(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	source, ok := c.open[conn]
	if !ok {
		return
	}
	delete(c.open, conn)
	if c.bySource[source]--; c.bySource[source] == 0 {
		delete(c.bySource, source)
	}
}

// source groups connections: an IPv6 network of one customer counts as one. Loopback and trusted proxies bring the connections of many.
func (c *Connections) source(conn net.Conn) (source netip.Prefix, bounded bool) {
	address, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	if err != nil {
		return netip.Prefix{}, false
	}
	ip := address.Addr().Unmap().WithZone("")
	bits := 32
	if ip.Is6() {
		bits = 64
	}
	source, err = ip.Prefix(bits)
	trusted := ip.IsLoopback() || slices.ContainsFunc(c.trusted, func(p netip.Prefix) bool { return p.Contains(ip) })
	return source, err == nil && !trusted
}

func prefixes(texts []string) []netip.Prefix {
	var list []netip.Prefix
	for _, text := range texts {
		if p, err := netip.ParsePrefix(text); err == nil {
			list = append(list, p)
		} else if ip, err := netip.ParseAddr(text); err == nil {
			list = append(list, netip.PrefixFrom(ip, ip.BitLen()))
		}
	}
	return list
}
