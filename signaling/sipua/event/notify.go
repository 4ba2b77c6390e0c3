package event

import (
	"bytes"
	"hash/maphash"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/signaling/sipua/message"
	"ringsplash/signaling/sipua/wire"
)

const (
	// writers write to connections, so that a phone which reads nothing holds up
	// some others and not all. writesMax is how many NOTIFYs wait for one of them.
	writers   = 4
	writesMax = 1024
)

// write is a NOTIFY for a connection.
type write struct {
	hop  wire.Hop
	text []byte
}

// flight is a NOTIFY on its way, until it is answered (RFC 3261 17.1.2). It is
// no transaction of sipgo's, which would cost a goroutine and timers each.
type flight struct {
	branch string
	way    wire.Hop // the phone's
	hop    wire.Hop // what it is written to: a connection in its stead, where it is large
	text   []byte
	last   bool      // it says that the subscription is over
	since  time.Time // the first NOTIFY without an answer
	next   time.Time // when it is sent again
	wait   time.Duration
}

// tell sends what s looks like now, when that is not what its phone knows. Under mu.
func (n *Notifier) tell(s *subscription, now time.Time) {
	s.dirty = false
	switch {
	case s.ending != "":
	case !n.to.Access.Exists(s.watcher):
		n.over(s, "rejected")
	case !n.to.Access.Exists(s.user):
		n.over(s, "noresource")
	}
	if s.ending != "" || s.asked {
		n.notify(s, now)
		return
	}
	if body, fresh := n.news(s, false); fresh {
		n.notifyWith(s, body, now)
	}
}

// news is what s looks like now, false when its phone knows that. whole: whatever
// the phone knows. It is noted as told. Under mu.
func (n *Notifier) news(s *subscription, whole bool) (look, bool) {
	if s.list != nil {
		return n.listNews(s, whole)
	}
	body := s.kind.look(n, s.sight)
	known := maphash.String(n.seed, body.text)
	fresh := whole || known != s.known
	s.known = known
	return body, fresh
}

// notify sends a NOTIFY whatever the phone knows. Under mu.
func (n *Notifier) notify(s *subscription, now time.Time) {
	var body look
	if s.ending != "deactivated" {
		body, _ = n.news(s, true)
	}
	n.notifyWith(s, body, now)
}

// notifyWith sends body. One that is still on its way is sent no more: what it
// says is old, and each says all. Under mu.
func (n *Notifier) notifyWith(s *subscription, body look, now time.Time) {
	s.dirty, s.asked = s.list.behind(), false
	s.version++
	s.seq++
	s.told = now
	req := s.request(body, now)
	since := now
	if s.flight != nil {
		since = s.flight.since
		delete(n.flights, s.flight.branch)
	}
	s.flight = &flight{since: since, wait: sip.T1, last: s.ending != ""}
	n.launch(s, req, now)
	n.schedule(s)
}

// launch sends a NOTIFY by the way there is now. Under mu.
func (n *Notifier) launch(s *subscription, req *sip.Request, now time.Time) {
	f := s.flight
	hop, ok := n.to.Way(s.watcher, s.device, s.hop)
	if !ok {
		f.text, f.next = nil, now.Add(f.wait)
		f.wait = min(2*f.wait, sip.T2)
		if req != nil {
			s.unsent = req
		}
		return
	}
	if req == nil {
		req = s.unsent
	}
	s.unsent = nil
	s.hop, f.way, f.hop = hop, hop, n.fitting(hop, req)
	n.to.Wire.Stamp(req, f.hop)
	f.branch, _ = req.Via().Params.Get("branch")
	f.text = []byte(req.String())
	n.flights[f.branch] = s
	if f.hop.Transport != hop.Transport && !n.to.Wire.Connected(f.hop.Flow()) {
		n.open(f, req)
		return
	}
	n.put(s, now)
}

// put writes the NOTIFY of s to its socket or connection. Under mu.
func (n *Notifier) put(s *subscription, now time.Time) {
	f := s.flight
	f.next = now.Add(f.wait)
	f.wait = min(2*f.wait, sip.T2)
	if f.hop.Transport == "udp" {
		if err := n.to.Wire.Write(f.hop, f.text); err != nil {
			n.log.Debug("sip: NOTIFY not sent", "to", f.hop.Addr, "err", err)
		}
		return
	}
	n.pass(f)
}

// pass gives a NOTIFY to who writes to connections. Under mu.
func (n *Notifier) pass(f *flight) {
	at := maphash.String(n.seed, f.hop.Addr.String()) % writers
	select {
	case n.writes[at] <- write{f.hop, f.text}:
		f.next = f.since.Add(64 * sip.T1) // a connection repeats by itself
		if f.way.Transport == "udp" {
			f.next = time.Now().Add(streamPatience * sip.T1)
		}
	default:
	}
}

// resend repeats a NOTIFY, or sends it by the way that there is meanwhile. Under mu.
func (n *Notifier) resend(s *subscription, now time.Time) {
	f := s.flight
	hop, ok := n.to.Way(s.watcher, s.device, s.hop)
	switch {
	case f.text == nil:
		n.launch(s, nil, now)
	case f.hop.Transport != f.way.Transport:
		n.to.Wire.Shun(f.hop)
		n.notifyAnew(s, now)
	case ok && hop.Flow() != f.way.Flow():
		n.notifyAnew(s, now)
	default:
		n.put(s, now)
	}
}

// notifyAnew writes what is on its way for another flow.
func (n *Notifier) notifyAnew(s *subscription, now time.Time) {
	wait := s.flight.wait
	n.notify(s, now)
	s.flight.wait = wait
}

// writeAll writes to connections until the Notifier closes.
func (n *Notifier) writeAll(in <-chan write) {
	for {
		select {
		case w := <-in:
			if err := n.to.Wire.Write(w.hop, w.text); err != nil {
				n.log.Debug("sip: NOTIFY not sent", "to", w.hop.Addr, "err", err)
			}
		case <-n.stop.Done():
			return
		}
	}
}

// Answered takes a response when it is one to a NOTIFY of ours. It asks memory
// only.
func (n *Notifier) Answered(response []byte) bool {
	if !n.Serving() || !namesNotify(response) {
		return false
	}
	m, err := n.parser.ParseSIP(response)
	res, ok := m.(*sip.Response)
	if err != nil || !ok || res.Via() == nil {
		return false
	}
	branch, _ := res.Via().Params.Get("branch")
	n.mu.Lock()
	defer n.mu.Unlock()
	s := n.flights[branch]
	if s == nil {
		return false
	}
	if res.IsProvisional() {
		return true
	}
	if s.list != nil && !res.IsSuccess() {
		s.list.missed = true
	}
	last := s.flight.last
	delete(n.flights, branch)
	s.flight = nil
	if last || ends(res) {
		n.drop(s)
	} else {
		n.schedule(s)
	}
	return true
}

// namesNotify looks for the CSeq of a NOTIFY, before anything is parsed.
func namesNotify(response []byte) bool {
	return bytes.Contains(response[:min(len(response), 4096)], []byte(" NOTIFY\r\n"))
}

// ends tells whether an answer to a NOTIFY ends its subscription (RFC 6665 4.2.2).
func ends(res *sip.Response) bool {
	switch res.StatusCode {
	case 404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604:
		return message.Header(res, "Retry-After") == ""
	}
	return false
}

// request writes a NOTIFY that has no Via yet.
func (s *subscription) request(body look, now time.Time) *sip.Request {
	req := message.NewRequest(sip.NOTIFY, s.target, &s.local, &s.remote, s.key.callID, s.seq)
	for i := len(s.routes) - 1; i >= 0; i-- {
		req.PrependHeader(&sip.RouteHeader{Address: *s.routes[i].Clone()})
	}
	state := "terminated;reason=" + s.ending
	if s.ending == "" {
		state = "active;expires=" + message.Seconds(max(s.expires.Sub(now), 0))
	}
	req.AppendHeader(&sip.ContactHeader{Address: s.contact})
	req.AppendHeader(sip.NewHeader("Event", s.event))
	req.AppendHeader(sip.NewHeader("Subscription-State", state))
	req.AppendHeader(sip.NewHeader("Allow-Events", AllowEvents))
	if s.list != nil {
		req.AppendHeader(sip.NewHeader("Require", EventList)) // RFC 4662 4.3
	}
	if body.text == "" {
		return req
	}
	kind := sip.ContentTypeHeader(body.kind)
	req.AppendHeader(&kind)
	req.SetBody([]byte(strings.ReplaceAll(body.text, versionMark, strconv.FormatUint(uint64(s.version), 10))))
	return req
}
