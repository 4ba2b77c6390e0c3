package gateway

import (
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"ringsplash/gateway/machine"
	"ringsplash/media"
	"ringsplash/media/sdp"
)

// audio is the tab's audio end, nil while it has no PeerConnection.
func (t *Tab) audio() *media.End {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.end == nil {
		return nil
	}
	return t.end.End
}

// hear lets the tab hear src for a call. The last call that gave it something
// to hear has the tab; another's nil changes nothing. False when there is no
// PeerConnection yet.
func (t *Tab) hear(call machine.CallID, src media.Source) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if src == nil {
		if t.focus != call {
			return true
		}
		t.focus = ""
	} else {
		t.focus = call
	}
	if t.end == nil {
		if src != nil {
			t.watchPath()
		}
		return src == nil
	}
	t.end.Hear(src)
	return true
}

// watchIdle closes a PeerConnection nobody has needed for a while. Under mu.
func (t *Tab) watchIdle(needed bool) {
	switch {
	case needed && t.idle != nil:
		t.idle.Stop()
		t.idle = nil
	case !needed && t.idle == nil && t.end != nil:
		end := t.end
		t.idle = time.AfterFunc(t.gw.cfg.Timers.PCIdle, func() { t.lose(end) })
	}
}

// offer answers the page's offer: for its present PeerConnection, or for a new
// one that replaces it.
func (t *Tab) offer(c Command) (Result, error) {
	t.offering.Lock()
	defer t.offering.Unlock()
	t.mu.Lock()
	end, known := t.end, t.end != nil && t.pc == c.PC
	t.mu.Unlock()
	if !known {
		var err error
		if end, err = t.newEnd(c.PC, end); err != nil {
			return Result{}, err
		}
	}
	codecs := slices.DeleteFunc(slices.Clone(c.Codecs), func(c sdp.Codec) bool { return c.Format() == sdp.FormatNone })
	if len(codecs) == 0 {
		codecs = machine.EveryCodec()
	}
	text, err := end.TakeOffer(c.SDP, codecs)
	switch {
	case errors.Is(err, sdp.ErrNoCodec):
		return Result{}, denied("no_codec", "command.no_codec")
	case errors.Is(err, sdp.ErrBad):
		return Result{}, denied("bad_sdp", "command.bad_offer")
	case err != nil:
		t.gw.log.Warn("tab's offer failed", "tab", t.id, "err", err)
		return Result{}, denied("fault", "command.sound_fault")
	}
	return Result{SDP: text}, nil
}

// newEnd replaces the tab's end and points the calls to the new one.
func (t *Tab) newEnd(pc string, old *media.TabEnd) (*media.TabEnd, error) {
	var self atomic.Pointer[media.TabEnd]
	end, err := t.gw.cfg.Media.NewTabEnd(func(s media.TabState) {
		t.pathChanged(self.Load(), s)
		if s == media.TabFailed || s == media.TabClosed {
			t.lose(self.Load())
		}
	})
	if err != nil {
		return nil, denied("overload", "command.no_room_for_sound")
	}
	self.Store(end)
	t.mu.Lock()
	t.end, t.pc, t.focus, t.path = end, pc, "", ""
	t.watchPath()
	t.mu.Unlock()
	if old != nil {
		old.Close()
	}
	for _, c := range t.gw.board.callsOf(t.user) {
		c.post(machine.TabMedia{Tab: t.id})
	}
	return end, nil
}

// lose drops an end whose other side is gone; the page makes a new one.
func (t *Tab) lose(end *media.TabEnd) {
	t.mu.Lock()
	if t.end != end || end == nil {
		t.mu.Unlock()
		return
	}
	t.end, t.pc, t.focus, t.idle, t.path = nil, "", "", nil, ""
	t.generation++
	t.closing.Add(1)
	t.mu.Unlock()
	go func() { // not on the media path's own goroutine, which Close waits for
		defer t.closing.Done()
		end.Close()
	}()
	for _, c := range t.gw.board.callsOf(t.user) {
		c.post(machine.TabMedia{Tab: t.id})
	}
	t.nudge()
}

func (t *Tab) candidate(c Command) error {
	t.mu.Lock()
	end, same := t.end, t.pc == c.PC
	t.mu.Unlock()
	if end == nil || !same || c.Candidate == "" {
		return nil // of a connection that was replaced meanwhile
	}
	if err := end.AddCandidate(c.Candidate); err != nil {
		return denied("bad_request", "command.bad_candidate")
	}
	return nil
}

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
	stop(t.silence)
	t.silence = nil
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
