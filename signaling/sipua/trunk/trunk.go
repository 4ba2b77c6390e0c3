// Package trunk knows the PBXs and carriers that calls come from and go to:
// where each of them is, whether it answers, and our registration there.
package trunk

import (
	"cmp"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/internal/keypair"
	"ringsplash/signaling/sipua/message"
	"ringsplash/signaling/sipua/wire"
)

// Config is one PBX or carrier.
type Config struct {
	// Name is what Invite.Trunk and policy.Identity.Trunk say.
	Name string
	// Address is where the trunk listens and sends from ("sip:192.0.2.5:5060").
	Address string
	// Transport is udp, tcp or tls; "" means udp. Over TLS the trunk's
	// certificate must name the host of Address.
	Transport string
	// CA is a PEM file of who signs the trunk's certificate; "" means those the
	// system trusts.
	CA string
	// Ping is how often it is asked whether it is there; 0 for never.
	Ping time.Duration
	// Register holds the credentials; with a user the trunk is registered to
	// and its challenges are answered. The zero value does neither.
	Register Credentials
	// AOR is who we register as ("sip:alice@example.test"); "" means the
	// credentials' user at the trunk's host. Instance is our +sip.instance
	// there (RFC 5626 4.1, "urn:uuid:..."), "" for none. With it, and over TCP or
	// TLS, the registration is bound to the connection (RFC 5626 4.2).
	AOR, Instance string
	// TrustIdentity takes the trunk's P-Asserted-Identity and gives it ours
	// (RFC 3325), over UDP only with TrustUDP.
	TrustIdentity, TrustUDP bool
}

// Trunk is a configured trunk with what we learned of it. Its methods may be
// called from any goroutine, and do not block.
type Trunk struct {
	Config
	// Account is who we are at a trunk that we register at, "" at others.
	Account string
	// Roots sign the trunk's certificate; nil means the system's.
	Roots *x509.CertPool

	agent       Agent
	log         *slog.Logger
	uri, aor    sip.Uri
	credentials *credentials
	// places are where its name leads, named that it is a name at all, which is
	// looked up again and again; looked is closed after the first time.
	places *places
	named  bool
	looked chan struct{}
	health health
}

func newTrunk(c Config, a Agent) (*Trunk, error) {
	t := &Trunk{
		Config: c, agent: a, log: a.Log.With("trunk", c.Name), credentials: newCredentials(c.Register),
		health: health{since: time.Now()}, places: newPlaces(), looked: make(chan struct{}),
	}
	var err error
	if t.uri, err = message.ParseURI(c.Address); err != nil {
		return nil, fmt.Errorf("address: %w", err)
	}
	switch t.Transport {
	case "":
		t.Transport, _ = message.Transport(t.uri, "udp")
	case "udp", "tcp", "tls":
	default:
		return nil, fmt.Errorf("transport %q is not known: write udp, tcp or tls", t.Transport)
	}
	if c.Register.User != "" {
		t.Account = cmp.Or(c.AOR, "sip:"+message.EscapeUser(c.Register.User)+"@"+t.uri.Host)
		if t.aor, err = message.ParseURI(t.Account); err != nil || t.aor.Scheme != "sip" {
			return nil, fmt.Errorf("aor %q is not a sip: address", t.Account)
		}
	}
	if ip, err := netip.ParseAddr(strings.Trim(t.uri.Host, "[]")); err == nil {
		t.places = newPlaces(netip.AddrPortFrom(ip.Unmap(), message.Port(t.Transport, t.uri.Port)))
		close(t.looked)
	} else {
		t.named, t.health.found = true, errNotLookedUp
	}
	if c.CA != "" {
		t.Roots, err = keypair.Roots(c.CA)
	}
	return t, err
}

// Hop is the way to the trunk's current address, or to the next one that is not
// among passed.
func (t *Trunk) Hop(passed ...netip.AddrPort) (wire.Hop, error) {
	all, err := t.places.all()
	if err != nil {
		return wire.Hop{}, err
	}
	for _, at := range all {
		if !slices.Contains(passed, at) {
			return t.hopTo(at), nil
		}
	}
	return wire.Hop{}, errors.New("it has no other address")
}

func (t *Trunk) hopTo(at netip.AddrPort) wire.Hop {
	return wire.Hop{
		Transport: t.Transport, Addr: at, Sock: t.agent.Wire.SocketFor(t.Transport, "", at.Addr()), Host: t.uri.Host,
		Roots: t.Roots,
	}
}

// Pass makes requests go to the trunk's next address, when at is the one they go
// to now and takes nothing.
func (t *Trunk) Pass(at netip.AddrPort) { t.places.pass(at) }

// Number is the URI of a telephone number at the trunk (RFC 3261 19.1.6).
func (t *Trunk) Number(tel sip.Uri) sip.Uri {
	number, _, _ := strings.Cut(tel.Raw(), ";")
	return sip.Uri{
		Scheme: "sip", User: message.EscapeUser(number), Host: t.uri.Host, Port: t.uri.Port,
		UriParams: sip.HeaderParams{{K: "user", V: "phone"}},
	}
}

// IsNamed tells whether uri leads where the trunk's name does.
func (t *Trunk) IsNamed(uri sip.Uri) bool {
	return t.named && uri.Port == t.uri.Port && strings.EqualFold(uri.Host, t.uri.Host)
}

// sends tells whether what comes from there comes from the trunk: from one of
// its exact addresses over UDP; over TCP, where the port is a passing one, from
// one of its IP addresses.
func (t *Trunk) sends(from message.Flow) bool {
	return from.Transport == t.Transport && t.places.has(func(own netip.AddrPort) bool {
		return own.Addr() == from.Peer.Addr() && (from.Transport != "udp" || own.Port() == from.Peer.Port())
	})
}

// Speaks tells whether requests of the trunk's dialogs may come from there:
// where the trunk sends from, and over TCP too, which a peer takes for requests
// that are too large for UDP (RFC 3261 18.1.1).
func (t *Trunk) Speaks(from message.Flow) bool {
	return t.sends(from) || t.Transport == "udp" && from.Transport == "tcp" &&
		t.places.has(func(own netip.AddrPort) bool { return own.Addr() == from.Peer.Addr() })
}

// TakesIdentity tells whether P-Asserted-Identity may go to the trunk.
func (t *Trunk) TakesIdentity(transport string) bool {
	return t.TrustIdentity && (transport != "udp" || t.TrustUDP)
}
