package sipua

import (
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/emiago/sipgo/sip"

	"ringsplash/signaling/sipua/message"
	"ringsplash/signaling/sipua/wire"
)

// sent is a request of a leg in its client transaction.
type sent struct {
	req  *sip.Request
	hop  wire.Hop
	tx   *sip.ClientTx
	over bool
}

// sentBy says what to do with what comes of a request. All run in the leg's
// goroutine; nil does nothing.
type sentBy struct {
	provisional, final func(*sent, *sip.Response)
	// lost: there is no final response, and there will be none.
	lost func(error)
}

func (by sentBy) take(s *sent, res *sip.Response) {
	take := by.final
	if res.IsProvisional() {
		take = by.provisional
	}
	if take != nil {
		take(s, res)
	}
}

// send routes a request of the dialog d and sends it. Failure to send arrives
// at by.lost, later.
func (l *leg) send(d *dialog, req *sip.Request, by sentBy) *sent {
	h, err := l.route(d)
	if err != nil {
		s := &sent{req: req}
		l.txs++
		l.mail.Post(func() { l.lostTx(s, by, err) })
		return s
	}
	return l.sendTo(h, req, by)
}

// route finds where requests of the dialog go now.
func (l *leg) route(d *dialog) (wire.Hop, error) {
	uri, flow := d.nextHop()
	if flow {
		l.renewFlow(d)
		return d.hop, nil
	}
	transport, err := message.Transport(uri, d.hop.Transport)
	if err != nil {
		return wire.Hop{}, err
	}
	if l.trunk != nil && transport == d.hop.Transport && l.trunk.IsNamed(uri) {
		return d.hop, nil // whatever becomes of the name while the call runs
	}
	addr, err := l.u.wire.Resolve(l.u.stop, transport, uri)
	if err != nil {
		return wire.Hop{}, err
	}
	h := wire.Hop{Transport: transport, Addr: addr, Sock: d.hop.Sock, Host: uri.Host}
	if transport != "udp" && transport == d.hop.Transport && addr.Addr() == d.hop.Addr.Addr() && l.u.wire.Connected(d.hop.Flow()) {
		return d.hop, nil // the connection that the peer chose
	}
	if l.trunk != nil {
		h.Roots = l.trunk.Roots
	}
	if h.Sock == nil || h.Sock.Network != transport {
		h.Sock = l.u.wire.SocketFor(transport, "", addr.Addr())
	}
	return h, nil
}

func (l *leg) sendTo(h wire.Hop, req *sip.Request, by sentBy) *sent {
	h = l.u.wire.Fitting(h, req)
	l.u.wire.Stamp(req, h)
	return l.transact(h, req, by)
}

// transact runs a request that has its Via in a client transaction.
func (l *leg) transact(h wire.Hop, req *sip.Request, by sentBy) *sent {
	s := &sent{req: req, hop: h}
	l.origins.add(h.Flow())
	l.trace(true, req)
	l.txs++
	if h.Transport == "udp" && h.Sock == nil {
		err := fmt.Errorf("there is no UDP socket to reach %s: add one to sip.listen", h.Addr)
		l.mail.Post(func() { l.lostTx(s, by, err) })
		return s
	}
	tx, err := l.u.wire.Request(req, h)
	if err != nil {
		l.mail.Post(func() { l.lostTx(s, by, err) })
		return s
	}
	s.tx = tx
	if req.IsInvite() {
		// Repeated and forked 2xx come here, and the end of the transaction,
		// up to 64*T1 after the first (RFC 6026 7.2).
		tx.OnRetransmission(func(res *sip.Response) { l.mail.Post(func() { by.take(s, res) }) })
		tx.OnTerminate(func(string, error) { l.mail.Post(func() { l.endTx(s) }) })
	}
	l.u.work.Add(1)
	go l.drain(s, by)
	return s
}

// drain posts what comes of s until its first final response.
func (l *leg) drain(s *sent, by sentBy) {
	defer l.u.work.Done()
	defer func() {
		if p := recover(); p != nil {
			l.log.Error("sip: response failed by a fault of ours", "panic", p, "stack", string(debug.Stack()))
			l.mail.Post(func() { l.lostTx(s, by, fmt.Errorf("fault: %v", p)) })
		}
	}()
	for {
		select {
		case res := <-s.tx.Responses():
			l.mail.Post(func() { l.took(s, by, res) })
			if res.IsProvisional() {
				continue
			}
			if !s.req.IsInvite() {
				s.tx.Terminate()
			}
			return
		case <-s.tx.Done():
			err := s.tx.Err()
			l.mail.Post(func() { l.lostTx(s, by, err) })
			return
		}
	}
}

// took hands a response on. After a 2xx to an INVITE more may come.
func (l *leg) took(s *sent, by sentBy, res *sip.Response) {
	l.trace(false, res)
	by.take(s, res)
	if !res.IsProvisional() && (!s.req.IsInvite() || !res.IsSuccess()) {
		l.endTx(s)
	}
}

func (l *leg) lostTx(s *sent, by sentBy, err error) {
	l.endTx(s)
	if err == nil {
		err = errors.New("no response")
	}
	if by.lost != nil {
		by.lost(err)
	}
}

func (l *leg) endTx(s *sent) {
	if !s.over {
		s.over = true
		l.txs--
	}
}

// authorised answers a challenge of the leg's trunk (RFC 3261 22.2, 22.3): the
// same request with credentials, to be given a new CSeq number; nil when there
// are none to give.
func (l *leg) authorised(s *sent, res *sip.Response) *sip.Request {
	if l.trunk == nil {
		return nil
	}
	again, err := l.trunk.Authorise(s.req, res, s.hop.Flow())
	if err != nil {
		l.log.Warn("sip: challenge not answered", "trunk", l.trunk.Name, "status", res.StatusCode, "err", err)
		return nil
	}
	return again
}
