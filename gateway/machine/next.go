package machine

import (
	"cmp"
	"slices"
	"time"
)

// Names of a call's timers.
const RingTimer = "ring"

// transition is one transition being written: the state, and the commands it asks for.
type transition struct {
	State
	limits Limits
	out    []Effect
	now    time.Time
}

func (m *transition) do(c ...Effect) { m.out = append(m.out, c...) }

func (m *transition) enter(p Phase) {
	if m.Phase != p {
		m.Phase, m.Since = p, m.now
	}
}

// Next is the whole logic of a call: what an event makes of a state, and what
// is to be done. It does no I/O and keeps nothing; s is not written to.
func Next(s State, in Input, limits Limits) (State, []Effect) {
	m := &transition{State: s.Clone(), limits: limits, now: in.Now}
	if m.Phase == Terminated {
		m.afterEnd(in.Event)
		return m.State, m.out
	}
	switch e := in.Event.(type) {
	case Begun:
		m.begun(e)
	case Rang:
		m.rang(e, in)
	case Answered:
		m.answered(e, in)
		m.toldNewAddress(e.LegID, in)
	case Refused:
		if m.follows(e.LegID, in.Redirect) {
			m.redirect(e.LegID, in.Redirect)
		} else {
			m.refused(e.LegID, CauseOf(e.Status))
		}
	case Ended:
		m.ended(e)
	case Offered:
		m.offered(e, in)
	case Reoffered:
		m.reoffered(e, in)
	case Referred:
		m.referred(e, in)
	case JoinAsked, JoinRang, JoinReady, JoinFailed, JoinOver, Joined:
		m.join(e)
	case RefreshDue:
		m.refreshDue(e)
	case Asked:
		m.asked(e, in)
	case TabCame:
		m.tabCame(e)
	case TabGone:
		m.tabGone(e)
	case Expired:
		m.expired(e.Timer, in)
	case Decided:
		m.decided(e)
	case SplashOver:
		m.splashOver(e.LegID)
	case Faulted:
		m.refused(e.LegID, e.Cause)
	case ShutDown:
		m.end(CauseShuttingDown, Callee)
	case Digit, Pressed:
		m.pressed(LegOf(e), in.Keys)
	case Named:
		m.Names[e.Side] = e
	case Keyed, TabMedia, TabSilent: // media only; the state does not change
	}
	return m.State, m.out
}

// afterEnd answers what still comes when the call is over.
func (m *transition) afterEnd(e Event) {
	switch e := e.(type) {
	case Asked:
		m.do(Reply{e.ID, refuse("ended", "command.ended")})
	case Decided: // too late to matter
	case Answered:
		m.do(Release{e.LegID, m.Cause})
	case Offered:
		m.do(Reject{e.LegID, m.Cause})
	case JoinAsked:
		m.do(Tell{e.From, JoinFailed{m.ID, CauseDialogLost}})
	case JoinReady:
		m.do(Tell{e.Call, JoinOver{m.ID, CauseCallerGone}})
	case Joined:
		m.do(Release{e.Leg.ID, CauseTransferred})
	}
}

func (m *transition) expired(timer string, in Input) {
	switch timer {
	case WatchTimer:
		m.watched(in.Silent)
	case RingTimer:
		m.ringOver()
	case CancelTimer:
		m.tookBack()
	case AutoTimer:
		m.autoExpired()
	case Caller.Timer(UnmuteTimer):
		m.unmuteVoid(Caller)
	case Callee.Timer(UnmuteTimer):
		m.unmuteVoid(Callee)
	case MutedTimer:
		m.mutedLong()
	}
}

// refused: one branch ended without an answer.
func (m *transition) refused(id LegID, cause Cause) {
	l := m.Leg(id)
	if l == nil || l.Stage == Gone {
		return
	}
	switch { // what a phone says is not what an outside line says
	case l.Kind == TrunkLeg && cause == CauseUnreachable:
		cause = CauseTrunkDown
	case l.Kind == PhoneLeg && cause == CauseTrunkDown:
		cause = CauseUnreachable
	}
	wasUp := l.Stage == Up
	taken := l.Stage == TakingBack
	l.Stage = Gone
	m.earlyOver(id)
	switch o := m.Automatic; {
	case o != nil && id == o.Old:
		m.tookBack()
	case o != nil && id == o.Target.Leg:
		m.failed(cause)
	case m.Parties[l.Side].Leg == id && (wasUp || l.Side == Caller):
		m.end(cause, l.Side)
	case taken || m.Phase == Established:
	case cause == CauseTrunkDown && l.Kind == TrunkLeg && len(m.Rest) > 0:
		next := m.Rest[0]
		m.Rest = m.Rest[1:]
		m.branch(next)
	default:
		m.refusedBranch(cause)
	}
}

// follows tells whether a trunk's 3xx is followed.
func (m *transition) follows(id LegID, to []Target) bool {
	l := m.Leg(id)
	return len(to) > 0 && l != nil && l.Stage != Gone && l.Stage != TakingBack && l.Side == Callee && m.Phase != Established &&
		m.Redirects < MaxRedirects
}

// redirect tries where a trunk's 3xx leads, in place of its branch.
func (m *transition) redirect(id LegID, to []Target) {
	m.Redirects++
	m.Leg(id).Stage = Gone
	m.earlyOver(id)
	m.fork(to)
}

// telling orders causes by what they tell the caller, least first: a person's word
// is worth more than a machine's. Those not named tell less than all.
var telling = []Cause{
	CauseUnreachable, CauseRefused, CauseUnsupported, CauseUnknown, CauseTrunkDown, CauseNoAnswer, CauseBadSDP, CauseNoAudio,
	CauseTransport, CauseMulticast, CauseHostName, CauseFamily, CauseSecureOnly, CauseNoCodec, CauseOutsideLimit, CauseForbidden,
	CauseBusy, CauseDeclined,
}

// worse picks what tells the caller most.
func worse(a, b Cause) Cause {
	if a == "" || slices.Index(telling, b) > slices.Index(telling, a) {
		return b
	}
	return a
}

func (m *transition) ended(e Ended) {
	l := m.Leg(e.LegID)
	if l == nil || l.Stage == Gone {
		return
	}
	if m.Parties[l.Side].Leg != l.ID {
		m.refused(l.ID, e.Cause)
		return
	}
	l.Stage = Gone
	if m.leaves(l.Side) {
		m.letLeave()
		return
	}
	cause := cmp.Or(e.Cause, CauseHangUp)
	if m.Phase != Established && l.Side == Caller && cause == CauseHangUp {
		cause = CauseCallerGone
	}
	m.end(cause, l.Side)
}

// refusedBranch counts a branch that ended without an answer.
func (m *transition) refusedBranch(cause Cause) {
	if m.Phase == Established {
		return
	}
	m.Refusal = worse(m.Refusal, cause)
	m.noneLeft()
}

// noneLeft ends a call that no device can take any more: none rings, and none
// is being asked.
func (m *transition) noneLeft() {
	if m.ringing() && m.Automatic == nil && len(m.branches()) == 0 {
		m.end(cmp.Or(m.Refusal, CauseOffline), Callee)
	}
}

func (m *transition) ringOver() {
	if m.Phase == Established {
		return
	}
	if own := m.Audio(Caller); own != nil && !own.Inbound && own.Stage != Up {
		m.end(CauseUnreachable, Caller)
		return
	}
	m.end(CauseNoAnswer, Callee)
}

// end is the one way out: every leg is told, the caller with the status of
// the cause, branches with a CANCEL, answered legs with a BYE.
func (m *transition) end(cause Cause, by Side) {
	if m.Phase == Terminated {
		return
	}
	m.do(StopTimer{RingTimer}, StopTimer{Caller.Timer(UnmuteTimer)}, StopTimer{Callee.Timer(UnmuteTimer)}, StopTimer{MutedTimer},
		StopTimer{WatchTimer})
	for i := range m.Legs {
		m.dismiss(&m.Legs[i], cause)
	}
	m.unjoin(cause)
	m.endAutomatic(Refuse("ended", cause.Sentence(Callee)))
	m.Cause, m.By = cause, by
	m.enter(Terminated)
}

// dismiss ends one leg; a tab shows by itself that it is over.
func (m *transition) dismiss(l *LegState, cause Cause) {
	switch {
	case l.Kind == TabLeg || l.Stage == Gone:
	case l.Inbound && l.Stage != Up:
		m.do(Reject{l.ID, cause})
	default:
		m.do(Release{l.ID, cause})
	}
	l.Stage = Gone
}

// MaxRedirects is how often one call follows a trunk's 3xx.
const MaxRedirects = 3
