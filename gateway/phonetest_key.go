package gateway

import (
	"context"
	"time"

	"ringsplash/directory"
	"ringsplash/gateway/machine"
	"ringsplash/gateway/profile"
	"ringsplash/internal/mailbox"
	"ringsplash/internal/sentence"
	"ringsplash/location"
	"ringsplash/media"
	"ringsplash/media/sdp"
)

// keyToTest is the un-mute key that a test of this phone waits for, "" for none.
func (g *Gateway) keyToTest(d directory.Device, one *location.Binding) string {
	if g.cfg.Profile == nil {
		return ""
	}
	d.Learned.Key = profile.KeySeen // a test finds out anew
	return g.cfg.Profile(d.Profile, one.UserAgent).Keyed(d).UnmuteKey
}

// awaitKey waits for the un-mute key at the phone that was made to answer, for
// key_wait at most. The gate is shut as in a call, and nobody hears the phone.
// One that listens only may send no keys, so it is asked to send; if its key
// comes then, the next call offers it sendrecv too. It tells whether the phone
// ended the call meanwhile.
func (p *phoneTest) awaitKey(ctx context.Context, leg Leg, box *mailbox.Box[machine.Event], end *media.RTPEnd) (over bool) {
	if p.key == "" {
		return false
	}
	pressed := make(chan byte, 16)
	end.OnKey(func(digit byte) {
		select {
		case pressed <- digit:
		default: // of a flood the rest is dropped
		}
	})
	defer end.OnKey(nil)
	p.askToSend(leg, end)
	p.gw.pressNow(p.user, p.device, p.key)
	defer p.gw.pressNow(p.user, p.device, "")
	limit := time.NewTimer(p.gw.cfg.Timers.KeyWait)
	defer limit.Stop()
	asked := false // and it took the offer
	for !p.seen && !over {
		select {
		case <-ctx.Done():
			return false
		case <-limit.C:
			return false
		case digit := <-pressed:
			p.seen = p.key == string(digit)
		case <-box.Ready():
			for _, e := range box.Drain() {
				switch e := e.(type) {
				case machine.Digit:
					p.seen = p.seen || p.key == string(e.Digit)
				case machine.Reoffered:
					asked = e.Status < 300
					_, _ = end.TakeAnswer(e.SDP) // where it fails, no key comes as an event
				case machine.Ended:
					over = true
				}
			}
		}
	}
	if p.seen && asked {
		p.mute = profile.MuteGate
	}
	return over
}

// askToSend offers sendrecv to a phone that answered that it listens only.
func (p *phoneTest) askToSend(leg Leg, end *media.RTPEnd) {
	if p.remote != sdp.RecvOnly {
		return
	}
	if offer, err := end.Offer(end.Codecs(), sdp.SendRecv); err == nil {
		leg.Reoffer(offer)
	}
}

// learnedKey is what the test found out of the un-mute key, "" for nothing.
func (p *phoneTest) learnedKey() string {
	switch {
	case p.key == "":
		return ""
	case p.seen:
		return profile.KeySeen
	}
	return profile.KeyUnseen
}

// saidOfKey adds what the test found out of the un-mute key.
func (p *phoneTest) saidOfKey(said sentence.Sentence) sentence.Sentence {
	switch {
	case p.key == "":
		return said
	case p.seen:
		return Words.Say("phonetest.key_works", "said", said, "key", p.key)
	}
	return Words.Say("phonetest.key_unseen", "said", said, "key", p.key)
}

// pressNow has the user's tabs ask for a key of the phone, "" for none.
func (g *Gateway) pressNow(user, device, key string) {
	g.mu.Lock()
	if test := g.tests[user+"/"+device]; test != nil {
		test.press = key
	}
	g.mu.Unlock()
	g.board.wake(user)
}

// toPress is the key that a test of the phone waits for now, "" for none.
func (g *Gateway) toPress(user, device string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	if test := g.tests[user+"/"+device]; test != nil {
		return test.press
	}
	return ""
}
