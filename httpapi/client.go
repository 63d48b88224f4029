package httpapi

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

// unknownBucket is the one source that all requests of no known address share, such as those over a Unix socket: limits hold for them
// together rather than for none.
const unknownBucket = "unknown"

// maxUserAgent is how many bytes of a User-Agent are kept.
const maxUserAgent = 512

// client tells where a request comes from.
func (a *api) client(r *http.Request) auth.Client {
	agent := r.UserAgent()
	c := auth.Client{
		UserAgent: strings.ToValidUTF8(agent[:min(len(agent), maxUserAgent)], ""), // PostgreSQL takes no other text
		RequestID: requestID(r.Context()),
		Bucket:    unknownBucket,
	}
	if addr, ok := a.clientAddress(r); ok {
		c.Address = addr.String()
		c.Bucket, _ = auth.AddressBucket(c.Address)
	}
	if device, found, err := readCookie(r, a.device.Name); found && err == nil {
		c.Device = secret.NewText(device)
	}
	return c
}

// knowDevice makes the browser known to the account of a mailed link that was followed to its end, until the browser closes.
func (a *api) knowDevice(w http.ResponseWriter, r *http.Request, uid string) {
	if user, ok := auth.ParseUID(uid); ok {
		a.setCookie(w, a.device, a.svc.KnowDevice(user, a.client(r)).Reveal(), 0)
	}
}

// clientAddress is the peer of the connection, or, when that is a listed proxy, the right-most hop of X-Forwarded-For that is not a
// listed proxy. What stands further left was written by the client himself, so a made-up header moves nobody into another bucket (header
// spoofing); no other header is believed. Nor is X_Forwarded_For, which some servers take for the same name: net/http keeps the two apart.
func (a *api) clientAddress(r *http.Request) (netip.Addr, bool) {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}, false
	}
	client := plainAddr(peer.Addr())
	if !a.isProxy(client) { // most: nothing to take apart
		return client, true
	}
	hops := strings.Split(strings.Join(r.Header["X-Forwarded-For"], ","), ",")
	for _, hop := range slices.Backward(hops) {
		if !a.isProxy(client) {
			break
		}
		addr, ok := parseHop(hop)
		if !ok {
			break // a proxy that does not say where from: it counts as the client
		}
		client = addr
	}
	return client, true
}

func (a *api) isProxy(addr netip.Addr) bool {
	return slices.ContainsFunc(a.proxies, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// parseHop reads one entry of X-Forwarded-For; some proxies add the port.
func parseHop(hop string) (netip.Addr, bool) {
	hop = strings.TrimSpace(hop)
	addr, err := netip.ParseAddr(hop)
	if err != nil {
		var pair netip.AddrPort
		pair, err = netip.ParseAddrPort(hop)
		addr = pair.Addr()
	}
	return plainAddr(addr), err == nil
}

// plainAddr is one spelling for each address: an IPv4 address mapped into IPv6 is that IPv4 address, and a zone, which is a name that only this
// machine knows, is nothing.
func plainAddr(addr netip.Addr) netip.Addr { return addr.Unmap().WithZone("") }

// parseProxies reads addresses and networks of proxies.
func parseProxies(texts []string) ([]netip.Prefix, error) {
	var proxies []netip.Prefix
	var errs []error
	for _, text := range texts {
		prefix, err := parseProxy(text)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		proxies = append(proxies, prefix)
	}
	return proxies, errors.Join(errs...)
}

func parseProxy(text string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		addr, addrErr := netip.ParseAddr(text)
		if addrErr != nil || addr.Zone() != "" {
			return netip.Prefix{}, fmt.Errorf("%q: must be an address or a network such as 10.0.0.0/8", text)
		}
		prefix = netip.PrefixFrom(addr, addr.BitLen())
	}
	if prefix.Addr().Is4In6() && prefix.Bits() >= 96 {
		prefix = netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-96)
	}
	if prefix.Bits() == 0 {
		return netip.Prefix{}, fmt.Errorf("%q: is everybody, so anyone could write any address into X-Forwarded-For", text)
	}
	return prefix.Masked(), nil
}
