package media

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"ringsplash/media/sdp"
)

const (
	// portTries bounds the search for a number that is free on UDP and TCP alike.
	portTries = 50
	// udpBuffer is asked of the kernel for the socket of all browsers.
	udpBuffer = 1 << 21
	// routeKeep is how long an address stays with the connection that proved
	// it last, whoever else claims it. Browsers check each 2.5 s or more often.
	routeKeep = 5 * time.Second
	// routesPerPeer bounds the addresses one PeerConnection may prove.
	routesPerPeer = 16
)

// browserPort is the one UDP and TCP port all browsers send to. It reads every
// datagram and tells what it is by its first byte (RFC 7983 7):
//
//   - STUN requests go to the ICE agent their user name asks for, other STUN to
//     the agent that proved the sender's address;
//   - DTLS from a proven address goes to that PeerConnection;
//   - RTP and RTCP from a proven address go straight to the tab's End, in the
//     goroutine that read it. (The PeerConnection has no streams: it would keep
//     them unread. Those of video will be its own.)
//   - everything else is dropped.
//
// An address is proven when the agent answers a check from it with success,
// which needs the password of the session description.
type browserPort struct {
	loop    *Loop
	sockets []*browserSocket
}

// browserSocket is the port on one listen address.
type browserSocket struct {
	port *browserPort
	addr netip.AddrPort
	udp  *net.UDPConn
	tcp  *net.TCPListener

	mu     sync.RWMutex
	agents map[iceKey]*iceConn
	routes map[netip.AddrPort]*route // UDP only; a TCP connection knows its own
	links  map[netip.AddrPort]*tcpLink
	closed bool
}

// iceKey finds the agent a STUN request is for.
type iceKey struct {
	ufrag string
	tcp   bool
}

// route is whose address it is. seen is when the agent last proved it.
type route struct {
	conn *iceConn
	seen time.Time
}

// listenBrowsers binds the port on each listen address, UDP and TCP, and starts
// to read. Number 0 is the kernel's choice, the same for all.
func listenBrowsers(l *Loop) (*browserPort, error) {
	var last error
	for range portTries {
		p := &browserPort{loop: l}
		if last = p.bind(l.cfg.Listen, l.cfg.WebRTCPort); last == nil {
			for _, s := range p.sockets {
				l.run("browsers, UDP", s.readUDP)
				l.run("browsers, TCP", s.acceptTCP)
			}
			return p, nil
		}
		p.close()
		if l.cfg.WebRTCPort != 0 {
			break
		}
	}
	return nil, fmt.Errorf("media: cannot open the port of the browsers: %w: choose another media.webrtc_port or stop what uses it",
		last)
}

func (p *browserPort) bind(addrs []netip.Addr, number int) error {
	for _, a := range addrs {
		a = a.Unmap()
		family := "4"
		if a.Is6() {
			family = "6"
		}
		udp, err := net.ListenUDP("udp"+family, net.UDPAddrFromAddrPort(netip.AddrPortFrom(a, uint16(number))))
		if err != nil {
			return err
		}
		_ = udp.SetReadBuffer(udpBuffer) // less is only worse in a burst
		_ = udp.SetWriteBuffer(udpBuffer)
		number = udp.LocalAddr().(*net.UDPAddr).Port
		s := &browserSocket{
			port: p, udp: udp, addr: netip.AddrPortFrom(a, uint16(number)),
			agents: map[iceKey]*iceConn{}, routes: map[netip.AddrPort]*route{}, links: map[netip.AddrPort]*tcpLink{},
		}
		p.sockets = append(p.sockets, s)
		if s.tcp, err = net.ListenTCP("tcp"+family, net.TCPAddrFromAddrPort(s.addr)); err != nil {
			return err
		}
	}
	return nil
}

// close closes the sockets, so that their readers return.
func (p *browserPort) close() {
	for _, s := range p.sockets {
		s.mu.Lock()
		s.closed = true
		links := make([]*tcpLink, 0, len(s.links))
		for _, l := range s.links {
			links = append(links, l)
		}
		s.mu.Unlock()
		_ = s.udp.Close()
		if s.tcp != nil {
			_ = s.tcp.Close()
		}
		for _, l := range links {
			l.close()
		}
	}
}

// socket is the one that listens on ip, nil if there is none.
func (p *browserPort) socket(ip netip.Addr) *browserSocket {
	for _, s := range p.sockets {
		if s.addr.Addr() == ip.Unmap() {
			return s
		}
	}
	return nil
}

func (s *browserSocket) readUDP() {
	buf := make([]byte, maxPacket)
	for {
		n, from, err := s.udp.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // an ICMP error of some peer; the socket is fine
		}
		if s.stranger(from.Addr()) {
			continue
		}
		s.datagram(buf[:n], unmapped(from))
	}
}

// stranger tells that from is another computer and those are not served. The
// kernel takes no packet from outside that bears an address of ours.
func (s *browserSocket) stranger(from netip.Addr) bool {
	return s.port.loop.cfg.OwnComputer && from.Unmap() != s.addr.Addr()
}

// datagram handles one datagram; pkt is free for re-use when it returns.
func (s *browserSocket) datagram(pkt []byte, from netip.AddrPort) {
	defer s.port.loop.recovered("a packet from a browser")
	switch kindOf(pkt) {
	case kindSTUN:
		conn := s.requested(pkt, false)
		if conn == nil {
			conn = s.routed(from)
		}
		if conn != nil {
			conn.deliver(pkt, from)
		}
	case kindRTP:
		if conn := s.routed(from); conn != nil {
			conn.peer.receiveRTP(pkt)
		}
	case kindRTCP:
		if conn := s.routed(from); conn != nil {
			conn.peer.receiveRTCP(pkt)
		}
	case kindDTLS:
		if conn := s.routed(from); conn != nil {
			conn.peer.receiveDTLS(conn, pkt, from)
		}
	}
}

// requested is the agent that pkt, a STUN binding request, names.
func (s *browserSocket) requested(pkt []byte, tcp bool) *iceConn {
	ufrag := stunUfrag(pkt)
	if ufrag == nil {
		return nil
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.agents[iceKey{string(ufrag), tcp}]
}

// routed is the connection that proved from.
func (s *browserSocket) routed(from netip.AddrPort) *iceConn {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if r := s.routes[from]; r != nil {
		return r.conn
	}
	return nil
}

// prove notes that conn's agent found a valid check from addr. An address that
// another tab proved within routeKeep stays with that tab: a logged-in user
// that forges source addresses must not be able to take a call's packets away.
func (s *browserSocket) prove(conn *iceConn, addr netip.AddrPort) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.agents[iceKey{conn.ufrag, false}] != conn || conn.peer.over.Load() {
		return // closed meanwhile
	}
	r := s.routes[addr]
	switch {
	case r == nil:
		s.thin(conn.peer)
		s.routes[addr] = &route{conn: conn, seen: now}
	case r.conn == conn:
		r.seen = now
	case r.conn.peer.tab == conn.peer.tab || now.Sub(r.seen) > routeKeep:
		s.routes[addr] = &route{conn: conn, seen: now}
	}
}

// thin makes room for one more address of peer: the one proved longest ago goes.
func (s *browserSocket) thin(peer *tabPeer) {
	n, oldest := 0, netip.AddrPort{}
	for addr, r := range s.routes {
		if r.conn.peer != peer {
			continue
		}
		if n++; n == 1 || r.seen.Before(s.routes[oldest].seen) {
			oldest = addr
		}
	}
	if n >= routesPerPeer {
		delete(s.routes, oldest)
	}
}

// join makes conn reachable by its user name.
func (s *browserSocket) join(conn *iceConn) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := iceKey{conn.ufrag, conn.tcp}
	if s.closed || s.agents[key] != nil {
		return net.ErrClosed
	}
	s.agents[key] = conn
	return nil
}

// leave makes conn's user name unknown. What it proved stays until the
// PeerConnection ends or proves something newer: after an ICE restart the page
// sends from the old address until it has a new pair.
func (s *browserSocket) leave(conn *iceConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if key := (iceKey{conn.ufrag, conn.tcp}); s.agents[key] == conn {
		delete(s.agents, key)
	}
}

// forget takes away every address and TCP connection p proved.
func (p *browserPort) forget(peer *tabPeer) {
	for _, s := range p.sockets {
		var links []*tcpLink
		s.mu.Lock()
		for addr, r := range s.routes {
			if r.conn.peer == peer {
				delete(s.routes, addr)
			}
		}
		for _, l := range s.links {
			if c := l.conn.Load(); c != nil && c.peer == peer {
				links = append(links, l)
			}
		}
		s.mu.Unlock()
		for _, l := range links {
			l.close()
		}
	}
}

func unmapped(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

// candidates are the port's addresses as candidate attributes (RFC 8839 5.1,
// RFC 6544 4.5): each listen address and the public one it is known by, UDP
// before TCP. An address that means "all" is replaced by those of the interfaces.
func (p *browserPort) candidates() []string {
	var ips []netip.AddrPort
	for _, s := range p.sockets {
		public, mapped := p.loop.cfg.Public[s.addr.Addr()]
		if own := concrete(s.addr.Addr()); !mapped || !s.addr.Addr().IsUnspecified() {
			for _, ip := range own {
				ips = append(ips, netip.AddrPortFrom(ip, s.addr.Port()))
			}
		}
		if mapped {
			ips = append(ips, netip.AddrPortFrom(public, s.addr.Port()))
		}
	}
	var lines []string
	for _, tcp := range []bool{false, true} {
		for i, ip := range ips {
			lines = append(lines, sdp.Candidate(ip, i, tcp))
		}
	}
	return lines
}

// concrete is a, or what an unspecified a stands for: the addresses of the
// interfaces, loopback only if there is nothing else.
func concrete(a netip.Addr) []netip.Addr {
	if !a.IsUnspecified() {
		return []netip.Addr{a}
	}
	var global, loop []netip.Addr
	all, _ := net.InterfaceAddrs()
	for _, addr := range all {
		prefix, err := netip.ParsePrefix(addr.String())
		ip := prefix.Addr().Unmap()
		if err != nil || ip.Is4() != a.Is4() {
			continue
		}
		switch {
		case ip.IsLoopback():
			loop = append(loop, ip)
		case ip.IsGlobalUnicast():
			global = append(global, ip)
		}
	}
	if len(global) == 0 {
		return loop
	}
	return global
}
