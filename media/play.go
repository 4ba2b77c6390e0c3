package media

import (
	"encoding/binary"
	"fmt"
	"strings"

	"ringsplash/media/sdp"
)

// playing is a tone on its way to an end.
type playing struct {
	tone *tone
	pos  int
	as   sdp.Format
	ts   uint32
	last uint64 // tick of the last frame sent, 0 before the first
}

// digits are DTMF digits on their way to an end.
type digits struct {
	queue []byte
	step  int
	ts    uint32
}

// One digit takes ten ticks: five of growing length, of which the last is the
// end, sent three times (RFC 4733 2.5.1.3, 2.5.1.4), then a pause.
const (
	digitSteps  = 5 // 100 ms
	digitEnds   = 3
	digitTicks  = digitSteps + digitEnds - 1
	digitPause  = 3
	digitVolume = 10 // -10 dBm0
	maxDigits   = 64
)

func (d *digits) waiting() bool { return len(d.queue) > 0 }

// sounding tells whether an event is under way; audio waits for it.
func (d *digits) sounding() bool { return d.step > 0 && d.step <= digitTicks }

// PlayOnce sends t once through, then what Hear chose again. done, if not nil,
// is called when it is over, replaced by another PlayOnce, or the end is
// closed: exactly once, from the loop, so it must return at once.
func (e *End) PlayOnce(t Tone, done func()) {
	if done == nil {
		done = func() {}
	}
	o := &e.out
	o.mu.Lock()
	if e.closed.Load() || t.tone == nil {
		o.mu.Unlock()
		e.loop.later(done)
		return
	}
	before := o.done
	o.once, o.done = playing{tone: t.tone}, done
	o.busy.Store(true)
	o.mu.Unlock()
	if before != nil {
		e.loop.later(before)
	}
}

// DTMF tells whether telephone-event was negotiated (RFC 4733).
func (e *End) DTMF() bool {
	table := e.payloads.Load()
	return table != nil && table.dtmf()
}

// SendDigits queues DTMF digits (0-9 * # A-D) toward this end as
// telephone-events of 100 ms (RFC 4733). It is ErrNoDTMF when that was not
// negotiated, a character is no digit, 64 digits are waiting, or the end's gate
// is not open: such a phone must not be sent what it could give back as its
// own key.
func (e *End) SendDigits(s string) error {
	s = strings.ToUpper(s)
	for _, r := range s {
		if !strings.ContainsRune(dtmfDigits, r) {
			return fmt.Errorf("%w: %q is not one of %s", ErrNoDTMF, r, dtmfDigits)
		}
	}
	if !e.DTMF() || e.gate.State() != GateOpen {
		return ErrNoDTMF
	}
	if e.closed.Load() {
		return ErrClosed
	}
	if s == "" {
		return nil
	}
	o := &e.out
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.digits.queue)+len(s) > maxDigits {
		return fmt.Errorf("%w: more than %d digits are waiting", ErrNoDTMF, maxDigits)
	}
	o.digits.queue = append(o.digits.queue, s...)
	o.busy.Store(true)
	return nil
}

// tick is the end's turn, each 20 ms: n counts them, at is the loop clock.
func (e *End) tick(n uint64, at int64) {
	o := &e.out
	from := o.hears.Load()
	quiet := from != nil && from.silent()
	due := at >= o.report.next.Load()
	if !quiet && !due && !o.busy.Load() {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if e.closed.Load() {
		return
	}
	if due {
		e.sendReport(at)
	}
	switch {
	case o.digits.waiting():
		if e.tickDigit(at) {
			break
		}
		fallthrough
	default:
		e.tickTone(n, at, quiet)
	}
	o.busy.Store(o.tone.tone != nil || o.once.tone != nil || o.digits.waiting())
}

// silent tells whether nothing of what this end sends gets through.
func (e *End) silent() bool { return e.muted.Load() || e.gate.State() != GateOpen }

// tickTone sends the next frame of what plays, if anything does.
func (e *End) tickTone(n uint64, at int64, quiet bool) {
	o := &e.out
	switch {
	case o.once.tone != nil:
		if e.frame(&o.once, n, at); o.once.pos == o.once.tone.length {
			e.loop.later(o.done)
			o.once, o.done = playing{}, nil
		}
	case o.tone.tone != nil:
		if e.frame(&o.tone, n, at); o.tone.pos == o.tone.tone.length {
			o.tone.pos = 0
			if !o.tone.tone.loop {
				o.tone.tone = Silence.tone
			}
		}
	case quiet:
		// o.tone is unused while another end is heard.
		o.tone.tone = Silence.tone
		e.frame(&o.tone, n, at)
		o.tone.tone, o.tone.pos = nil, 0
	}
}

// frame sends one frame of p and moves it on.
func (e *End) frame(p *playing, n uint64, at int64) {
	o := &e.out
	pos := p.pos
	p.pos++
	table := e.payloads.Load()
	if table == nil || len(table.codecs) == 0 || o.held {
		return
	}
	if p.last == 0 || o.stream.mapping.from != nil {
		e.flush(at)
	}
	as, frames := p.tone.framesFor(table, o.stream.audio)
	body := frames[pos%len(frames)]
	span := span(as, body)
	ts := o.stream.now(at, as.Clock())
	marker := p.last == 0 || n-p.last > 1
	if p.last != 0 && p.as == as {
		// By the tick, not by the clock: a late tick makes no jitter.
		if t := p.ts + uint32(n-p.last)*span; int32(t-o.stream.anchorTS) > 0 {
			ts = t
		}
	}
	p.as, p.ts, p.last = as, ts, n
	o.stream.forget()
	if o.packing.takes(as, len(body)) {
		e.repack(body, as, as, table.tx[as], ts, marker, false, at)
		return
	}
	copy(o.buf[rtpHeaderSize:], body)
	e.send(o.stream.seq+1, ts, marker, as, table.tx[as], len(body), at)
}

// tickDigit takes the digit at the head of the queue one step on. It is false
// in the pause after a digit, when audio may go.
func (e *End) tickDigit(at int64) bool {
	o := &e.out
	d := &o.digits
	d.step++
	if d.step > digitTicks {
		if d.step > digitTicks+digitPause {
			d.queue, d.step = d.queue[1:], 0
		}
		return false
	}
	table := e.payloads.Load()
	as, number, ok := table.out(sdp.FormatEvent8, o.stream.audio)
	if !ok || o.held || e.gate.State() != GateOpen {
		d.queue, d.step = nil, 0
		return false
	}
	if d.step == 1 {
		e.flush(at)
		d.ts = o.stream.now(at, o.stream.audio.Clock())
		o.stream.forget()
	}
	steps := min(d.step, digitSteps)
	length := uint32(steps) * as.Clock() / 50
	body := o.buf[rtpHeaderSize:]
	body[0] = byte(strings.IndexByte(dtmfDigits, d.queue[0]))
	body[1] = digitVolume
	if d.step >= digitSteps {
		body[1] |= 0x80
	}
	binary.BigEndian.PutUint16(body[2:], uint16(length))
	e.send(o.stream.seq+1, d.ts, d.step == 1, as, number, 4, at)
	return true
}
