package gateway

import (
	"errors"
	"fmt"
	"time"

	"ringsplash/media"
)

// hear turns what came in into what the machine may know: addresses resolved,
// SDP read by media.
func (c *Call) hear(e Event) input {
	in := input{Event: e, Now: time.Now()}
	var err error
	switch e := e.(type) {
	case placed:
		in.Event = c.place(e)
	case handover:
		c.takeOver(e)
		in.Event = e.Joined
	case Referred:
		in.Fresh = c.gw.newCallID()
		if l := c.state.leg(e.Leg); l != nil {
			in.MayRefer = c.gw.mayRefer(l.Trunk)
		}
		if e.Replaces != "" {
			in.Other = c.gw.callWith(e.Replaces)
		}
	case Refused:
		in.Redirect = c.redirects(e)
	case Rang:
		if len(e.SDP) > 0 {
			in.Sound, err = c.takeAnswer(e.Leg, e.SDP)
		}
	case Answered:
		in.Sound, err = c.takeAnswer(e.Leg, e.SDP)
		if w := c.state.Wish.Target; w != nil { // it may be elsewhere, or busy, since the caller's own phone was rung
			in.Target = c.phoneOf(c.state.Parties[Callee].User, w.Device)
		}
	case Reoffered:
		if e.Status < 300 && len(e.SDP) > 0 {
			in.Sound, err = c.takeAnswer(e.Leg, e.SDP)
		}
	case Offered:
		in.Stirred, in.Alone = c.stirred(e.Leg)
		if end := c.ends[e.Leg]; end != nil && len(e.SDP) > 0 {
			in.Sound, err = end.TakeOffer(e.SDP)
		}
	case Asked:
		c.hearAsked(e, &in)
	case Expired:
		if e.Timer == watchTimer {
			in.Silent = c.silent(in.Now, c.gw.cfg.Timers.MediaLost)
		}
	case TabMedia:
		c.forgetRoutes(e.Tab)
	case TabSilent:
		in.Silenced = c.silenced(e)
	case Digit, Keyed, Pressed:
		in.Keys = c.hearKeys(e)
	}
	if err != nil {
		c.log.Warn("session description not usable", "leg", legOf(e), "err", err)
		in.Fault = faultOf(err)
	}
	return in
}

// hearAsked adds what a command of a tab names.
func (c *Call) hearAsked(e Asked, in *input) {
	in.Fresh, in.Again = c.gw.newCallID(), LegID(c.gw.cfg.NewID("l"))
	on := ""
	switch asked := e.Command.(type) {
	case Answer:
		on = asked.On
		in.Stale = asked.Version != 0 && (asked.Version < c.caller || asked.Version > c.version)
	case Move:
		on = asked.On
	case Transfer:
		in.Other = asked.With
	}
	if on != "" && on != "browser" {
		in.Target = c.phoneOf(e.User, on)
	}
}

// hearKeys passes on the digits that may pass, and returns those that could be
// the phone's un-mute.
func (c *Call) hearKeys(e Event) string {
	switch e := e.(type) {
	case Digit:
		c.passDigit(e)
		return string(e.Digit)
	case Keyed:
		c.passKeys(e.Leg)
	case Pressed:
		if o := c.owners[e.Leg]; o != nil {
			return o.pressed.take()
		}
	}
	return ""
}

// faults are the causes of what media refuses, kinds before their kin.
var faults = []struct {
	err   error
	cause Cause
}{
	{media.ErrNoAudio, CauseNoAudio},
	{media.ErrSecureOnly, CauseSecureOnly},
	{media.ErrTransport, CauseTransport},
	{media.ErrFamily, CauseFamily},
	{media.ErrHostName, CauseHostName},
	{media.ErrMulticast, CauseMulticast},
	{media.ErrBadSDP, CauseBadSDP},
	{media.ErrNoCodec, CauseNoCodec},
	{media.ErrNoPort, CauseOverload},
}

func faultOf(err error) Cause {
	for _, f := range faults {
		if errors.Is(err, f.err) {
			return f.cause
		}
	}
	return CauseFault
}

func legOf(e Event) LegID {
	switch e := e.(type) {
	case Rang:
		return e.Leg
	case Answered:
		return e.Leg
	case Offered:
		return e.Leg
	case Reoffered:
		return e.Leg
	case Refused:
		return e.Leg
	case Ended:
		return e.Leg
	case RefreshDue:
		return e.Leg
	case Referred:
		return e.Leg
	case Digit:
		return e.Leg
	case Kept:
		return e.Leg
	case Keyed:
		return e.Leg
	case Pressed:
		return e.Leg
	case Faulted:
		return e.Leg
	case SplashOver:
		return e.Leg
	}
	return ""
}

func (c *Call) takeAnswer(id LegID, sdp []byte) (media.Negotiated, error) {
	end := c.ends[id]
	if end == nil {
		return media.Negotiated{}, fmt.Errorf("leg %s has no media end", id)
	}
	if l := c.state.leg(id); l != nil && l.Stage == Gone {
		return media.Negotiated{}, nil // its 2xx crossed our goodbye
	}
	return end.TakeAnswer(sdp)
}

// silent lists the legs of which no RTP came for limit before now.
func (c *Call) silent(now time.Time, limit time.Duration) []LegID {
	var out []LegID
	for id, end := range c.ends {
		last := end.Stats().LastReceived
		if last.Before(c.state.Talking) {
			last = c.state.Talking
		}
		if now.Sub(last) >= limit {
			out = append(out, id)
		}
	}
	return out
}
