package gateway

import (
	"errors"
	"fmt"
	"time"

	"ringsplash/gateway/machine"
	"ringsplash/media"
	"ringsplash/media/sdp"
)

// hear turns what came in into what the machine may know: addresses resolved,
// SDP read by media.
func (c *Call) hear(e machine.Event) machine.Input {
	in := machine.Input{Event: e, Now: time.Now()}
	var err error
	switch e := e.(type) {
	case placed:
		in.Event = c.place(e)
	case handover:
		c.takeOver(e)
		in.Event = e.Joined
	case machine.Referred:
		in.Fresh = newCallID()
		if l := c.state.Leg(e.LegID); l != nil {
			in.MayRefer = c.gw.trunk(l.Trunk).Refer
		}
		if e.Replaces != "" {
			in.Other = c.gw.callWith(e.Replaces)
		}
	case machine.Refused:
		in.Redirect = c.redirects(e)
	case machine.Rang:
		if len(e.SDP) > 0 {
			in.Sound, err = c.takeAnswer(e.LegID, e.SDP)
		}
	case machine.Answered:
		in.Sound, err = c.takeAnswer(e.LegID, e.SDP)
		if w := c.state.Wish.Target; w != nil { // it may be elsewhere, or busy, since the caller's own phone was rung
			in.Target = c.phoneOf(c.state.Parties[machine.Callee].User, w.Device)
		}
	case machine.Reoffered:
		if e.Status < 300 && len(e.SDP) > 0 {
			in.Sound, err = c.takeAnswer(e.LegID, e.SDP)
		}
	case machine.Offered:
		in.Activity, in.Alone = c.activity(e.LegID)
		if end := c.live(e.LegID).end; end != nil && len(e.SDP) > 0 {
			in.Sound, err = end.TakeOffer(e.SDP)
		}
	case machine.Asked:
		c.hearAsked(e, &in)
	case machine.Expired:
		if e.Timer == machine.WatchTimer {
			in.Silent = c.silent(in.Now, c.gw.cfg.Timers.MediaLost)
		}
	case machine.TabMedia:
		c.forgetRoutes(e.Tab)
	case machine.TabSilent:
		in.Silenced = c.silenced(e)
	case machine.Digit:
		c.passDigit(e)
		in.Keys = string(e.Digit)
	case machine.Keyed:
		c.passKeys(e.LegID)
	case machine.Pressed:
		if o := c.live(e.LegID).owner; o != nil {
			in.Keys = o.pressed.take()
		}
	}
	if err != nil {
		c.log.Warn("session description not usable", "leg", machine.LegOf(e), "err", err)
		in.Fault = faultOf(err)
	}
	return in
}

// hearAsked adds what a command of a tab names.
func (c *Call) hearAsked(e machine.Asked, in *machine.Input) {
	in.Fresh, in.Again = newCallID(), newLegID()
	on := ""
	switch asked := e.Command.(type) {
	case machine.Answer:
		on = asked.On
		in.Stale = asked.Version != 0 && (asked.Version < c.caller || asked.Version > c.version)
	case machine.Move:
		on = asked.On
	case machine.Transfer:
		in.Other = asked.With
	}
	if on != "" && on != "browser" {
		in.Target = c.phoneOf(e.User, on)
	}
}

// faults are the causes of what media refuses, kinds before their kin.
var faults = []struct {
	err   error
	cause machine.Cause
}{
	{sdp.ErrNoAudio, machine.CauseNoAudio},
	{sdp.ErrSecureOnly, machine.CauseSecureOnly},
	{sdp.ErrTransport, machine.CauseTransport},
	{media.ErrFamily, machine.CauseFamily},
	{sdp.ErrHostName, machine.CauseHostName},
	{sdp.ErrMulticast, machine.CauseMulticast},
	{sdp.ErrBad, machine.CauseBadSDP},
	{sdp.ErrNoCodec, machine.CauseNoCodec},
	{media.ErrNoPort, machine.CauseOverload},
}

func faultOf(err error) machine.Cause {
	for _, f := range faults {
		if errors.Is(err, f.err) {
			return f.cause
		}
	}
	return machine.CauseFault
}

func (c *Call) takeAnswer(id machine.LegID, text []byte) (sdp.Negotiated, error) {
	end := c.live(id).end
	if end == nil {
		return sdp.Negotiated{}, fmt.Errorf("leg %s has no media end", id)
	}
	if l := c.state.Leg(id); l != nil && l.Stage == machine.Gone {
		return sdp.Negotiated{}, nil // its 2xx crossed our goodbye
	}
	return end.TakeAnswer(text)
}

// silent lists the legs of which no RTP came for limit before now.
func (c *Call) silent(now time.Time, limit time.Duration) []machine.LegID {
	var out []machine.LegID
	for id, l := range c.legs {
		if l.end == nil {
			continue
		}
		last := l.end.Stats().LastReceived
		if last.Before(c.state.Talking) {
			last = c.state.Talking
		}
		if now.Sub(last) >= limit {
			out = append(out, id)
		}
	}
	return out
}
