package media

import "ringsplash/media/sdp"

// Bounds on the packets an end may ask for, in ms. A longer one would be cut
// short by maxPacket some day, a shorter one is noise to the network.
const (
	minPacketTime = 5
	maxPacketTime = 120
)

// bytesPerMS of the codecs that are cut and joined. Of all of them a byte lasts
// one tick of the RTP clock.
const bytesPerMS = 8

// packing cuts and joins what goes to an end that wants its packets of another
// length than they come in. Opus and telephone-events pass as they are. Guarded
// by out.mu.
type packing struct {
	size   int    // bytes of a whole packet; 0: they go as they come
	n      int    // bytes that wait in buf
	ts     uint32 // of the first of them
	as     sdp.Format
	number uint8
	marker bool
	lost   bool // something before the first of them never came
	buf    [maxPacketTime * bytesPerMS]byte
}

// sampled tells whether a format can be cut anywhere: PCMU, PCMA and G722, of
// which a byte is one or two samples.
func sampled(f sdp.Format) bool {
	return f == sdp.FormatPCMU || f == sdp.FormatPCMA || f == sdp.FormatG722
}

// takes tells whether n bytes in format as must be cut or joined.
func (k *packing) takes(as sdp.Format, n int) bool {
	return k.size != 0 && sampled(as) && (k.n > 0 || n != k.size)
}

// setPacketTime has sound sent in packets of so many ms; 0: as it comes.
func (e *End) setPacketTime(ms int) {
	e.out.mu.Lock()
	defer e.out.mu.Unlock()
	if ms != 0 {
		ms = min(max(ms, minPacketTime), maxPacketTime)
	}
	e.out.packing.size, e.out.packing.n = ms*bytesPerMS, 0
}

// repack adds sound of format from, to be sent as another, to the packet under
// way, and sends what is whole. lost says that something before it never came.
// Called with out.mu held.
func (e *End) repack(sound []byte, from, as sdp.Format, number uint8, ts uint32, marker, lost bool, at int64) {
	k := &e.out.packing
	if lost || k.as != as || k.ts+uint32(k.n) != ts {
		e.flush(at)
	}
	k.lost = k.lost || lost
	s := &e.out.stream
	before, begin, span := s.seq, ts, uint32(len(sound))
	for len(sound) > 0 {
		if k.n == 0 {
			k.ts, k.as, k.number, k.marker, marker = ts, as, number, marker, false
		}
		n := min(len(sound), k.size-k.n)
		recode(k.buf[k.n:], sound[:n], from, as)
		k.n += n
		ts += uint32(n)
		sound = sound[n:]
		if k.n == k.size {
			e.flush(at)
		}
	}
	if s.seq != before {
		// The clock goes by what came, not by the pieces that just left at once.
		s.anchorTS, s.anchorAt, s.span = begin, at, span
	}
}

// flush sends what waits, whole or not. What comes next of the source that is
// relayed has its number after it. Called with out.mu held.
func (e *End) flush(at int64) {
	o := &e.out
	k := &o.packing
	if k.n == 0 {
		return
	}
	before := o.stream.seq
	seq := before + 1
	if k.lost {
		seq++ // the gap stays visible
	}
	n := k.n
	copy(o.buf[rtpHeaderSize:], k.buf[:n])
	k.n, k.lost = 0, false
	e.send(seq, k.ts, k.marker, k.as, k.number, n, at)
	o.stream.mapping.seqOff += o.stream.seq - before
}

// recode writes sound of one format to dst in another: itself, or the other law.
func recode(dst, sound []byte, from, as sdp.Format) {
	if from == as {
		copy(dst, sound)
		return
	}
	convertLaw(dst, sound, from)
}
