package sipua

import (
	"crypto/x509"
	"fmt"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"
)

// trunk is a configured Trunk with what we learned of it.
type trunk struct {
	Trunk
	uri       sip.Uri
	transport string
	purse     *purse
	// found is the address the name last resolved to.
	found atomic.Pointer[netip.AddrPort]
	// roots sign the trunk's certificate; nil means the system's.
	roots  *x509.CertPool
	health health
}

// newTrunk takes a checked configuration. It reads the trunk's CA.
func newTrunk(c Trunk) (*trunk, error) {
	t := &trunk{Trunk: c, transport: c.Transport, purse: newPurse(c.Register), health: health{since: time.Now()}}
	t.uri, _ = parseTarget(c.Address) // validate has read it already
	if t.transport == "" {
		t.transport, _ = transportOf(t.uri, "udp")
	}
	if ip, err := netip.ParseAddr(strings.Trim(t.uri.Host, "[]")); err == nil {
		at := netip.AddrPortFrom(ip.Unmap(), orPort(t.transport, t.uri.Port))
		t.found.Store(&at)
	}
	if c.CA != "" {
		var err error
		if t.roots, err = readRoots(c.CA); err != nil {
			return nil, fmt.Errorf("trunk %s: %w", c.Name, err)
		}
	}
	return t, nil
}

// hop resolves the trunk. It blocks for the DNS unless its address is literal.
func (t *trunk) hop(u *UA) (hop, error) {
	at, err := resolve(u.stop, t.transport, t.uri)
	if err != nil {
		return hop{}, err
	}
	t.found.Store(&at)
	return hop{transport: t.transport, addr: at, sock: u.socketFor(t.transport, "", at.Addr()), host: t.uri.Host, roots: t.roots}, nil
}

// at tells whether addr is the trunk's own address. A trunk over UDP gets large
// requests by TCP.
func (t *trunk) at(addr netip.AddrPort, transport string) bool {
	found := t.found.Load()
	return found != nil && *found == addr && (transport == t.transport || t.transport == "udp" && transport == "tcp")
}

// account is who we are at a trunk that we register at, "" at others.
func (t *trunk) account() string {
	switch {
	case t.Register.User == "":
		return ""
	case t.AOR != "":
		return t.AOR
	}
	return "sip:" + escapeUser(t.Register.User) + "@" + t.uri.Host
}

// takesIdentity tells whether P-Asserted-Identity may go to the trunk.
func (t *trunk) takesIdentity(transport string) bool {
	return t.TrustIdentity && (transport != "udp" || t.TrustUDP)
}

// peer tells which trunk sends from source: its exact address over UDP; over
// TCP, where the port is a passing one, its IP address.
func (u *UA) peer(source netip.AddrPort, transport string) (TrunkPeer, bool) {
	for _, c := range u.cfg.Trunks { // in the order of the configuration
		t := u.trunks[c.Name]
		found := t.found.Load()
		if found == nil || transport != t.transport || found.Addr() != source.Addr() {
			continue
		}
		if transport == "udp" && found.Port() != source.Port() {
			continue
		}
		return TrunkPeer{Name: t.Name, TrustIdentity: t.TrustIdentity, TrustUDP: t.TrustUDP}, true
	}
	return TrunkPeer{}, false
}
