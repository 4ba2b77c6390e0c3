package config

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// earliest is a time all clocks that are set have passed.
	earliest = "2026-01-01"
	// ahead is how far the newest file in the data folder may be in the future.
	ahead = 2 * time.Minute
	// lookUpFor bounds the DNS.
	lookUpFor = 3 * time.Second
)

// Machine says what this machine does not give: ports in use, addresses that
// are not its own, a clock that is not set, a data folder that cannot be
// written, trunks whose names nobody knows. It binds each port for a moment; a
// gateway that runs on this configuration (running) has its ports itself. It
// blocks for the DNS.
func (c Config) Machine(ctx context.Context, running bool, now time.Time) []Fault {
	k := &checker{cfg: &c}
	p := probe{checker: k, running: running, told: map[netip.Addr]bool{}}
	p.tcp("http.listen", c.HTTP.Listen)
	if c.HTTP.Metrics != "" {
		p.tcp("http.metrics", c.HTTP.Metrics)
	}
	for i, l := range c.SIP.Listen {
		network := "tcp"
		if l.Transport == "udp" {
			network = "udp"
		}
		p.bind(fmt.Sprintf("sip.listen[%d]", i), network, l.Addr)
	}
	for i, a := range c.Media.Listen {
		p.media(i, a)
	}
	k.clock(now)
	k.writable(c.Data)
	for i, t := range c.Trunks {
		k.resolves(ctx, fmt.Sprintf("trunks[%d].address", i), t)
	}
	return k.faults
}

// probe binds what a gateway would.
type probe struct {
	*checker
	running bool
	told    map[netip.Addr]bool // not of this machine, said once
}

// tcp binds host:port; a host that is a name is the resolver's business.
func (p *probe) tcp(key, listen string) {
	host, port, err := net.SplitHostPort(listen)
	n, perr := strconv.ParseUint(port, 10, 16)
	addr, aerr := netip.ParseAddr(host)
	if err != nil || perr != nil || aerr != nil {
		if l, err := net.Listen("tcp", listen); err == nil {
			_ = l.Close()
		} else if !p.running {
			p.failed(key, "tcp", listen, err)
		}
		return
	}
	p.bind(key, "tcp", netip.AddrPortFrom(addr, uint16(n)))
}

// bind tries one address and tells why it cannot be had; false then.
func (p *probe) bind(key, network string, at netip.AddrPort) bool {
	if p.told[at.Addr()] {
		return false
	}
	if p.running {
		at = netip.AddrPortFrom(at.Addr(), 0) // is the address ours at least
	}
	err := try(network, at)
	if errors.Is(err, syscall.EADDRNOTAVAIL) {
		p.told[at.Addr()] = true
	}
	p.failed(key, network, at.String(), err)
	return err == nil
}

func try(network string, at netip.AddrPort) error {
	var socket io.Closer
	var err error
	if network == "udp" {
		socket, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
	} else {
		socket, err = net.ListenTCP("tcp", net.TCPAddrFromAddrPort(at))
	}
	if err == nil {
		_ = socket.Close()
	}
	return err
}

func (p *probe) failed(key, network, at string, err error) {
	switch {
	case err == nil:
	case errors.Is(err, syscall.EADDRINUSE):
		p.fault(key, "stop the program that has it (ss -lpn shows which), or choose another port", "%s port %s is in use", network, at)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		p.fault(key, "write one of "+strings.Join(ownAddresses(), ", "), "%s is not an address of this machine", at)
	case errors.Is(err, syscall.EACCES):
		p.fault(key, "choose a port from 1024 on, or give the program CAP_NET_BIND_SERVICE", "this user may not open %s port %s",
			network, at)
	default:
		p.fault(key, "correct the address", "%s port %s cannot be opened: %v", network, at, err)
	}
}

// media tries the browsers' port and one pair of the RTP range.
func (p *probe) media(i int, a netip.Addr) {
	key, m := fmt.Sprintf("media.listen[%d]", i), p.cfg.Media
	if !p.bind(key, "udp", netip.AddrPortFrom(a, 0)) || p.running {
		return
	}
	for _, network := range []string{"udp", "tcp"} {
		p.bind("media.webrtc_port", network, netip.AddrPortFrom(a, uint16(m.WebRTCPort)))
	}
	if m.RTPPorts == (PortRange{}) {
		return
	}
	var taken int
	for port := m.RTPPorts.Low; port <= m.RTPPorts.High; port++ {
		if try("udp", netip.AddrPortFrom(a, uint16(port))) != nil {
			taken++
		}
	}
	if all := m.RTPPorts.High - m.RTPPorts.Low + 1; taken > all/2 {
		p.fault("media.rtp_ports", "choose a range that no other program uses", "%d of its %d ports are in use on %s", taken, all, a)
	}
}

// ownAddresses are the addresses of this machine, IPv4 first as the kernel has them.
func ownAddresses() []string {
	var out []string
	all, err := net.InterfaceAddrs()
	if err != nil {
		return []string{"127.0.0.1"}
	}
	for _, a := range all {
		if p, err := netip.ParsePrefix(a.String()); err == nil && !p.Addr().IsLinkLocalUnicast() {
			out = append(out, p.Addr().String())
		}
	}
	return out
}

// clock finds a clock that was never set, or was set back: certificates,
// registrations and log-ins end at times.
func (k *checker) clock(now time.Time) {
	const remedy = "set the clock, best by a time service such as chrony"
	if limit, err := time.Parse(time.DateOnly, earliest); err == nil && now.Before(limit) {
		k.fault("", remedy, "this machine's clock says %s", now.UTC().Format(time.DateTime))
		return
	}
	files, err := os.ReadDir(k.cfg.Data)
	if err != nil {
		return // there is none yet
	}
	for _, f := range files {
		if info, err := f.Info(); err == nil && info.ModTime().After(now.Add(ahead)) {
			k.fault("data", remedy, "this machine's clock says %s, but %s was written at %s", now.UTC().Format(time.DateTime), f.Name(),
				info.ModTime().UTC().Format(time.DateTime))
			return
		}
	}
}

// writable tries to write into the folder, or into the nearest one above it
// that is there; it leaves nothing.
func (k *checker) writable(folder string) {
	const remedy = "let the user that runs ringsplash write there, or name another folder"
	if folder == "" {
		return // Check has told
	}
	at := folder
	for {
		info, err := os.Stat(at)
		switch {
		case err == nil && !info.IsDir():
			k.fault("data", "name a folder", "%s is a file", at)
			return
		case err == nil:
			f, err := os.CreateTemp(at, ".ringsplash-check-*")
			if err != nil {
				k.fault("data", remedy, "nothing can be written to %s: %v", at, errors.Unwrap(err))
				return
			}
			_ = f.Close()
			_ = os.Remove(f.Name())
			return
		case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR):
			k.fault("data", remedy, "%s cannot be reached: %v", folder, err)
			return
		}
		above := filepath.Dir(at)
		if above == at {
			return
		}
		at = above
	}
}

// resolves tells when a trunk's name has no address: the trunk could not be used
// until it has.
func (k *checker) resolves(ctx context.Context, key string, t Trunk) {
	uri, err := t.URI()
	if err != nil {
		return // Check has told
	}
	ctx, cancel := context.WithTimeout(ctx, lookUpFor)
	defer cancel()
	if uri.Port == 0 {
		service, protocol := "sip", t.Transport
		if protocol == "tls" {
			service, protocol = "sips", "tcp"
		}
		if _, found, err := net.DefaultResolver.LookupSRV(ctx, service, protocol, uri.Host); err == nil && len(found) > 0 {
			return // of its servers one may be missing today
		}
	}
	if _, err := net.DefaultResolver.LookupNetIP(ctx, "ip", uri.Host); err != nil {
		k.fault(key, "correct the name or the DNS, or write the address itself; until then the trunk is down",
			"%s has no address in the DNS: %v", uri.Host, err)
	}
}
