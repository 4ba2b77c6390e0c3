package gateway

import (
	"ringsplash/gateway/machine"
	"ringsplash/media"
)

// end returns the audio end of a leg, nil while a tab has none.
func (c *Call) end(id machine.LegID) *media.End {
	if end := c.live(id).end; end != nil {
		return end.End
	}
	if l := c.state.Leg(id); l != nil && l.Kind == machine.TabLeg {
		if t := c.gw.board.tab(l.Tab); t != nil {
			return t.audio()
		}
	}
	return nil
}

// route makes who hears whom as the state says, changing only what differs.
func (c *Call) route() {
	want := machine.Routes(&c.state)
	for id, l := range c.legs {
		if _, ok := want[id]; !ok && l.hears != nil {
			want[id] = machine.Heard{}
		}
	}
	for id, h := range want {
		if !c.hears(id, h) && c.point(id, h) {
			c.live(id).hears = &h
		}
	}
}

// hears tells whether the leg was pointed at h.
func (c *Call) hears(id machine.LegID, h machine.Heard) bool {
	was := c.live(id).hears
	return was != nil && *was == h
}

// point lets one leg hear h; false when an end it needs is not there yet.
func (c *Call) point(id machine.LegID, h machine.Heard) bool {
	var src media.Source
	switch {
	case h.Tone != "":
		src = tones[h.Tone]
	case h.Leg != "":
		from := c.end(h.Leg)
		if from == nil {
			return false
		}
		src = from
	}
	if l := c.state.Leg(id); l != nil && l.Kind == machine.TabLeg {
		t := c.gw.board.tab(l.Tab)
		return t != nil && t.hear(c.id, src)
	}
	end := c.end(id)
	if end == nil {
		return false
	}
	end.Hear(src)
	return true
}

var tones = map[machine.Tone]media.Source{
	machine.ToneMusic: media.HoldMusic, machine.ToneSilence: media.Silence, machine.ToneRingback: media.Ringback,
}

// forgetRoutes makes route set everything again that touches the tab, whose
// end is another one now.
func (c *Call) forgetRoutes(tab machine.TabID) {
	l := c.state.TabLeg(tab)
	if l == nil {
		return
	}
	for id, other := range c.legs {
		if id == l.ID || other.hears != nil && other.hears.Leg == l.ID {
			other.hears = nil
		}
	}
}

// outage is one time without a path for sound in a tab.
type outage struct {
	tab machine.TabID
	no  int
}

// silenced writes one line for a call whose talk is in a tab that has no path
// for sound, and gives the tab's leg; "" when the tab carries no talk, or when
// that was said before.
func (c *Call) silenced(e machine.TabSilent) machine.LegID {
	l := c.state.TabLeg(e.Tab)
	this := outage{e.Tab, e.Outage}
	if l == nil || c.state.Parties[l.Side].Leg != l.ID || c.soundless == this {
		return ""
	}
	c.soundless = this
	c.gw.silent.Add(1)
	why := "its page has not offered any; it may sleep, or its browser has no WebRTC"
	if e.Offered {
		why = "it does not reach media.webrtc_port by UDP or TCP; check the firewall, and media.listen and media.public"
	}
	c.log.Warn("no sound in a browser: "+why,
		"leg", l.ID, "tab", e.Tab, "user", c.state.Parties[l.Side].User, "port", c.gw.cfg.Media.WebRTCAddr().Port(), "state", e.State)
	return l.ID
}

// Silent counts the talks in tabs whose browser did not reach the port for
// browsers.
func (g *Gateway) Silent() uint64 { return g.silent.Load() }
