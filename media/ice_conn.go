package media

import (
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/transport/v2"
)

// inboxSize bounds the packets waiting for one ICE agent; more are dropped, so
// that a flood costs the flooded PeerConnection only.
const inboxSize = 64

// iceMux gives the ICE agent of one PeerConnection its share of the port. It is
// pion's UDPMux and TCPMux at once. It replaces pion's own, which sends every
// packet of a known address to its first owner and keeps a goroutine and a copy
// of each packet more.
type iceMux struct {
	port *browserPort
	peer *tabPeer
}

// Close does nothing: the port outlives the PeerConnection.
func (m *iceMux) Close() error { return nil }

// GetListenAddresses are the candidates' addresses.
func (m *iceMux) GetListenAddresses() []net.Addr {
	addrs := make([]net.Addr, 0, len(m.port.sockets))
	for _, s := range m.port.sockets {
		addrs = append(addrs, net.UDPAddrFromAddrPort(s.addr))
	}
	return addrs
}

// GetConn makes the UDP connection of ufrag on the listen address addr.
func (m *iceMux) GetConn(ufrag string, addr net.Addr) (net.PacketConn, error) {
	return m.conn(ufrag, addrPortOf(addr).Addr(), false)
}

// GetConnByUfrag makes the TCP side of ufrag on the listen address local.
func (m *iceMux) GetConnByUfrag(ufrag string, _ bool, local net.IP) (net.PacketConn, error) {
	ip, _ := netip.AddrFromSlice(local)
	return m.conn(ufrag, ip, true)
}

func (m *iceMux) conn(ufrag string, local netip.Addr, tcp bool) (net.PacketConn, error) {
	s := m.port.socket(local)
	if s == nil {
		return nil, net.ErrClosed
	}
	c := &iceConn{
		socket: s, peer: m.peer, ufrag: ufrag, tcp: tcp,
		inbox: make(chan *inboxPacket, inboxSize), done: make(chan struct{}),
	}
	if err := s.join(c); err != nil {
		return nil, err
	}
	return c, nil
}

// RemoveConnByUfrag makes ufrag unknown: an ICE restart or the end.
func (m *iceMux) RemoveConnByUfrag(ufrag string) {
	for _, s := range m.port.sockets {
		for _, tcp := range []bool{false, true} {
			s.mu.RLock()
			c := s.agents[iceKey{ufrag, tcp}]
			s.mu.RUnlock()
			if c != nil && c.peer == m.peer {
				_ = c.Close()
			}
		}
	}
}

// iceConn is one ICE agent's view of one socket: what comes for its user name
// and from the addresses it proved.
type iceConn struct {
	socket *browserSocket
	peer   *tabPeer
	ufrag  string
	tcp    bool

	inbox chan *inboxPacket
	once  sync.Once
	done  chan struct{}
}

type inboxPacket struct {
	from net.Addr
	n    int
	b    [maxPacket]byte
}

var inboxPackets = sync.Pool{New: func() any { return new(inboxPacket) }}

// deliver hands a copy of pkt to the agent, or drops it when too many wait.
func (c *iceConn) deliver(pkt []byte, from netip.AddrPort) {
	select {
	case <-c.done:
		return
	default:
	}
	p := inboxPackets.Get().(*inboxPacket)
	p.n = copy(p.b[:], pkt)
	if c.tcp {
		p.from = net.TCPAddrFromAddrPort(from)
	} else {
		p.from = net.UDPAddrFromAddrPort(from)
	}
	select {
	case c.inbox <- p:
	default:
		inboxPackets.Put(p)
	}
}

// ReadFrom waits for the next packet; io.EOF after Close.
func (c *iceConn) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case p := <-c.inbox:
		n, from := copy(b, p.b[:p.n]), p.from
		inboxPackets.Put(p)
		return n, from, nil
	case <-c.done:
		return 0, nil, io.EOF
	}
}

// WriteTo sends b. A success answer proves the address it goes to: the agent
// sends one only after the check's password was right.
func (c *iceConn) WriteTo(b []byte, to net.Addr) (int, error) {
	select {
	case <-c.done:
		return 0, io.ErrClosedPipe
	default:
	}
	addr := addrPortOf(to)
	if !c.tcp {
		if isStunSuccess(b) {
			c.socket.prove(c, addr)
		}
		return c.socket.udp.WriteToUDPAddrPort(b, addr)
	}
	link := c.socket.link(addr)
	if link == nil {
		return 0, io.ErrClosedPipe
	}
	if isStunSuccess(b) {
		link.prove(c)
	}
	return len(b), link.send(b)
}

// Close ends the connection; later calls do nothing.
func (c *iceConn) Close() error {
	c.once.Do(func() {
		close(c.done)
		c.socket.leave(c)
	})
	return nil
}

// LocalAddr is the listen address.
func (c *iceConn) LocalAddr() net.Addr {
	if c.tcp {
		return net.TCPAddrFromAddrPort(c.socket.addr)
	}
	return net.UDPAddrFromAddrPort(c.socket.addr)
}

// SetDeadline does nothing: Close ends a waiting ReadFrom.
func (c *iceConn) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing.
func (c *iceConn) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing.
func (c *iceConn) SetWriteDeadline(time.Time) error { return nil }

func addrPortOf(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case *net.UDPAddr:
		return unmapped(a.AddrPort())
	case *net.TCPAddr:
		return unmapped(a.AddrPort())
	}
	return netip.AddrPort{}
}

// portNet shows the ICE agents one interface that has our listen addresses and
// nothing else, so that they need not ask the kernel for each PeerConnection.
type portNet struct {
	transport.Net
	iface *transport.Interface
}

func newPortNet(base transport.Net, p *browserPort) *portNet {
	iface := transport.NewInterface(net.Interface{Index: 1, MTU: maxPacket, Name: "ice", Flags: net.FlagUp | net.FlagLoopback})
	for _, s := range p.sockets {
		ip := net.IP(s.addr.Addr().AsSlice())
		iface.AddAddress(&net.IPNet{IP: ip, Mask: net.CIDRMask(8*len(ip), 8*len(ip))})
	}
	return &portNet{Net: base, iface: iface}
}

// Interfaces is the one interface.
func (n *portNet) Interfaces() ([]*transport.Interface, error) {
	return []*transport.Interface{n.iface}, nil
}
