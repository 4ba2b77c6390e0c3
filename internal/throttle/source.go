// Package throttle slows down who asks too often: what counts as one sender, a
// bucket for each of them, and tables that never grow above a bound.
package throttle

import "net/netip"

// Source is what counts as one sender: an IPv4 address, or the IPv6 /64 that
// one customer has at least. It is comparable.
type Source netip.Addr

// SourceOf is where a belongs; an address that is none has the zero Source.
func SourceOf(a netip.Addr) Source {
	a = a.Unmap().WithZone("")
	if a.Is6() {
		a = netip.PrefixFrom(a, 64).Masked().Addr()
	}
	return Source(a)
}

// String is the address, with /64 behind one of IPv6.
func (s Source) String() string {
	if a := netip.Addr(s); a.Is6() {
		return netip.PrefixFrom(a, 64).String()
	}
	return netip.Addr(s).String()
}
