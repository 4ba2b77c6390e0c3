package media

import (
	"encoding/binary"
	"slices"

	"ringsplash/media/sdp"
)

// Hear chooses what is sent to this end: another end, a Tone, or nil for
// nothing. What was heard before stops with the packet under way. During a
// PlayOnce the choice takes effect when that is over.
func (e *End) Hear(s Source) {
	var from *End
	var t *tone
	if s != nil {
		from, t = s.feed()
	}
	l := e.loop
	l.routes.Lock()
	defer l.routes.Unlock()
	if e.closed.Load() || from != nil && from.closed.Load() {
		from, t = nil, nil
	}
	o := &e.out
	old := o.hears.Load()
	if from != nil && old == from {
		return
	}
	if old != nil {
		old.dropListener(e)
	}
	o.mu.Lock()
	o.hears.Store(from)
	if o.tone.tone != t || t == nil {
		o.tone = playing{tone: t}
	}
	o.busy.Store(t != nil || o.once.tone != nil || o.digits.waiting())
	o.mu.Unlock()
	if from != nil {
		from.addListener(e)
	}
}

// addListener and dropListener run under the loop's routes lock.
func (e *End) addListener(l *End) {
	var all []*End
	if p := e.listeners.Load(); p != nil {
		all = slices.Clone(*p)
	}
	all = append(all, l)
	e.listeners.Store(&all)
}

func (e *End) dropListener(l *End) {
	p := e.listeners.Load()
	if p == nil {
		return
	}
	all := slices.DeleteFunc(slices.Clone(*p), func(x *End) bool { return x == l })
	e.listeners.Store(&all)
}

// detach takes a closed end out of all routes.
func (l *Loop) detach(e *End) {
	l.routes.Lock()
	defer l.routes.Unlock()
	if from := e.out.hears.Swap(nil); from != nil {
		from.dropListener(e)
	}
	if p := e.listeners.Swap(nil); p != nil {
		for _, x := range *p {
			x.out.hears.CompareAndSwap(e, nil)
		}
	}
}

// receive takes one packet the end's device sent. Its source was checked by the
// transport. Normally one goroutine calls it for an end.
func (e *End) receive(p *packet) {
	table := e.payloads.Load()
	if table == nil || e.closed.Load() {
		return
	}
	p.format = table.rx[p.payloadType]
	if p.format == sdp.FormatNone {
		e.counters.droppedBad.Add(1)
		return
	}
	p.at = e.loop.now()
	e.in.count(p)
	e.counters.received.Add(1)
	e.counters.receivedBytes.Add(uint64(len(p.payload)))

	digit := e.pass(p)
	if digit == 0 {
		return
	}
	to := &e.onDigit
	if p.ticket == refused {
		to = &e.onKey
	}
	// Outside the gate, so that f may work it.
	if f := to.Load(); f != nil && *f != nil {
		(*f)(digit)
	}
}

// pass takes one packet through the gate and to everyone who hears this end.
// The result is a digit that begins with this packet, or 0: p.ticket tells
// whether it passed.
func (e *End) pass(p *packet) byte {
	p.ticket = e.gate.enter()
	defer e.gate.leave()
	if p.ticket == refused {
		e.in.withhold(p)
		if p.format.Event() {
			return e.in.digit(p)
		}
		return 0
	}
	if e.muted.Load() || e.in.late(p) {
		e.counters.droppedMuted.Add(1)
		e.in.withhold(p)
		return 0
	}
	e.gate.audit(p.ticket)
	p.epoch = e.in.resumed()
	if all := e.listeners.Load(); all != nil {
		for _, l := range *all {
			l.relay(e, p)
		}
	}
	if p.format.Event() {
		return e.in.digit(p)
	}
	return 0
}

// relay sends a packet of from to this end.
func (e *End) relay(from *End, p *packet) {
	o := &e.out
	o.mu.Lock()
	defer o.mu.Unlock()
	table := e.payloads.Load()
	if o.hears.Load() != from || o.once.tone != nil || o.digits.sounding() || o.held || table == nil {
		return
	}
	if p.format.Event() && e.gate.State() != GateOpen {
		return // a phone that gave it back would seem to have had its own key pressed
	}
	as, number, ok := table.out(p.format, o.stream.audio)
	if !ok || len(p.payload) > maxPacket-rtpHeaderSize {
		e.counters.droppedCodec.Add(1)
		return
	}
	if as.Event() || !o.stream.follows(from, p) {
		e.flush(p.at)
	}
	seq, ts, marker, ok := o.stream.place(from, p, as)
	if !ok {
		return
	}
	if o.packing.takes(as, len(p.payload)) {
		if ahead := int16(seq - o.stream.seq); ahead > 0 { // what is late has no place any more
			e.repack(p.payload, p.format, as, number, ts, marker, ahead > 1, p.at)
			o.stream.mapping.seqOff = o.stream.seq - p.seq
		}
		return
	}
	body := o.buf[rtpHeaderSize:]
	if as.Event() {
		copy(body, p.payload)
		scaleEvent(body[:len(p.payload)], p.format.Clock(), as.Clock())
	} else {
		recode(body, p.payload, p.format, as)
	}
	e.send(seq, ts, marker, as, number, len(p.payload), p.at)
}

// send sends the n bytes of payload in out.buf. Called with out.mu held.
func (e *End) send(seq uint16, ts uint32, marker bool, as sdp.Format, number uint8, n int, at int64) {
	o := &e.out
	body := o.buf[rtpHeaderSize : rtpHeaderSize+n]
	if tap := o.tap.Load(); tap != nil && *tap != nil && !as.Event() {
		(*tap)(as.Codec(), body)
	}
	writeHeader(o.buf[:], marker, number, seq, ts, o.stream.ssrc)
	o.stream.sent(seq, ts, as, span(as, body), at)
	if e.wire.sendRTP(o.buf[:rtpHeaderSize+n]) {
		e.counters.sent.Add(1)
		e.counters.sentBytes.Add(uint64(n))
	}
}

// scaleEvent rewrites the duration of a telephone-event, which counts in its
// own clock (RFC 4733 2.3.5).
func scaleEvent(body []byte, from, to uint32) {
	if len(body) < 4 || from == to {
		return
	}
	d := uint64(binary.BigEndian.Uint16(body[2:])) * uint64(to) / uint64(from)
	binary.BigEndian.PutUint16(body[2:], uint16(min(d, 0xffff)))
}
