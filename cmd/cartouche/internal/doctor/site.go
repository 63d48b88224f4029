package doctor

import (
	"net/netip"
	"net/url"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// site is what browsers take for one site: the scheme, and the name that somebody registered. Addresses, and names without a dot, are sites of their own.
func site(u *url.URL) string {
	host := u.Hostname()
	if _, err := netip.ParseAddr(host); err == nil {
		return u.Scheme + "://" + host
	}
	if name, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		host = name
	}
	return u.Scheme + "://" + host
}

// relation is what Sec-Fetch-Site says of a request from one to the other.
func relation(app, auth *url.URL) string {
	switch {
	case origin(app) == origin(auth):
		return sameOrigin
	case site(app) == site(auth):
		return sameSite
	default:
		return crossSite
	}
}

// The relations of two origins.
const (
	sameOrigin = "same-origin"
	sameSite   = "same-site"
	crossSite  = "cross-site"
)

func loopback(u *url.URL) bool {
	host := u.Hostname()
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || (err == nil && addr.IsLoopback())
}
