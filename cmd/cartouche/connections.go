package main

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
)

// Bounds of open connections. Each costs memory and a file, and idle ones cost their owner nothing (slow-loris attacks); one address must not
// take those of all others.
const (
	maxConnections          = 4096
	maxConnectionsPerSource = 100
)

// connections counts the open connections of a server by its ConnState hook, and closes those beyond the bounds.
type connections struct {
	total, perSource int
	trusted          []netip.Prefix // sources that stand for many people
	mu               sync.Mutex
	open             map[net.Conn]netip.Prefix
	bySource         map[netip.Prefix]int
}

func newConnections(total, perSource int, trusted []netip.Prefix) *connections {
	return &connections{total: total, perSource: perSource, trusted: trusted, open: map[net.Conn]netip.Prefix{}, bySource: map[netip.Prefix]int{}}
}

// observe is the hook. A connection beyond the bounds is closed before anything is read from it, and counted until the server lets it go.
func (c *connections) observe(conn net.Conn, state http.ConnState) {
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

func (c *connections) admit(conn net.Conn) bool {
	source, bounded := c.source(conn)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open[conn] = source
	c.bySource[source]++
	return len(c.open) <= c.total && (!bounded || c.bySource[source] <= c.perSource)
}

func (c *connections) release(conn net.Conn) {
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
func (c *connections) source(conn net.Conn) (source netip.Prefix, bounded bool) {
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

// prefixes reads addresses and networks; what is neither was reported when the settings were checked.
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
