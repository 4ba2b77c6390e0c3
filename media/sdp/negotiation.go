package sdp

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
)

// Negotiation is the offer/answer state of a dialog in which one m-line of audio
// is in use (RFC 3264). It belongs to one goroutine at a time.
type Negotiation struct {
	reachable        func(netip.AddrPort) error
	session, version uint64
	slots            []mediaLine // of the last description in either direction
	audio            int
	// numbers are the payload types in use for each format. They never change
	// meaning within a dialog (RFC 3264 8.3.2).
	numbers map[Format]uint8
	rx      []PayloadType
	offered *ours        // our last offer, until the far side offers
	taken   *description // the far side's offer, until Answer
	chosen  int          // its m-line that we answer
}

// Negotiated is the outcome of one offer/answer for the audio m-line.
type Negotiated struct {
	// Codecs both sides may send, the preferred one first.
	Codecs []Codec
	// Remote is the direction the far side described, from its own side.
	// A missing attribute is sendrecv.
	Remote Direction
	// Local is the direction we described, from our side.
	Local Direction
	// DTMF tells whether telephone-event was negotiated (RFC 4733).
	DTMF bool
	// Unplaced tells that nothing can be sent to the far side before it has
	// sent something: it is behind NAT and described an address of its own.
	// Who sends knows that, not the descriptions.
	Unplaced bool
	// Moved tells that the answer was of the other address family than our
	// offer. The end has an address of that family now; the far side learns it
	// from the next offer.
	Moved bool
}

// Agreement is Negotiated with what the path of the packets needs to know.
type Agreement struct {
	Negotiated
	// Types are what the far side takes, preferred codec first.
	Types []PayloadType
	// To is where the far side receives RTP, unspecified when nowhere, and
	// RTCPPort where RTCP, 0 when at the usual port. Mux: RTCP comes with RTP.
	To       netip.AddrPort
	RTCPPort int
	Mux      bool
	// PacketTime is how many ms of sound it wants in a packet, 0 when it does
	// not say.
	PacketTime int
}

// NewNegotiation is the begin of a dialog. reachable tells why nothing can be
// sent to an address, nil when it can; the unspecified one it is not asked for.
func NewNegotiation(reachable func(netip.AddrPort) error) *Negotiation {
	return &Negotiation{
		reachable: reachable,
		// Room in 63 bits: some read o= as a signed number.
		session: rand.Uint64() >> 2, version: rand.Uint64() >> 33,
		slots:   []mediaLine{{kind: "audio", proto: "RTP/AVP"}},
		numbers: map[Format]uint8{},
	}
}

// Expected are the payload types that the far side may send.
func (n *Negotiation) Expected() []PayloadType { return n.rx }

// Offer composes an offer to be sent RTP at an address: codecs in their order,
// the telephone-events that go with them, and dir. m-lines refused earlier in
// the dialog stay refused. The far side may send in these codecs at once (RFC
// 3264 5.1). An offer that is refused changes nothing. It is ErrNoCodec when
// codecs names none that is known.
func (n *Negotiation) Offer(at netip.AddrPort, codecs []Codec, dir Direction, mux bool) ([]byte, error) {
	types := n.typesFor(codecs)
	if len(types) == 0 {
		return nil, fmt.Errorf("%w: nothing to offer", ErrNoCodec)
	}
	n.version++
	o := &ours{
		session: n.session, version: n.version, addr: at, slots: n.slots, audio: n.audio,
		types: types, direction: dir, rtcpMux: mux,
	}
	text, err := o.marshal()
	if err != nil {
		return nil, err
	}
	n.offered, n.taken = o, nil
	n.expect(types)
	return text, nil
}

// TakeAnswer takes the answer to our last offer; a provisional answer and the
// final one may both come. It is ErrNoCodec when the far side refused the audio
// or took none of the codecs, else ErrBad.
func (n *Negotiation) TakeAnswer(text []byte) (Agreement, error) {
	if n.offered == nil {
		return Agreement{}, Bad("an answer without an offer of ours")
	}
	d, err := read(text)
	if err != nil {
		return Agreement{}, err
	}
	line, err := d.answerTo(n.offered)
	if err != nil {
		return Agreement{}, err
	}
	var types []PayloadType
	for _, t := range line.formats {
		if slices.ContainsFunc(n.offered.types, func(o PayloadType) bool { return o.Format == t.Format }) {
			types = append(types, t)
		}
	}
	a, err := n.agree(line, types)
	if err == nil && len(a.Codecs) == 0 {
		err = fmt.Errorf("%w: the far side took none of what was offered", ErrNoCodec)
	}
	if err != nil {
		return Agreement{}, err
	}
	a.Local, a.Mux = n.offered.direction, line.rtcpMux && n.offered.rtcpMux
	return a, nil
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
		return nil, Bad("the answer has no audio m-line")
	case d.media[i].port == 0:
		return nil, fmt.Errorf("%w: the far side refused the audio", ErrNoCodec)
	}
	return &d.media[i], d.media[i].carried()
}

// TakeOffer takes what the far side offers. Codecs of the result are those we
// know, in the offer's order; Local is empty. Errors: ErrBad, ErrNoCodec.
func (n *Negotiation) TakeOffer(text []byte) (Agreement, error) {
	d, err := read(text)
	if err != nil {
		return Agreement{}, err
	}
	chosen, err := d.audioLine(n.audio, n.offersSound)
	if err != nil {
		return Agreement{}, err
	}
	n.taken, n.chosen = d, chosen
	return n.agree(&d.media[chosen], d.media[chosen].formats)
}

// offersSound tells why an audio m-line of an offer cannot be used.
func (n *Negotiation) offersSound(line *mediaLine) error {
	if err := line.carried(); err != nil {
		return err
	}
	if _, err := n.destination(line); err != nil {
		return err
	}
	return line.known()
}

// Choose tells what an answer with codecs, in our order, and dir, as far as the
// offer permits it, comes to. It is ErrNoCodec when none of codecs was offered;
// the offer then is still there for another try.
func (n *Negotiation) Choose(codecs []Codec, dir Direction) (Agreement, error) {
	if n.taken == nil {
		return Agreement{}, Bad("an answer of ours without an offer")
	}
	line := &n.taken.media[n.chosen]
	types := chosen(line.formats, codecs, true)
	if len(types) == 0 {
		return Agreement{}, fmt.Errorf("%w: offered %v, wanted %v", ErrNoCodec, Codecs(line.formats), codecs)
	}
	a, err := n.agree(line, types)
	a.Local, a.Mux = a.Remote.reply(dir), line.rtcpMux
	return a, err
}

// Answer composes the answer that was chosen, to be sent RTP at an address.
// m-lines other than the audio are refused.
func (n *Negotiation) Answer(at netip.AddrPort, a Agreement) ([]byte, error) {
	n.version++
	o := &ours{
		session: n.session, version: n.version, addr: at, slots: n.taken.media, audio: n.chosen,
		types: a.Types, direction: a.Local, rtcpMux: a.Mux,
	}
	text, err := o.marshal()
	if err != nil {
		return nil, err
	}
	n.slots, n.audio = o.slots, o.audio
	n.taken, n.offered = nil, nil
	n.expect(a.Types)
	return text, nil
}

// agree tells what the far side's m-line says of which it takes types.
func (n *Negotiation) agree(line *mediaLine, types []PayloadType) (Agreement, error) {
	to, err := n.destination(line)
	if err != nil {
		return Agreement{}, err
	}
	return Agreement{
		Negotiated: Negotiated{Codecs: Codecs(types), Remote: line.described(to.Addr()), DTMF: hasEvent(types)},
		Types:      types, To: to, RTCPPort: line.rtcpPort, PacketTime: line.packetTime(),
	}, nil
}

func hasEvent(types []PayloadType) bool {
	return slices.ContainsFunc(types, func(t PayloadType) bool { return t.Format.Event() })
}

// destination is the address of the far side's m-line, if it can be reached.
func (n *Negotiation) destination(line *mediaLine) (netip.AddrPort, error) {
	to, err := line.address()
	if err == nil && !to.Addr().IsUnspecified() {
		err = n.reachable(to)
	}
	return to, err
}

// typesFor is the payload type list of an offer of codecs.
func (n *Negotiation) typesFor(codecs []Codec) []PayloadType {
	var types []PayloadType
	add := func(f Format) {
		if f != FormatNone && !slices.ContainsFunc(types, func(t PayloadType) bool { return t.Format == f }) {
			types = append(types, PayloadType{n.number(f), f})
		}
	}
	for _, c := range codecs {
		add(c.Format())
	}
	for _, t := range types {
		own, _ := t.Format.Events()
		add(own)
	}
	return types
}

// number is the payload type of f, chosen once.
func (n *Negotiation) number(f Format) uint8 {
	if x, ok := n.numbers[f]; ok {
		return x
	}
	taken := func(x uint8) bool {
		return slices.Contains(slices.Collect(maps.Values(n.numbers)), x) ||
			slices.ContainsFunc(n.rx, func(t PayloadType) bool { return t.Number == x })
	}
	x := formats[f].number
	if taken(x) {
		for x = 96; x < 127 && taken(x); x++ {
		}
	}
	n.numbers[f] = x
	return x
}

// expect notes that the far side may send types from now on.
func (n *Negotiation) expect(types []PayloadType) {
	for _, t := range types {
		maps.DeleteFunc(n.numbers, func(_ Format, x uint8) bool { return x == t.Number })
		n.numbers[t.Format] = t.Number
		n.rx = slices.DeleteFunc(n.rx, func(o PayloadType) bool { return o.Number == t.Number })
		n.rx = append(n.rx, t)
	}
}

// chosen are the payload types of an answer, by the offer's numbers: codecs in
// our order, then the telephone-events of their clocks. anyClock: who offers
// only the other clock gets that, as some phones do.
func chosen(offered []PayloadType, codecs []Codec, anyClock bool) []PayloadType {
	var types []PayloadType
	take := func(f Format) bool {
		i := slices.IndexFunc(offered, func(t PayloadType) bool { return t.Format == f && f != FormatNone })
		if i >= 0 && !slices.Contains(types, offered[i]) {
			types = append(types, offered[i])
		}
		return i >= 0
	}
	for _, c := range codecs {
		take(c.Format())
	}
	for _, t := range types {
		if own, other := t.Format.Events(); !take(own) && anyClock {
			take(other)
		}
	}
	return types
}
