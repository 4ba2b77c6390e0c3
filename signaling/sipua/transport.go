package sipua

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"

	"ringsplash/signaling/sipua/message"
)

const (
	dialTimeout  = 3 * time.Second
	writeTimeout = 5 * time.Second
	udpBuffer    = 4 << 20
	// maxDatagram is the largest UDP payload over IPv4. sipgo refuses what is
	// larger than UDPMTUSize-200; we let IP fragment instead.
	maxDatagram = 65507
)

// socket is one listening socket of ours.
type socket struct {
	network string // udp, tcp or tls
	addr    netip.AddrPort
	packet  *lanes
	stream  net.Listener
}

func (s *socket) close() error {
	if s.packet != nil {
		return s.packet.Close()
	}
	return s.stream.Close()
}

// setGlobals sets sipgo's package variables, which are not synchronised.
var setGlobals = sync.OnceFunc(func() {
	sip.UDPMTUSize = maxDatagram + 200
	sip.SetDefaultLogger(slog.New(slog.DiscardHandler))
})

func (u *UA) openSocket(l listener) (*socket, error) {
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
		return &socket{network: "udp", addr: c.LocalAddr().(*net.UDPAddr).AddrPort(), packet: newLanes(c, u.isRegular)}, nil
	}
	a, err := net.ResolveTCPAddr("tcp", l.address)
	if err != nil {
		return nil, fmt.Errorf("sipua: listen %s://%s: %w", l.network, l.address, err)
	}
	c, err := net.ListenTCP(family("tcp", a.IP), a)
	if err != nil {
		return nil, fmt.Errorf("sipua: listen %s://%s: %w: is another SIP program using the port?", l.network, l.address, err)
	}
	return &socket{
		network: l.network, addr: c.Addr().(*net.TCPAddr).AddrPort(),
		stream: &door{Listener: c, u: u, transport: l.network},
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

// setT1 sets the times of all transactions. Timer D must outlast the far end's
// repeats only (RFC 3261 17.1.1.2).
func setT1(t1 time.Duration) {
	sip.SetTimers(t1, 8*t1, 10*t1)
	sip.Timer_D = 64 * t1
}

// newSIP makes sipgo's layers for u.
func (u *UA) newSIP() error {
	quiet := slog.New(quietLog{u.log.Handler()})
	stack, err := sipgo.NewUA(
		sipgo.WithUserAgent(message.Product),
		sipgo.WithUserAgentParser(message.NewParser()),
		sipgo.WithUserAgentTransportLayerOptions(
			sip.WithTransportLayerLogger(quiet),
			sip.WithTransportLayerReadFilter(u.filter),
			sip.WithTransportLayerTransports(sip.TransportsConfig{TCP: neverDials(), TLS: &sip.TransportTLS{TransportTCP: neverDials()}}),
		),
		sipgo.WithUserAgentTransactionLayerOptions(
			sip.WithTransactionLayerLogger(quiet),
			sip.WithTransactionLayerUnhandledResponseHandler(u.strayResponse),
			// A caller whose TCP connection died would ring for ever otherwise.
			sip.WithTransactionLayerTerminateOnConnClose(),
		),
	)
	if err != nil {
		return fmt.Errorf("sipua: %w", err)
	}
	server, err := sipgo.NewServer(stack, sipgo.WithServerLogger(quiet))
	if err != nil {
		return fmt.Errorf("sipua: %w", err)
	}
	u.stack, u.server = stack, server
	u.route()
	return nil
}

// neverDials is a transport that uses the connections there are. UA.connect
// makes new ones, with a name to check and a bound on the time; sipgo would also
// dial the passing port of a phone that has gone.
func neverDials() *sip.TransportTCP {
	return &sip.TransportTCP{DialerCreate: func(net.Addr) net.Dialer {
		return net.Dialer{Control: func(string, string, syscall.RawConn) error { return errFlowGone }}
	}}
}

// filter is what sipgo gives every message to before it parses it. It refuses
// strangers; sipgo's reader has no recover of its own.
func (u *UA) filter(info sip.TransportReadProps, b []byte) (out []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			u.log.Error("sip: read filter failed", "panic", p, "source", info.RemoteAddr.String())
			out, err = nil, nil
		}
	}()
	b = bytes.TrimLeft(b, "\r\n") // RFC 3261 7.5
	if u.access != nil && !u.mayPass(info, b) || len(b) == 0 {
		return nil, nil
	}
	_, datagram := info.RemoteAddr.(*net.UDPAddr)
	if b = message.Mend(b, datagram); !u.first(info, b) {
		return nil, nil
	}
	return b, nil
}

// isRegular tells whether the messages of an address are read before those of
// strangers; all are when there is no access control.
func (u *UA) isRegular(ip netip.Addr) bool { return u.access == nil || u.access.knows(ip) }

// serve reads s until it is closed. A panic in the parser, which runs in this
// goroutine for UDP, costs one datagram.
func (u *UA) serve(s *socket) {
	defer u.work.Done()
	for {
		err := u.serveOnce(s)
		select {
		case <-u.stop.Done():
			return
		default:
		}
		if s.packet != nil && err == nil {
			continue // sweep interrupted it
		}
		u.log.Error("sip: listener stopped, starting it again", "listen", s.network+"://"+s.addr.String(), "error", err)
		select {
		case <-u.stop.Done():
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (u *UA) serveOnce(s *socket) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	if s.packet != nil {
		return u.server.ServeUDP(s.packet)
	}
	if s.network == "tls" {
		return u.server.ServeTLS(s.stream)
	}
	return u.server.ServeTCP(s.stream)
}

// stamp gives req what the transport needs: Via, User-Agent, destination.
func (u *UA) stamp(req *sip.Request, h hop) {
	at := u.advertise(h.sock, h.addr.Addr())
	via := &sip.ViaHeader{
		ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: sip.NetworkToUpper(h.transport),
		Host: at.Addr().String(), Port: int(at.Port()),
		Params: sip.HeaderParams{{K: "branch", V: u.stateless.key.NewBranch()}, {K: "rport"}},
	}
	req.PrependHeader(via)
	if req.GetHeader("User-Agent") == nil {
		req.AppendHeader(sip.NewHeader("User-Agent", message.Product))
	}
	if req.ContentLength() == nil {
		req.SetBody(req.Body())
	}
	h.address(req)
}

// address routes req over the hop without touching its headers.
func (h hop) address(req *sip.Request) {
	req.SetTransport(sip.NetworkToUpper(h.transport))
	req.SetDestination(h.addr.String())
	if h.transport == "udp" && h.sock != nil {
		req.Laddr = sip.Addr{IP: h.sock.addr.Addr().AsSlice(), Port: int(h.sock.addr.Port())}
	}
}

// request sends a stamped request in a client transaction of its own. It
// blocks for a connection, dialTimeout at most.
func (u *UA) request(req *sip.Request, h hop) (*sip.ClientTx, error) {
	if err := u.connect(h); err != nil {
		return nil, err
	}
	u.sending.RLock()
	defer u.sending.RUnlock()
	if u.stop.Err() != nil {
		return nil, errNoTx
	}
	ctx, cancel := context.WithTimeout(u.stop, dialTimeout)
	defer cancel()
	tx, err := u.stack.TransactionLayer().Request(ctx, req)
	if err != nil && req.Transport() == "UDP" && u.awaitSocket(ctx, h.sock) {
		tx, err = u.stack.TransactionLayer().Request(ctx, req)
	}
	return tx, err
}

// awaitSocket waits until sipgo knows a UDP socket of ours, which it does not at
// the start and after a sweep until the goroutine that serves it runs. It tells
// whether sipgo does.
func (u *UA) awaitSocket(ctx context.Context, s *socket) bool {
	pool := u.stack.TransportLayer().Pool("udp")
	for s != nil && pool != nil && ctx.Err() == nil {
		if c := pool.Get(s.addr.String()); c != nil {
			_, _ = c.TryClose() // the reference that Get took
			return true
		}
		select {
		case <-ctx.Done():
		case <-time.After(5 * time.Millisecond):
		}
	}
	return false
}

// do sends a request that is not an INVITE and waits for its final response.
func (u *UA) do(ctx context.Context, req *sip.Request, h hop) (*sip.Response, error) {
	u.stamp(req, h)
	tx, err := u.request(req, h)
	if err != nil {
		return nil, err
	}
	defer tx.Terminate()
	for {
		select {
		case res := <-tx.Responses():
			if !res.IsProvisional() {
				return res, nil
			}
		case <-tx.Done():
			return nil, errors.Join(errors.New("no answer"), tx.Err())
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// quietLog passes sipgo's log lines on as debug lines, without message bodies:
// what a stranger sends must not fill the log. What matters is logged by us.
type quietLog struct{ slog.Handler }

func (q quietLog) Enabled(ctx context.Context, _ slog.Level) bool {
	return q.Handler.Enabled(ctx, slog.LevelDebug)
}

func (q quietLog) Handle(ctx context.Context, r slog.Record) error {
	out := slog.NewRecord(r.Time, slog.LevelDebug, "sipgo: "+r.Message, r.PC)
	r.Attrs(func(a slog.Attr) bool {
		if a.Key != "data" {
			out.AddAttrs(a)
		}
		return true
	})
	return q.Handler.Handle(ctx, out)
}

func (q quietLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return quietLog{q.Handler.WithAttrs(attrs)}
}

func (q quietLog) WithGroup(name string) slog.Handler { return quietLog{q.Handler.WithGroup(name)} }
