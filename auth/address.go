package auth

import "net/netip"

// AddressBucket is the source that an address counts as: an IPv6 network of 64 bits is one, because whoever has one address of it has all (rotation). An
// IPv4 address that is mapped into IPv6 is that IPv4 address, and a zone, which is a name that only one machine knows, is nothing. False: it is no address.
func AddressBucket(address string) (string, bool) {
	addr, err := netip.ParseAddr(address)
	if err != nil {
		return "", false
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is4() {
		return addr.String(), true
	}
	return netip.PrefixFrom(addr, 64).Masked().String(), true
}
