package media

import "sync/atomic"

// dtmfDigits are the digits by telephone-event code (RFC 4733 3.2).
const dtmfDigits = "0123456789*#ABCD"

// reception is what an end knows of the stream it receives. The goroutine that
// receives writes it, others read it for statistics: hence atomics, no lock.
type reception struct {
	last    atomic.Int64  // loop clock of the last packet, ns; 0 before the first
	skipped atomic.Bool   // a packet was held back since the last one passed
	epoch   atomic.Uint32 // counts the times that passing began again

	// The event that was last reported, and the one that was last held back.
	reported, withheld atomic.Uint64
	// noKey is the code of a digit whose events are held back until noKeyUntil,
	// loop clock in ns.
	noKey      atomic.Int32
	noKeyUntil atomic.Int64

	// Loss and jitter of the present SSRC (RFC 3550 A.3, A.8).
	ssrc          atomic.Uint32
	base, highest atomic.Uint32 // extended sequence numbers
	got           atomic.Uint32
	lostBefore    atomic.Uint64 // of earlier SSRCs
	transit       atomic.Uint32
	jitter16      atomic.Uint32 // jitter times 16, in ticks
}

// count notes one packet for the statistics.
func (r *reception) count(p *packet) {
	clock := p.format.Clock()
	transit := uint32(p.at/1000*int64(clock)/1e6) - p.timestamp
	old := r.highest.Load()
	delta := int16(p.seq - uint16(old))
	if r.last.Load() == 0 || r.ssrc.Load() != p.ssrc || delta > maxJump || delta < -maxJump {
		r.lostBefore.Add(r.lostNow())
		r.ssrc.Store(p.ssrc)
		r.base.Store(1<<16 | uint32(p.seq))
		r.highest.Store(1<<16 | uint32(p.seq))
		r.got.Store(0)
		r.jitter16.Store(0)
	} else {
		if delta > 0 {
			r.highest.Store(old + uint32(delta))
		}
		if !p.format.Event() {
			d := int32(transit - r.transit.Load())
			j := r.jitter16.Load()
			r.jitter16.Store(j + uint32(max(d, -d)) - (j+8)>>4)
		}
	}
	r.transit.Store(transit)
	r.got.Add(1)
	r.last.Store(p.at)
}

func (r *reception) lostNow() uint64 {
	expected := r.highest.Load() - r.base.Load() + 1
	if got := r.got.Load(); got > 0 && expected > got {
		return uint64(expected - got)
	}
	return 0
}

func (r *reception) lost() uint64 { return r.lostBefore.Load() + r.lostNow() }

// resumed is the epoch of a packet that passes.
func (r *reception) resumed() uint32 {
	if r.skipped.Load() && r.skipped.Swap(false) {
		return r.epoch.Add(1)
	}
	return r.epoch.Load()
}

// withhold notes that p is held back. If it is of a telephone-event, what
// comes of that event later stays back too, or a digit pressed at a shut gate
// would leave by its repetitions.
func (r *reception) withhold(p *packet) {
	r.skipped.Store(true)
	if p.format.Event() {
		r.withheld.Store(eventKey(p))
	}
}

// late tells whether p is of an event that began while it was held back, or is
// to be held back as well.
func (r *reception) late(p *packet) bool {
	if !p.format.Event() {
		return false
	}
	same := len(p.payload) > 0 && int32(p.payload[0]) == r.noKey.Load() && p.at < r.noKeyUntil.Load()
	return same || r.withheld.Load() == eventKey(p)
}

// digit is the digit of a telephone-event when p is the first packet seen of
// it, else 0. All packets of an event have one timestamp (RFC 4733 2.3.2).
func (r *reception) digit(p *packet) byte {
	if len(p.payload) < 4 || int(p.payload[0]) >= len(dtmfDigits) {
		return 0
	}
	key := eventKey(p)
	old := r.reported.Swap(key)
	if old == key {
		return 0
	}
	if old>>32 == key>>32 && int32(uint32(key)-uint32(old)) < 0 {
		r.reported.Store(old) // a packet of the event before, out of order
		return 0
	}
	return dtmfDigits[p.payload[0]]
}

func eventKey(p *packet) uint64 { return uint64(p.ssrc)<<32 | uint64(p.timestamp) }
