package gateway

import (
	"sync"
	"time"

	"ringsplash/gateway/machine"
	"ringsplash/media"
)

// keys are the digits that one phone sent as telephone-events (RFC 4733), on
// their way to its call. The path of the packets puts them in, one for each
// event, the call takes them out; of a flood the rest is dropped.
type keys struct {
	mu     sync.Mutex
	digits [16]byte
	count  int
	used   bool // some came
}

// put tells whether the call has to be woken.
func (k *keys) put(digit byte) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.used = true
	if k.count == len(k.digits) {
		return false
	}
	k.digits[k.count] = digit
	k.count++
	return k.count == 1
}

func (k *keys) take() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	all := string(k.digits[:k.count])
	k.count = 0
	return all
}

// sends tells whether the phone sends telephone-events. Some send each key by
// INFO too: that one is left out then.
func (k *keys) sends() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.used
}

// listen has the call told of the digits that the leg's end lets through its
// gate, and of the keys that are pressed while the gate is not open.
func (o *owner) listen(id machine.LegID, end *media.RTPEnd) {
	end.OnDigit(func(digit byte) {
		if o.keys.put(digit) {
			o.post(machine.Keyed{LegID: id})
		}
	})
	end.OnKey(func(digit byte) {
		if o.pressed.put(digit) {
			o.post(machine.Pressed{LegID: id})
		}
	})
}

// passKeys gives a phone's digits to a far end that negotiated no
// telephone-event, as far as it hears that phone: what is muted, held or shut
// sends none. Any other far end has them in the media.
func (c *Call) passKeys(id machine.LegID) {
	l, o := c.state.Leg(id), c.live(id).owner
	if l == nil || o == nil {
		return
	}
	digits, far := o.keys.take(), c.state.Audio(l.Side.Other())
	if digits == "" || far == nil || !c.hears(far.ID, machine.Heard{Leg: id}) {
		return
	}
	if end := c.end(far.ID); end != nil && !end.DTMF() {
		_ = c.keyIn(far, digits) // before its answer there is no way to tell it
	}
}

// passDigit relays a digit that came as INFO to the other side.
func (c *Call) passDigit(e machine.Digit) {
	l := c.state.Leg(e.LegID)
	if l == nil || c.state.Phase != machine.Established || l.Echoes(e.Digit, time.Now()) {
		return
	}
	if end := c.live(l.ID).end; end != nil && end.Gate().State() != media.GateOpen {
		return
	}
	// A key that un-muted went to pressed. Its INFO may come at the release, long after.
	if o := c.live(l.ID).owner; o != nil && (o.keys.sends() || o.pressed.sends()) {
		return
	}
	if far := c.state.Audio(l.Side.Other()); far != nil {
		_ = c.keyIn(far, string(e.Digit)) // a far end without DTMF hears nothing
	}
}

func (c *Call) sendDigits(cmd machine.KeyTones) *machine.CommandError {
	l := c.state.Leg(cmd.LegID)
	if l == nil || c.end(cmd.LegID) == nil {
		return machine.ErrWrongState
	}
	if err := c.keyIn(l, cmd.Digits); err != nil {
		return denied("no_dtmf", "command.no_dtmf")
	}
	return nil
}

// keyIn sends digits to a leg as telephone-events where these were negotiated,
// to an answered SIP device by INFO otherwise, and never as both. A phone whose
// gate is shut gets none: it could give them back as its own keys.
func (c *Call) keyIn(l *machine.LegState, digits string) error {
	end := c.end(l.ID)
	switch sip := c.live(l.ID).dialog; {
	case end == nil, l.Gate.Closed():
		return media.ErrNoDTMF
	case !end.DTMF() && sip != nil && l.Stage == machine.Up:
		sip.Digits(digits)
		return nil
	}
	return end.SendDigits(digits)
}
