package demo

import (
	"cmp"
	"log/slog"
	"math"
	"net/netip"
	"sync"

	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/media"
	"ringsplash/media/sdp"
	"ringsplash/policy"
)

// Lamp and display of a simulated phone, as its page shows them.
type face struct {
	Name string `json:"name"`
	// State is idle, calling, ringing, talking or held.
	State string `json:"state"`
	// Display is what the phone's display says.
	Display string `json:"display"`
	// Muted tells that the microphone key is pressed.
	Muted bool `json:"muted"`
	// Sends tells that the phone's microphone is on the line at all: false
	// while the gateway asked the phone to listen only.
	Sends bool `json:"sends"`
}

// phone is a SIP phone with one line, played by this program: real SIP and
// RTP, but its keys are on a web page and its loudspeaker is heard there.
type phone struct {
	name    string
	dial    func(in gateway.Invite, sink gateway.Sink) gateway.Leg
	loop    *media.Loop
	voice   media.Source // what its microphone picks up
	local   netip.Addr
	log     *slog.Logger
	onFace  func()
	onSound func(payload []byte)

	mu      sync.Mutex
	face    face
	leg     gateway.Leg
	legID   machine.LegID
	end     *media.RTPEnd
	ear     *media.Ear
	codecs  []sdp.Codec
	remote  sdp.Direction // what the gateway described last
	holding bool
}

var phoneCodecs = []sdp.Codec{sdp.PCMU, sdp.PCMA}

func (p *phone) show(state, display string) { p.face.State, p.face.Display = state, display }

// look returns the face.
func (p *phone) look() face {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := p.face
	f.Sends = p.end != nil && f.State == "talking" && (p.remote == sdp.SendRecv || p.remote == sdp.RecvOnly)
	return f
}

func (p *phone) locked(f func()) {
	p.mu.Lock()
	f()
	p.mu.Unlock()
	p.onFace()
}

// Begin takes an incoming INVITE (sipua.Calls).
func (p *phone) Begin(build func(sink gateway.Sink) gateway.Incoming) {
	in := build(p.event)
	p.locked(func() {
		if p.leg != nil {
			in.Leg.Reject(machine.CauseBusy)
			return
		}
		end, err := p.loop.NewRTPEnd(media.RTPOptions{Peer: in.Source.Addr()})
		if err == nil {
			var sound sdp.Negotiated
			sound, err = end.TakeOffer(in.Offer)
			p.remote = sound.Remote
		}
		if err != nil {
			p.log.Warn("simulated phone refuses a call", "phone", p.name, "err", err)
			in.Leg.Reject(machine.CauseNoCodec)
			return
		}
		p.leg, p.legID, p.end = in.Leg, in.Leg.ID(), end
		if in.AnswerMode.Auto {
			// No hand on it: the loudspeaker goes on, the microphone stays off
			// until the gateway's re-INVITE asks for it.
			p.show("ringing", "Auto-Answered: "+caller(in.From))
			p.answer()
			return
		}
		p.show("ringing", caller(in.From))
		p.leg.Ring(nil)
	})
}

func caller(from policy.Identity) string { return cmp.Or(from.Display, from.Address) }

// call dials an address through the gateway.
func (p *phone) call(display, uri string) {
	p.locked(func() {
		if p.leg != nil {
			return
		}
		end, err := p.loop.NewRTPEnd(media.RTPOptions{Peer: p.local})
		if err != nil {
			p.log.Warn("simulated phone cannot call", "phone", p.name, "err", err)
			return
		}
		offer, err := end.Offer(phoneCodecs, sdp.SendRecv)
		if err != nil {
			end.Close()
			p.log.Warn("simulated phone cannot call", "phone", p.name, "err", err)
			return
		}
		p.end, p.legID = end, machine.LegID(gateway.NewNodeName())
		p.show("calling", display)
		p.leg = p.dial(gateway.Invite{Leg: p.legID, Trunk: trunkName, URI: uri, Offer: offer}, p.event)
	})
}

// lift answers, or does nothing when it does not ring.
func (p *phone) lift() {
	p.locked(func() {
		if p.face.State == "ringing" {
			p.answer()
		}
	})
}

// answer accepts the call. Under mu.
func (p *phone) answer() {
	text, sound, err := p.end.Answer(phoneCodecs, p.remote.Mirror())
	if err != nil {
		p.leg.Reject(machine.CauseNoCodec)
		p.clear()
		return
	}
	p.leg.Answer(text)
	p.talk(sound)
}

// talk switches loudspeaker and microphone on. Under mu.
func (p *phone) talk(sound sdp.Negotiated) {
	p.codecs, p.remote = sound.Codecs, sound.Remote
	p.show("talking", p.face.Display)
	if p.ear == nil {
		ear, err := p.loop.NewEar(sound.Codecs[0], p.onSound)
		if err != nil {
			p.log.Warn("simulated phone has no loudspeaker", "phone", p.name, "err", err)
			return
		}
		p.ear = ear
		ear.Hear(p.end)
	}
	p.speak()
}

// speak puts the microphone on the line, or silence. Under mu.
func (p *phone) speak() {
	if p.end == nil {
		return
	}
	if p.face.Muted {
		p.end.Hear(media.Silence)
		return
	}
	p.end.Hear(p.voice)
}

// hangUp puts the handset back.
func (p *phone) hangUp() {
	p.locked(func() {
		if p.leg == nil {
			return
		}
		if p.face.State == "ringing" {
			p.leg.Reject(machine.CauseDeclined)
		} else {
			p.leg.HangUp(machine.CauseHangUp)
		}
		p.clear()
	})
}

// mute presses the phone's microphone key. It sends no SIP.
func (p *phone) mute() {
	p.locked(func() {
		p.face.Muted = !p.face.Muted
		p.speak()
	})
}

// star presses the * key, which un-mutes a phone that answered by itself. It
// goes by INFO, as a phone that is to listen only sends no RTP.
func (p *phone) star() {
	p.locked(func() {
		if p.face.State == "talking" {
			p.leg.Digits("*")
		}
	})
}

// hold presses the phone's hold key.
func (p *phone) hold() {
	p.locked(func() {
		if p.face.State != "talking" && p.face.State != "held" {
			return
		}
		p.holding = !p.holding
		dir, state := sdp.SendRecv, "talking"
		if p.holding {
			dir, state = sdp.SendOnly, "held"
		}
		text, err := p.end.Offer(p.codecs, dir)
		if err != nil {
			p.log.Warn("simulated phone cannot hold", "phone", p.name, "err", err)
			return
		}
		p.show(state, p.face.Display)
		p.leg.Reoffer(text)
	})
}

// clear goes back to idle. Under mu.
func (p *phone) clear() {
	if p.ear != nil {
		p.ear.Close()
	}
	if p.end != nil {
		p.end.Close()
	}
	p.leg, p.legID, p.end, p.ear, p.holding = nil, "", nil, nil, false
	p.face.Muted = false
	p.show("idle", "")
}

// event takes what happens to the phone's leg (gateway.Sink).
func (p *phone) event(e machine.Event) {
	p.locked(func() {
		switch e := e.(type) {
		case machine.Answered:
			p.answered(e)
		case machine.Refused:
			if e.LegID == p.legID {
				p.clear()
				p.face.Display = machine.CauseOf(e.Status).Sentence(machine.Caller).Text
			}
		case machine.Ended:
			if e.LegID == p.legID {
				p.clear()
			}
		case machine.Offered:
			p.offered(e)
		case machine.Reoffered:
			if e.LegID == p.legID && e.Status < 300 && len(e.SDP) > 0 {
				if sound, err := p.end.TakeAnswer(e.SDP); err == nil {
					p.remote = sound.Remote
				}
			}
		}
	})
}

func (p *phone) answered(e machine.Answered) {
	if e.LegID != p.legID {
		return
	}
	sound, err := p.end.TakeAnswer(e.SDP)
	if err != nil {
		p.leg.HangUp(machine.CauseNoCodec)
		p.clear()
		return
	}
	p.talk(sound)
}

// offered accepts the gateway's re-INVITE as it comes: the phone's own user
// has nothing against being un-muted from his tab.
func (p *phone) offered(e machine.Offered) {
	if e.LegID != p.legID || p.end == nil {
		return
	}
	sound, err := p.end.TakeOffer(e.SDP)
	if err != nil {
		p.leg.Reject(machine.CauseNoCodec)
		return
	}
	p.remote = sound.Remote
	text, answered, err := p.end.Answer(phoneCodecs, p.remote.Mirror())
	if err != nil {
		p.leg.Reject(machine.CauseNoCodec)
		return
	}
	p.remote = answered.Remote
	p.leg.Answer(text)
}

// melody is a voice to recognise a phone by: notes of 8 kHz PCM at about -16
// dBFS, each a sine of 0.3 s with soft edges.
func melody(name string, notes ...float64) media.Source {
	const long = 2400
	var pcm []int16
	for _, hz := range notes {
		for i := range long {
			edge := math.Min(1, math.Min(float64(i), float64(long-i))/200)
			pcm = append(pcm, int16(5000*edge*math.Sin(2*math.Pi*hz*float64(i)/8000)))
		}
	}
	return media.NewTone(name, true, append(pcm, make([]int16, 8000/2)...))
}
