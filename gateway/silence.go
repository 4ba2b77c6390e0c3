package gateway

import (
	"time"

	"ringsplash/gateway/machine"
	"ringsplash/media"
)

// watchPath waits for the tab's PeerConnection to come up: one that does not
// within Timers.PathWait leaves a talk in the tab without sound, which nobody
// but the two who talk would notice. Under t.mu.
func (t *Tab) watchPath() {
	if t.silence == nil {
		t.silence = time.AfterFunc(t.gw.cfg.Timers.PathWait, t.missed)
	}
}

// pathChanged follows the transport of one of the tab's ends; that of an end
// which was replaced is of no interest any more.
func (t *Tab) pathChanged(end *media.TabEnd, s media.TabState) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.end != end || end == nil {
		return
	}
	t.path = s
	switch s {
	case media.TabConnected:
		t.outages++
		t.heard()
	case media.TabDisconnected:
		t.watchPath()
	}
}

// heard ends the wait. Under t.mu.
func (t *Tab) heard() {
	if t.silence != nil {
		t.silence.Stop()
		t.silence = nil
	}
}

// missed tells the user's calls that the tab has no path for sound. Those that
// ring may yet be answered there, so it goes on as long as the page tries.
func (t *Tab) missed() {
	t.mu.Lock()
	if t.silence == nil || t.path == media.TabConnected {
		t.mu.Unlock()
		return // it came up just now
	}
	t.silence = nil
	e := machine.TabSilent{Tab: t.id, State: t.path, Offered: t.end != nil, Outage: t.outages}
	if t.end != nil {
		t.watchPath()
	}
	t.mu.Unlock()
	for _, c := range t.gw.board.callsOf(t.user) {
		c.post(e)
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
