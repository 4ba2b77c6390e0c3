package wire

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/signaling/sipua/message"
)

const (
	dialTimeout  = 3 * time.Second
	writeTimeout = 5 * time.Second
)

var errStopped = errors.New("the user agent closed")

// Stamp gives req what the transport needs: Via, User-Agent, destination.
func (w *Sockets) Stamp(req *sip.Request, h Hop) {
	at := w.advertise(h.Sock, h.Addr.Addr())
	via := &sip.ViaHeader{
		ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: sip.NetworkToUpper(h.Transport),
		Host: at.Addr().String(), Port: int(at.Port()),
		Params: sip.HeaderParams{{K: "branch", V: w.Key.NewBranch()}, {K: "rport"}},
	}
	req.PrependHeader(via)
	if req.GetHeader("User-Agent") == nil {
		req.AppendHeader(sip.NewHeader("User-Agent", message.Product))
	}
	if req.ContentLength() == nil {
		req.SetBody(req.Body())
	}
	h.Address(req)
}

// Address routes req over the hop without touching its headers.
func (h Hop) Address(req *sip.Request) {
	req.SetTransport(sip.NetworkToUpper(h.Transport))
	req.SetDestination(h.Addr.String())
	if h.Transport == "udp" && h.Sock != nil {
		req.Laddr = sip.Addr{IP: h.Sock.Addr.Addr().AsSlice(), Port: int(h.Sock.Addr.Port())}
	}
}

// Request sends a stamped request in a client transaction of its own. It
// blocks for a connection, dialTimeout at most.
func (w *Sockets) Request(req *sip.Request, h Hop) (*sip.ClientTx, error) {
	if err := w.Connect(h); err != nil {
		return nil, err
	}
	w.sending.RLock()
	defer w.sending.RUnlock()
	if w.stop.Err() != nil {
		return nil, errStopped
	}
	ctx, cancel := context.WithTimeout(w.stop, dialTimeout)
	defer cancel()
	return w.stack.TransactionLayer().Request(ctx, req)
}

// Do sends a request that is not an INVITE and waits for its final response.
func (w *Sockets) Do(ctx context.Context, req *sip.Request, h Hop) (*sip.Response, error) {
	w.Stamp(req, h)
	tx, err := w.Request(req, h)
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

// LocalOf is the address of ours that req came to, as its socket knows it; ""
// when the connection is gone.
func (w *Sockets) LocalOf(req *sip.Request) string {
	pool := w.stack.TransportLayer().Pool(req.Transport())
	if pool == nil {
		return ""
	}
	c := pool.Get(req.Source())
	if c == nil {
		return ""
	}
	defer func() { _, _ = c.TryClose() }()
	return c.LocalAddr().String()
}

// Reply sends a datagram from one of our sockets, without a transaction.
func (w *Sockets) Reply(local, remote net.Addr, answer []byte) {
	at, _ := message.PeerOf(local)
	for _, s := range w.socks {
		if s.packet != nil && netip.AddrPortFrom(s.Addr.Addr().Unmap(), s.Addr.Port()) == at {
			_, _ = s.packet.WriteTo(answer, remote)
			return
		}
	}
}

// Answer sends an answer where the request came from, by the socket or the
// connection it came by.
func (w *Sockets) Answer(info sip.TransportReadProps, answer []byte) {
	at, datagram := message.PeerOf(info.RemoteAddr)
	if datagram {
		w.Reply(info.LocalAddr, info.RemoteAddr, answer)
		return
	}
	if s := w.flows.find(message.Flow{Transport: strings.ToLower(info.Transport), Peer: at}); s != nil {
		_, _ = s.Write(answer) // which closes the connection when it cannot
	}
}

// Write sends a message whose transaction is not sipgo's. Over TCP and TLS it
// blocks for the peer, writeTimeout at most, and makes no connection.
func (w *Sockets) Write(h Hop, text []byte) error {
	if h.Transport != "udp" {
		s := w.flows.find(h.Flow())
		if s == nil {
			return ErrFlowGone
		}
		_, err := s.Write(text)
		return err
	}
	if h.Sock == nil || h.Sock.packet == nil {
		return fmt.Errorf("there is no UDP socket to reach %s: add one to sip.listen", h.Addr)
	}
	_, err := h.Sock.packet.WriteToUDPAddrPort(text, h.Addr)
	return err
}

// WriteMsg sends a message of no transaction, an ACK.
func (w *Sockets) WriteMsg(m sip.Message) error { return w.stack.TransportLayer().WriteMsg(m) }
