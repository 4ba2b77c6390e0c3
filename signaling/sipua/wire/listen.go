package wire

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// udpBuffer is what the kernel is asked to keep for each UDP socket.
const udpBuffer = 4 << 20

// Socket is one listening socket of ours.
type Socket struct {
	Network string // udp, tcp or tls
	Addr    netip.AddrPort
	packet  *lanes
	stream  net.Listener
}

func (s *Socket) close() error {
	if s.packet != nil {
		return s.packet.Close()
	}
	return s.stream.Close()
}

// listener is one entry of Config.Listen.
type listener struct {
	network string // udp, tcp or tls
	address string // host:port
}

func parseListen(s string) (listener, error) {
	network, address, ok := strings.Cut(s, "://")
	if !ok || (network != "udp" && network != "tcp" && network != "tls") {
		return listener{}, fmt.Errorf("sipua: listen %q: write udp://host:port, tcp://host:port or tls://host:port", s)
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return listener{}, fmt.Errorf("sipua: listen %q: %w: write udp://host:port, tcp://host:port or tls://host:port", s, err)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return listener{}, fmt.Errorf("sipua: listen %q: the port must be 0 to 65535", s)
	}
	return listener{network, address}, nil
}

func (w *Sockets) openSocket(l listener) (*Socket, error) {
	if l.network == "udp" {
		a, err := net.ResolveUDPAddr("udp", l.address)
		if err != nil {
			return nil, fmt.Errorf("sipua: listen udp://%s: %w", l.address, err)
		}
		c, err := net.ListenUDP(family("udp", a.IP), a)
		if err != nil {
			return nil, fmt.Errorf("sipua: listen udp://%s: %w: is another SIP program using the port?", l.address, err)
		}
		_ = c.SetReadBuffer(udpBuffer) // the kernel caps it; less only means less burst
		_ = c.SetWriteBuffer(udpBuffer)
		return &Socket{Network: "udp", Addr: c.LocalAddr().(*net.UDPAddr).AddrPort(), packet: newLanes(c)}, nil
	}
	a, err := net.ResolveTCPAddr("tcp", l.address)
	if err != nil {
		return nil, fmt.Errorf("sipua: listen %s://%s: %w", l.network, l.address, err)
	}
	c, err := net.ListenTCP(family("tcp", a.IP), a)
	if err != nil {
		return nil, fmt.Errorf("sipua: listen %s://%s: %w: is another SIP program using the port?", l.network, l.address, err)
	}
	return &Socket{
		Network: l.network, Addr: c.Addr().(*net.TCPAddr).AddrPort(),
		stream: &door{Listener: c, w: w, transport: l.network},
	}, nil
}

// family keeps 0.0.0.0 an IPv4 socket: sipgo finds a socket by its exact
// address string, and Go would make it [::].
func family(network string, ip net.IP) string {
	if ip != nil && ip.To4() != nil {
		return network + "4"
	}
	return network
}
