package trunk

import (
	"errors"
	"net/netip"
	"slices"
	"testing"
)

// What a look-up changes, and what it leaves.
func TestPlaces(t *testing.T) {
	at := netip.MustParseAddrPort
	a, b, c := at("192.0.2.1:5060"), at("192.0.2.2:5060"), at("192.0.2.3:5060")
	broken := errors.New("broken")
	p := newPlaces()
	for i, row := range []struct {
		found   []netip.AddrPort
		err     error
		changed bool
		good    bool // the name counts as found
		all     []netip.AddrPort
		moved   bool
	}{
		{nil, broken, false, false, nil, false},
		{[]netip.AddrPort{a}, broken, true, true, []netip.AddrPort{a}, true}, // second best is better than nothing
		{[]netip.AddrPort{a}, broken, false, true, []netip.AddrPort{a}, false},
		{[]netip.AddrPort{b, c}, nil, true, true, []netip.AddrPort{b, c}, true},
		{[]netip.AddrPort{a}, broken, false, false, []netip.AddrPort{b, c}, false}, // but not than what there was
		{nil, broken, false, false, []netip.AddrPort{b, c}, false},
		{[]netip.AddrPort{c, b}, nil, false, true, []netip.AddrPort{b, c}, false}, // weights shuffle
		{[]netip.AddrPort{a, b}, nil, true, true, []netip.AddrPort{b, a}, false},  // it stays where it is
		{[]netip.AddrPort{c, a}, nil, true, true, []netip.AddrPort{c, a}, true},   // until that is no more
	} {
		before := p.change()
		changed, wrong := p.took(row.found, row.err)
		all, _ := p.all()
		moved := before != p.change()
		if changed != row.changed || p.found() != row.good || (wrong == nil) != row.good || !slices.Equal(all, row.all) ||
			moved != row.moved {
			t.Errorf("row %d: changed %v, wrong %v, found %v, at %v, moved %v", i, changed, wrong, p.found(), all, moved)
		}
	}
}
