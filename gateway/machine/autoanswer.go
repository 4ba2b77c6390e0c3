package machine

import (
	"cmp"
	"time"

	"ringsplash/gateway/profile"
	"ringsplash/internal/sentence"
	"ringsplash/media/sdp"
	"ringsplash/policy"
)

// Step is how far asking a phone to answer by itself has come.
type Step string

// Steps, in order.
const (
	StepDeciding   Step = "deciding"   // policy is asked
	StepTakingBack Step = "takingBack" // the phone's ringing branch gets its CANCEL
	StepAsking     Step = "asking"     // the auto INVITE is out
	StepFailing    Step = "failing"    // it got no 200 in time and has its CANCEL
)

// AutoAnswer is what a leg knows of an automatic answer by it:
//
//	                      Triggered  Announcing  SplashDue
//	answers by hand       -          -           -
//	asked                 yes        yes         -
//	up, not heard by us   yes        yes         yes         until a Reoffered
//	up, the splash sounds yes        yes         -           until SplashOver
//	up, announced         yes        -           -
//
// A 200 after the click, on the branch that rang, is announced without a trigger.
type AutoAnswer struct {
	// Triggered tells that the leg's INVITE carried a trigger: a 200 to it is
	// automatic whenever it comes.
	Triggered bool               `json:"triggered,omitempty"`
	Mute      profile.MuteMode   `json:"mute,omitempty"`
	Splash    profile.SplashMode `json:"splash,omitempty"`
	// Talks tells that the ringing phone can be told to go off-hook by NOTIFY,
	// Told that it was: its 200 answers an offer of sendrecv.
	Talks bool `json:"talks,omitempty"`
	Told  bool `json:"told,omitempty"`
	// SplashDue tells that the splash waits until the phone can hear it.
	SplashDue bool `json:"splashDue,omitempty"`
	// Announcing tells that the splash is still to come or to end.
	Announcing bool `json:"announcing,omitempty"`
}

// AutomaticAnswer is one phone being asked to answer by itself. A call has at most one.
type AutomaticAnswer struct {
	Step Step `json:"step"`
	// Ask is the command that waits for the decision, 0 when none does.
	Ask    uint64 `json:"ask,omitempty"`
	Side   Side   `json:"side"`
	Target Target `json:"target"`
	// Again is the id of the leg that rings the phone once more in the
	// ordinary way when it did not answer by itself.
	Again LegID `json:"again"`
	// Old is the phone's ringing branch.
	Old LegID `json:"old,omitempty"`
	// Move tells that a call already talked in moves to the phone; Live that
	// the leg it leaves was un-muted, so that the click is the un-mute too.
	Move bool `json:"move,omitempty"`
	Live bool `json:"live,omitempty"`
	// Kind and Require are those of the question.
	Kind    policy.Kind `json:"kind"`
	Require bool        `json:"require,omitempty"`
	// Since is when policy was asked.
	Since time.Time `json:"since"`
	// Grant and Reason are the decision's, once there is one.
	Grant  string            `json:"grant,omitempty"`
	Reason sentence.Sentence `json:"reason,omitzero"`
}

// goodFor is how long a decision is good: no trigger leaves later than a second
// after a revocation. waitFor is how much of it a phone may take to give its
// ringing branch back.
const (
	goodFor = time.Second
	waitFor = 900 * time.Millisecond
)

// Timers of an automatic answer.
const (
	CancelTimer = "cancel_wait"
	AutoTimer   = "auto_answer"
	UnmuteTimer = "unmute_wait" // of a side
	MutedTimer  = "muted_limit"
)

// open begins to ask one phone: policy decides first. A nil target means that
// the phone has no live binding; the call rings on.
func (m *transition) open(o AutomaticAnswer, target *Target) *CommandError {
	switch {
	case m.Automatic != nil:
		return refuse("already_answered", "command.asked_already")
	case target == nil:
		return refuse("device_offline", "command.phone_offline")
	case target.Busy && !target.Hold:
		return refuse("device_busy", "command.phone_busy")
	}
	o.Target = *target
	m.Automatic = &o
	if !o.Move {
		m.enter(Answering)
	}
	m.note(o.Side, "note.asking")
	m.question()
	return nil
}

func (m *transition) question() {
	o := m.editAutomatic()
	o.Step, o.Since = StepDeciding, m.now
	m.do(Decide{
		Leg: o.Target.Leg, Side: o.Side, Kind: o.Kind, Require: o.Require, Device: o.Target.Device,
		Instance: o.Target.Binding.Instance, Requester: m.requester(*o),
	})
}

// stale tells whether the decision is too old to act on, because the machine
// slept or the phone took its time. Policy is to be asked again then.
func (m *transition) stale() bool { return m.now.Sub(m.Automatic.Since) > goodFor }

// requester is who asks: the owner himself, or the caller.
func (m *transition) requester(o AutomaticAnswer) policy.Identity {
	if o.Kind == policy.Click {
		own := m.Parties[o.Side]
		return policy.Identity{Address: own.Who.Address, Level: policy.Self, How: "tab", User: own.User}
	}
	return m.Parties[o.Side.Other()].Who.Shown()
}

// decided takes the policy's word. Nothing was sent before it.
func (m *transition) decided(e Decided) {
	o := m.Automatic
	if o == nil || o.Step != StepDeciding || e.Leg != o.Target.Leg {
		return
	}
	if !e.Decision.Allow {
		m.endAutomatic(Refuse("forbidden", e.Decision.Reason))
		if o.Require {
			m.end(CauseForbidden, Callee)
			return
		}
		m.backToRinging()
		switch {
		case o.Kind != policy.Click: // the phone was spared the ringing
			m.ringAgain(*o)
		case o.Old != "": // it was asked to stop ringing
			m.ringAgain(*o)
			m.say(o.Side, e.Decision.Reason)
		}
		m.noneLeft()
		return
	}
	if m.stale() {
		m.question()
		return
	}
	o = m.editAutomatic()
	o.Grant, o.Reason = e.Decision.Grant, e.Decision.Reason
	m.do(Reply{o.Ask, nil})
	o.Ask = 0
	if o.Target.Busy {
		m.do(HoldOthers{o.Side, o.Target.Device})
	}
	old := m.branchOf(o.Target)
	switch {
	case old != nil && old.Talks && old.Stage == Alerting && o.Target.Profile.Talk:
		m.askOnBranch(old)
		return
	case old != nil:
		o.Old, o.Step = old.ID, StepTakingBack
		old.Gate, old.Stage = GateShut, TakingBack
		m.earlyOver(old.ID)
		m.do(ShutGate{old.ID}, TakeBack{old.ID, CauseElsewhere},
			StartTimer{CancelTimer, min(m.limits.CancelWait, waitFor-m.now.Sub(o.Since))})
		return
	}
	m.ask()
}

// askOnBranch asks on the phone's ringing branch itself, by NOTIFY. Its INVITE
// offered sendrecv, so the gate is shut before: a 200 after the NOTIFY cannot be
// told from a hand.
func (m *transition) askOnBranch(old *LegState) {
	o := m.editAutomatic()
	o.Step, o.Target.Leg = StepAsking, old.ID
	m.gated(old, o.Target.Profile)
	old.Told = true
	m.earlyOver(old.ID)
	m.do(ShutGate{old.ID}, StartTimer{AutoTimer, m.limits.AutoAnswer}, Talk{old.ID})
}

// gated marks a leg whose phone is asked to answer by itself.
func (m *transition) gated(l *LegState, p profile.Profile) {
	l.Gate, l.Triggered, l.Mute, l.Splash, l.ResumeUnmutes = GateShut, true, p.Mute, p.Sounds(), p.ResumeUnmutes
	l.Announcing, l.UnmuteKey, l.KeyNamed = true, p.UnmuteKey, p.KeyNamed
}

// branchOf is the phone's own ringing branch: the instance decides, not the AOR.
func (m *transition) branchOf(t Target) *LegState {
	for _, b := range m.branches() {
		if b.Kind == PhoneLeg && t.Binding != nil && b.Instance == t.Binding.Instance {
			return b
		}
	}
	return nil
}

// editAutomatic gives the automatic answer for writing: next must not write to its argument.
func (m *transition) editAutomatic() *AutomaticAnswer {
	o := *m.Automatic
	m.Automatic = &o
	return m.Automatic
}

// ask sends the one auto INVITE of this automatic answer.
func (m *transition) ask() {
	if m.stale() {
		m.question()
		return
	}
	o := m.editAutomatic()
	o.Step = StepAsking
	dir := sdp.SendOnly
	if o.Target.Profile.Mute == profile.MuteGate {
		dir = sdp.SendRecv
	}
	leg := m.newLeg(o.Target, o.Side)
	m.gated(&leg, o.Target.Profile)
	m.Legs = append(m.Legs, leg)
	m.do(StopTimer{CancelTimer}, StartTimer{AutoTimer, m.limits.AutoAnswer})
	m.do(Invite{Target: o.Target, Codecs: m.offerFor(o.Side), Direction: dir, Trigger: true})
}

// tookBack: the ringing branch of the phone has its final response, or
// cancel_wait is over.
func (m *transition) tookBack() {
	if m.Automatic != nil && m.Automatic.Step == StepTakingBack {
		m.ask()
	}
}

// autoExpired: no 200 to the auto INVITE in time. A 180 proved nothing.
func (m *transition) autoExpired() {
	if m.Automatic == nil || m.Automatic.Step != StepAsking {
		return
	}
	o := m.editAutomatic()
	o.Step = StepFailing
	if l := m.Leg(o.Target.Leg); l != nil && l.Stage != Gone {
		l.Stage = TakingBack
		m.do(TakeBack{l.ID, CauseElsewhere})
	}
}

// failed: the auto INVITE is over without an answer. The phone rings once
// more in the ordinary way; no trigger is ever sent again.
func (m *transition) failed(cause Cause) {
	o := m.Automatic
	m.endAutomatic(nil)
	m.note(o.Side, noteNotAlone)
	if cause == CauseNoCodec && o.Target.Profile.Mute == profile.MuteSDP {
		// It may be the sendonly that it refused: the next click offers sendrecv.
		m.do(Learn{o.Side, o.Target.Device, profile.MuteGate})
	}
	if o.Move || !m.ringing() {
		return // the call goes on where it was
	}
	if o.Require {
		m.end(CauseForbidden, Callee)
		return
	}
	m.backToRinging()
	m.note(o.Side, cmp.Or(failedNotes[cause], noteNotAlone))
	if cause != CauseOffline && cause != CauseDeclined {
		m.ringAgain(*o)
	}
	if len(m.branches()) == 0 {
		m.end(worse(m.Refusal, cause), Callee)
	}
}

// ringAgain rings the phone in the ordinary way: a 200 to that is a hand.
func (m *transition) ringAgain(o AutomaticAnswer) {
	again := o.Target
	again.Leg, again.Profile = o.Again, profile.Profile{}
	m.Legs = append(m.Legs, m.newLeg(again, o.Side))
	m.do(Invite{Target: again, Codecs: sdp.Offerable(m.Offered), Direction: sdp.SendRecv})
}

func (m *transition) endAutomatic(err *CommandError) {
	if m.Automatic == nil {
		return
	}
	if m.Automatic.Ask != 0 {
		m.do(Reply{m.Automatic.Ask, err})
	}
	m.do(StopTimer{CancelTimer}, StopTimer{AutoTimer})
	m.say(m.Automatic.Side, sentence.Sentence{})
	m.Automatic = nil
}

func (m *transition) backToRinging() {
	if m.Phase != Answering {
		return
	}
	if m.EarlyLeg != "" {
		m.enter(Early)
		return
	}
	m.enter(Ringing)
}

// opened: a leg that was asked, or that answered after the click, is up. Its
// gate is shut whatever it says; the splash sounds, then the other side.
func (m *transition) opened(l *LegState) {
	o := m.Automatic
	live := o != nil && o.Live && o.Target.Leg == l.ID
	if o != nil {
		m.Parties[l.Side].Auto = &Authorization{Kind: o.Kind, Grant: o.Grant, Reason: o.Reason, By: m.requester(*o)}
	}
	m.endAutomatic(errAnswered)
	m.say(l.Side, l.mutedNote())
	m.Parties[l.Side].MutedUntil = m.now.Add(m.limits.MutedLimit)
	m.watchMuted()
	l.Announcing = true
	l.UnmuteDue = live // the move click is the un-mute, once the splash is over
	if l.Mute == profile.MuteSDP && (l.Unplaced || l.Remote == sdp.Inactive) {
		m.onlyGate(l)
		return
	}
	m.do(PlaySplash{l.ID, l.Splash})
	if l.Told && l.Mute == profile.MuteSDP && l.Remote != sdp.RecvOnly {
		m.reoffer(l, l.Codecs, sdp.SendOnly)
	}
}

// say shows the side's user a sentence beside the call.
func (m *transition) say(side Side, note sentence.Sentence) { m.Notes[side] = note }

// note says one of Words.
func (m *transition) note(side Side, code string) { m.say(side, Words.Say(code)) }
