package machine

import (
	"strings"
	"time"

	"ringsplash/gateway/profile"
	"ringsplash/internal/sentence"
	"ringsplash/media/sdp"
	"ringsplash/policy"
)

// Gate is what the machine knows of a leg's gate. The zero value is a leg that
// was never gated.
type Gate string

// Gates.
const (
	GateNever  Gate = ""
	GateShut   Gate = "shut"
	GateWanted Gate = "wanted" // the owner un-muted, the phone has to agree
	GateOpen   Gate = "open"
)

// Closed tells whether nothing of the leg may reach anyone.
func (g Gate) Closed() bool { return g != GateNever && g != GateOpen }

// Unmuting is what can un-mute a leg whose gate is shut, besides a tab:
//
//	UnmuteDue      the click that moved a live call here   once the splash is over
//	UnmuteKey      that key of the phone                   after the splash
//	ResumeUnmutes  Resume at the phone                     after a Hold there (Resumes), alone and untouched since
type Unmuting struct {
	ResumeUnmutes bool `json:"resumeUnmutes,omitempty"`
	// UnmuteDue tells that the un-mute of a move waits for the splash.
	UnmuteDue bool `json:"unmuteDue,omitempty"`
	// UnmuteKey is the key of the phone that is its user's un-mute while the
	// gate is shut, "" for none; KeyAt is when it was last taken for that.
	// KeyNamed: people are told to press it.
	UnmuteKey string    `json:"unmuteKey,omitempty"`
	KeyNamed  bool      `json:"keyNamed,omitempty"`
	KeyAt     time.Time `json:"keyAt,omitzero"`
	// Resumes tells that the phone put us on hold by itself while shut, HeldAt
	// its activity by then.
	Resumes bool   `json:"resumes,omitempty"`
	HeldAt  uint64 `json:"heldAt,omitempty"`
}

// splashOver: what was to come after the splash may come now.
func (m *transition) splashOver(id LegID) {
	l := m.Leg(id)
	if l == nil || l.Stage != Up || l.SplashDue {
		return
	}
	l.Announcing = false
	if l.UnmuteDue {
		m.unmute(l, byMove)
	}
}

// onlyGate goes over to mute mode gate: the phone will not take sendonly, or
// must send something before it can hear us. The gate drops what it sends.
func (m *transition) onlyGate(l *LegState) {
	if l.Remote == sdp.Inactive {
		m.do(Learn{l.Side, l.Device, profile.MuteGate})
	}
	l.Mute, l.SplashDue = profile.MuteGate, true
	m.reoffer(l, l.Codecs, sdp.SendRecv)
}

// Act is how the owner un-muted.
type Act string

// Acts of the owner that un-mute.
const (
	byTab    Act = "tab"    // Unmute in a tab
	byMove   Act = "move"   // the click that moved a live call to the phone
	byKey    Act = "key"    // the un-mute key of the phone
	byResume Act = "resume" // Hold, then Resume at the phone
)

// unmute is the owner's own act: the one thing that leads to an open gate. It
// takes the place of one that is due, which must not outlive it when it is void.
func (m *transition) unmute(l *LegState, by Act) {
	l.UnmuteDue = false
	if l.Gate != GateShut && l.Gate != GateWanted {
		return
	}
	l.Gate = GateWanted
	m.do(WantGate{l.ID, by}, StartTimer{l.Side.Timer(UnmuteTimer), m.limits.UnmuteWait})
	if l.Mute == profile.MuteGate && l.Remote != sdp.RecvOnly {
		m.openGate(l) // nothing to agree on: the phone sends already
		return
	}
	l.Resumes = false
	m.reoffer(l, l.Codecs, sdp.SendRecv)
}

func (m *transition) openGate(l *LegState) {
	l.Gate = GateOpen
	m.say(l.Side, sentence.Sentence{})
	m.do(OpenGate{l.ID}, StopTimer{l.Side.Timer(UnmuteTimer)})
	m.Parties[l.Side].MutedUntil = time.Time{}
	m.watchMuted()
}

// mute shuts a deskphone's gate first, then tells the phone.
func (m *transition) mute(l *LegState) {
	l.UnmuteDue = false
	if l.Gate == GateShut {
		return
	}
	l.Gate = GateShut
	m.say(l.Side, l.mutedNote())
	m.do(ShutGate{l.ID}, StopTimer{l.Side.Timer(UnmuteTimer)})
	if l.Mute != profile.MuteGate {
		m.reoffer(l, l.Codecs, sdp.SendOnly)
	}
}

// unmuteVoid: the phone never agreed in unmute_wait.
func (m *transition) unmuteVoid(side Side) {
	for i := range m.Legs {
		if l := &m.Legs[i]; l.Gate == GateWanted && l.Side == side {
			l.Gate = GateShut
			m.say(l.Side, l.mutedNote())
			m.do(ShutGate{l.ID})
		}
	}
}

// watchMuted has mutedTimer run until the first muted_limit is over.
func (m *transition) watchMuted() {
	m.do(StopTimer{MutedTimer})
	var first time.Time
	for _, p := range m.Parties {
		if at := p.MutedUntil; !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	if !first.IsZero() {
		m.do(StartTimer{MutedTimer, max(first.Sub(m.now), 0)})
	}
}

// mutedLong: the owner's own muted phone is only reminded of; an automatic
// answer that somebody else asked for ends.
func (m *transition) mutedLong() {
	for _, side := range []Side{Caller, Callee} {
		p, l := &m.Parties[side], m.Audio(side)
		if p.MutedUntil.IsZero() || m.now.Before(p.MutedUntil) {
			continue
		}
		p.MutedUntil = time.Time{}
		switch {
		case l == nil || !l.Gate.Closed():
		case p.Auto != nil && p.Auto.Kind != policy.Click:
			m.end(CauseMutedLimit, side)
			return
		default:
			m.say(side, l.stillMutedNote())
		}
	}
	m.watchMuted()
}

// gatedAnswer is the direction we answer a phone's own re-INVITE with while
// its gate is not open, and whether that completes the owner's un-mute.
func (m *transition) gatedAnswer(l *LegState, in Input) sdp.Direction {
	remote := l.Remote
	sends := remote == sdp.SendRecv || remote == sdp.SendOnly
	switch {
	case l.Gate == GateWanted && remote == sdp.SendRecv:
		m.openGate(l)
		return sdp.SendRecv
	case l.Gate == GateShut && l.ResumeUnmutes && l.Resumes && remote == sdp.SendRecv && in.Alone && in.Activity == l.HeldAt:
		// Hold, then Resume, pressed at the phone and caused by nothing of ours.
		l.Gate = GateWanted
		m.do(WantGate{l.ID, byResume})
		m.openGate(l)
		return sdp.SendRecv
	case remote == sdp.SendOnly || remote == sdp.Inactive:
		l.Resumes, l.HeldAt = in.Alone, in.Activity
	case sends:
		l.Resumes = false
	}
	if l.Mute == profile.MuteGate {
		return remote.Mirror()
	}
	if remote == sdp.SendRecv || remote == sdp.RecvOnly {
		return sdp.SendOnly
	}
	return sdp.Inactive
}

// KeyGap: the un-mute key that comes again within it is the same press. Some
// phones send a key as a telephone-event and by INFO.
const KeyGap = time.Second

// Echoes tells whether the digit is the same press of the key that un-muted the
// phone, which comes a second time. It is not passed on.
func (l *LegState) Echoes(digit byte, now time.Time) bool {
	return l.UnmuteKey == string(digit) && now.Sub(l.KeyAt) < KeyGap
}

// namedKey is the key that the owner is told to press, "" for none: a phone
// that chose to listen only may send no keys.
func (l *LegState) namedKey() string {
	if !l.KeyNamed || l.Mute == profile.MuteGate && l.Remote == sdp.RecvOnly {
		return ""
	}
	return l.UnmuteKey
}

// pressed takes keys of a phone whose gate is shut, from its own media or
// signalling. Its un-mute key is a hand at the phone, and so its user's own
// act; every other key is nothing. Before the splash is over none counts: the
// user does not know yet that the phone answered.
func (m *transition) pressed(id LegID, keys string) {
	l := m.Leg(id)
	switch {
	case l == nil || l.Stage != Up || m.Phase != Established || m.Parties[l.Side].Leg != id || !l.Gate.Closed():
		return
	case l.Announcing || l.UnmuteKey == "" || !strings.Contains(keys, l.UnmuteKey):
		return
	case m.now.Sub(l.KeyAt) < KeyGap:
		return
	}
	l.KeyAt = m.now
	m.unmute(l, byKey)
}
