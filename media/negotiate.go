package media

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"ringsplash/media/sdp"
)

// negotiation is the offer/answer state of an RTP end (RFC 3264). Guarded by
// RTPEnd.mu.
type negotiation struct {
	session, version uint64
	slots            []slot // of the last description in either direction
	audio            int
	// numbers are the payload types in use for each format. They never change
	// meaning within a dialog (RFC 3264 8.3.2).
	numbers map[sdp.Format]uint8
	rx, tx  []sdp.PayloadType
	offered *ours        // our last offer, until the far side offers
	taken   *description // the far side's offer, until Answer
	chosen  int          // its m-line that we answer
}

func newNegotiation() negotiation {
	return negotiation{
		// Room in 63 bits: some read o= as a signed number.
		session: rand.Uint64() >> 2, version: rand.Uint64() >> 33,
		numbers: map[sdp.Format]uint8{},
	}
}

// Offer composes an SDP offer: codecs in their order, the telephone-events that
// go with them, and dir. m-lines refused earlier in the dialog stay refused.
// The far side may send in these codecs at once (RFC 3264 5.1). An offer that
// is refused changes nothing.
func (r *RTPEnd) Offer(codecs []sdp.Codec, dir sdp.Direction) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed.Load() {
		return nil, ErrClosed
	}
	n := &r.nego
	types := n.typesFor(codecs)
	if len(types) == 0 {
		return nil, fmt.Errorf("%w: nothing to offer", sdp.ErrNoCodec)
	}
	n.version++
	o := &ours{
		session: n.session, version: n.version, addr: r.Addr(), slots: n.slots, audio: n.audio,
		types: types, direction: dir, rtcpMux: r.usesMux(),
	}
	if len(o.slots) == 0 {
		o.slots, o.audio = []slot{{kind: "audio", proto: "RTP/AVP"}}, 0
	}
	text, err := o.marshal()
	if err != nil {
		return nil, err
	}
	n.offered, n.taken = o, nil
	n.expect(types)
	r.payloads.Store(newPayloads(n.rx, n.tx))
	return text, nil
}

// TakeAnswer takes the answer to our last offer; a provisional answer and the
// final one may both come. It is sdp.ErrNoCodec when the far side refused the audio
// or took none of the codecs.
func (r *RTPEnd) TakeAnswer(text []byte) (Negotiated, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed.Load() {
		return Negotiated{}, ErrClosed
	}
	n := &r.nego
	if n.offered == nil {
		return Negotiated{}, sdp.Bad("an answer without an offer of ours")
	}
	d, err := readSDP(text)
	if err != nil {
		return Negotiated{}, err
	}
	line, err := d.answerTo(n.offered)
	if err != nil {
		return Negotiated{}, err
	}
	var tx []sdp.PayloadType
	for _, t := range line.formats {
		if slices.ContainsFunc(n.offered.types, func(o sdp.PayloadType) bool { return o.Format == t.Format }) {
			tx = append(tx, t)
		}
	}
	to, err := r.reachable(line)
	if err != nil {
		return Negotiated{}, err
	}
	own, err := r.socketsFor(to)
	if err != nil {
		return Negotiated{}, err
	}
	n.slots, n.audio = n.offered.slots, n.offered.audio
	out, err := r.agree(own, line, tx, n.offered.direction, line.rtcpMux && n.offered.rtcpMux)
	out.Moved = err == nil && own.addr.Addr().Is4() != n.offered.addr.Addr().Is4()
	return out, err
}

// answerTo finds the answer's m-line for the audio we offered. Some phones
// leave out the m-lines they refuse, so the place may differ.
func (d *description) answerTo(o *ours) (*mediaLine, error) {
	i := o.audio
	if i >= len(d.media) || d.media[i].kind != "audio" {
		i = slices.IndexFunc(d.media, func(m mediaLine) bool { return m.kind == "audio" })
	}
	switch {
	case i < 0:
		return nil, sdp.Bad("the answer has no audio m-line")
	case d.media[i].port == 0:
		return nil, fmt.Errorf("%w: %w", sdp.ErrNoCodec, errRejected)
	}
	return &d.media[i], d.media[i].carried()
}

// TakeOffer takes what the far side offers. Codecs of the result are those we
// know, in the offer's order; Local is empty. Nothing changes on the path of
// the packets before Answer.
func (r *RTPEnd) TakeOffer(text []byte) (Negotiated, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed.Load() {
		return Negotiated{}, ErrClosed
	}
	d, err := readSDP(text)
	if err != nil {
		return Negotiated{}, err
	}
	chosen, err := d.audioLine(r.nego.audio, r.offersSound)
	if err != nil {
		return Negotiated{}, err
	}
	line := &d.media[chosen]
	to, err := r.reachable(line)
	if err != nil {
		return Negotiated{}, err
	}
	r.nego.taken, r.nego.chosen = d, chosen
	return Negotiated{Codecs: sdp.Codecs(line.formats), Remote: line.described(to.Addr()), DTMF: hasEvent(line.formats)}, nil
}

// offersSound tells why an audio m-line of an offer cannot be used.
func (r *RTPEnd) offersSound(line *mediaLine) error {
	if err := line.carried(); err != nil {
		return err
	}
	if _, err := r.reachable(line); err != nil {
		return err
	}
	return line.known()
}

// Answer composes the answer to the offer that was taken: those of codecs that
// were offered, in our order, and dir as far as the offer permits it. m-lines
// other than the audio are refused. It is sdp.ErrNoCodec when none of codecs was
// offered; the offer then is still there for another try.
func (r *RTPEnd) Answer(codecs []sdp.Codec, dir sdp.Direction) ([]byte, Negotiated, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed.Load() {
		return nil, Negotiated{}, ErrClosed
	}
	n := &r.nego
	if n.taken == nil {
		return nil, Negotiated{}, sdp.Bad("an answer of ours without an offer")
	}
	line := &n.taken.media[n.chosen]
	types := chosen(line.formats, codecs)
	if len(types) == 0 {
		return nil, Negotiated{}, fmt.Errorf("%w: offered %v, wanted %v", sdp.ErrNoCodec, sdp.Codecs(line.formats), codecs)
	}
	to, err := r.reachable(line)
	if err != nil {
		return nil, Negotiated{}, err
	}
	own, err := r.socketsFor(to)
	if err != nil {
		return nil, Negotiated{}, err
	}
	local := line.described(to.Addr()).Reply(dir)
	n.version++
	o := &ours{
		session: n.session, version: n.version, addr: own.addr, slots: slotsOf(n.taken), audio: n.chosen,
		types: types, direction: local, rtcpMux: line.rtcpMux,
	}
	text, err := o.marshal()
	if err != nil {
		r.unused(own)
		return nil, Negotiated{}, err
	}
	n.slots, n.audio = o.slots, o.audio
	n.taken, n.offered = nil, nil
	n.expect(types)
	out, err := r.agree(own, line, types, local, line.rtcpMux)
	return text, out, err
}

// agree makes a completed offer/answer take effect on the sockets own. line is
// the far side's m-line, tx what it takes.
func (r *RTPEnd) agree(own *sockets, line *mediaLine, tx []sdp.PayloadType, local sdp.Direction, mux bool) (Negotiated, error) {
	to, err := r.reachable(line)
	codecs := sdp.Codecs(tx)
	if err == nil && len(codecs) == 0 {
		err = fmt.Errorf("%w: the far side took none of what was offered", sdp.ErrNoCodec)
	}
	if err != nil {
		r.unused(own)
		return Negotiated{}, err
	}
	if err := r.use(own); err != nil {
		return Negotiated{}, err
	}
	r.nego.tx = tx
	remote := line.described(to.Addr())
	r.setPeer(to, line.rtcpPort, mux)
	r.setPayloads(newPayloads(r.nego.rx, tx), !local.Sends() || !remote.Receives())
	r.setPacketTime(line.packetTime())
	unplaced := !to.Addr().IsUnspecified() && !r.peer.Load().to.IsValid()
	return Negotiated{Codecs: codecs, Remote: remote, Local: local, DTMF: hasEvent(tx), Unplaced: unplaced}, nil
}

func hasEvent(types []sdp.PayloadType) bool {
	return slices.ContainsFunc(types, func(t sdp.PayloadType) bool { return t.Format.Event() })
}

// defaultNumbers are the payload types we offer, unless the far side used them
// for something else.
var defaultNumbers = [sdp.FormatCount]uint8{
	sdp.FormatPCMU: 0, sdp.FormatPCMA: 8, sdp.FormatG722: 9, sdp.FormatOpus: 111, sdp.FormatEvent8: 101, sdp.FormatEvent48: 110,
}

// typesFor is the payload type list of an offer of codecs.
func (n *negotiation) typesFor(codecs []sdp.Codec) []sdp.PayloadType {
	var types []sdp.PayloadType
	var events []sdp.Format
	for _, c := range codecs {
		f := c.Format()
		if f == sdp.FormatNone || slices.ContainsFunc(types, func(t sdp.PayloadType) bool { return t.Format == f }) {
			continue
		}
		types = append(types, sdp.PayloadType{Number: n.number(f), Format: f})
		if ev := f.EventBeside(); !slices.Contains(events, ev) {
			events = append(events, ev)
		}
	}
	for _, f := range events {
		types = append(types, sdp.PayloadType{Number: n.number(f), Format: f})
	}
	return types
}

// number is the payload type of f, chosen once.
func (n *negotiation) number(f sdp.Format) uint8 {
	if x, ok := n.numbers[f]; ok {
		return x
	}
	taken := func(x uint8) bool {
		return slices.ContainsFunc(n.rx, func(t sdp.PayloadType) bool { return t.Number == x })
	}
	x := defaultNumbers[f]
	if taken(x) {
		for x = 96; x < 127 && taken(x); x++ {
		}
	}
	n.numbers[f] = x
	return x
}

// expect notes that the far side may send types from now on.
func (n *negotiation) expect(types []sdp.PayloadType) {
	for _, t := range types {
		n.numbers[t.Format] = t.Number
		n.rx = slices.DeleteFunc(n.rx, func(o sdp.PayloadType) bool { return o.Number == t.Number })
		n.rx = append(n.rx, t)
	}
}

// chosen are the payload types of an answer, by the offer's numbers: codecs in
// our order, then the telephone-events of their clocks. A phone that offers
// only the other clock gets that.
func chosen(offered []sdp.PayloadType, codecs []sdp.Codec) []sdp.PayloadType {
	find := func(f sdp.Format) int {
		return slices.IndexFunc(offered, func(t sdp.PayloadType) bool { return t.Format == f && f != sdp.FormatNone })
	}
	var types []sdp.PayloadType
	for _, c := range codecs {
		if i := find(c.Format()); i >= 0 && !slices.Contains(types, offered[i]) {
			types = append(types, offered[i])
		}
	}
	audio := types
	for _, t := range audio {
		ev := t.Format.EventBeside()
		i := find(ev)
		if i < 0 {
			i = find(ev.OtherEvent())
		}
		if i >= 0 && !slices.Contains(types, offered[i]) {
			types = append(types, offered[i])
		}
	}
	return types
}
