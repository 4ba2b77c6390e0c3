package sipua

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/internal/keypair"
	"ringsplash/signaling/sipua/message"
	"ringsplash/signaling/sipua/registrar"
	"ringsplash/signaling/sipua/wire"
)

// trunk is a configured Trunk with what we learned of it.
type trunk struct {
	Trunk
	uri         sip.Uri
	transport   string
	credentials *credentials
	// places are where its name leads, named that it is a name at all, which is
	// looked up again and again; looked is closed after the first time.
	places *trunkPlaces
	named  bool
	looked chan struct{}
	// roots sign the trunk's certificate; nil means the system's.
	roots  *x509.CertPool
	health health
}

// newTrunk takes a checked configuration. It reads the trunk's CA.
func newTrunk(c Trunk) (*trunk, error) {
	t := &trunk{
		Trunk: c, transport: c.Transport, credentials: newCredentials(c.Register), health: health{since: time.Now()},
		places: newTrunkPlaces(), looked: make(chan struct{}),
	}
	t.uri, _ = message.ParseURI(c.Address) // validate has read it already
	if t.transport == "" {
		t.transport, _ = message.Transport(t.uri, "udp")
	}
	if ip, err := netip.ParseAddr(strings.Trim(t.uri.Host, "[]")); err == nil {
		t.places = newTrunkPlaces(netip.AddrPortFrom(ip.Unmap(), message.Port(t.transport, t.uri.Port)))
		close(t.looked)
	} else {
		t.named, t.health.found = true, errNotLookedUp
	}
	if aor := t.account(); aor != "" {
		if uri, err := message.ParseURI(aor); err != nil || uri.Scheme != "sip" {
			return nil, fmt.Errorf("sipua: trunk %s: aor %q is not a sip: address", c.Name, aor)
		}
	}
	if c.CA != "" {
		var err error
		if t.roots, err = keypair.Roots(c.CA); err != nil {
			return nil, fmt.Errorf("trunk %s: %w", c.Name, err)
		}
	}
	return t, nil
}

// hop is the way to the trunk's current address, or to the next one that is not
// among passed. It does not block: see followTrunk.
func (t *trunk) hop(u *UA, passed ...netip.AddrPort) (wire.Hop, error) {
	all, err := t.places.all()
	if err != nil {
		return wire.Hop{}, err
	}
	for _, at := range all {
		if !slices.Contains(passed, at) {
			return t.hopTo(u, at), nil
		}
	}
	return wire.Hop{}, errors.New("it has no other address")
}

func (t *trunk) hopTo(u *UA, at netip.AddrPort) wire.Hop {
	return wire.Hop{
		Transport: t.transport, Addr: at, Sock: u.wire.SocketFor(t.transport, "", at.Addr()), Host: t.uri.Host,
		Roots: t.roots,
	}
}

// at tells whether addr is one of the trunk's own. A trunk over UDP gets large
// requests by TCP.
func (t *trunk) at(addr netip.AddrPort, transport string) bool {
	if transport != t.transport && (t.transport != "udp" || transport != "tcp") {
		return false
	}
	return t.places.has(func(own netip.AddrPort) bool { return own == addr })
}

// sends tells whether what comes from source comes from the trunk: from one of
// its exact addresses over UDP; over TCP, where the port is a passing one, from
// one of its IP addresses.
func (t *trunk) sends(source netip.AddrPort, transport string) bool {
	return transport == t.transport && t.places.has(func(own netip.AddrPort) bool {
		return own.Addr() == source.Addr() && (transport != "udp" || own.Port() == source.Port())
	})
}

// account is who we are at a trunk that we register at, "" at others.
func (t *trunk) account() string {
	switch {
	case t.Register.User == "":
		return ""
	case t.AOR != "":
		return t.AOR
	}
	return "sip:" + message.EscapeUser(t.Register.User) + "@" + t.uri.Host
}

// takesIdentity tells whether P-Asserted-Identity may go to the trunk.
func (t *trunk) takesIdentity(transport string) bool {
	return t.TrustIdentity && (transport != "udp" || t.TrustUDP)
}

// peer tells which trunk sends from source.
func (u *UA) peer(source netip.AddrPort, transport string) (registrar.TrunkPeer, bool) {
	for _, c := range u.cfg.Trunks { // in the order of the configuration
		if t := u.trunks[c.Name]; t.sends(source, transport) {
			return registrar.TrunkPeer{Name: t.Name, TrustIdentity: t.TrustIdentity, TrustUDP: t.TrustUDP}, true
		}
	}
	return registrar.TrunkPeer{}, false
}
