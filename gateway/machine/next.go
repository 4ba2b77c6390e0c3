package machine

import (
	"cmp"
	"slices"
	"time"

	"ringsplash/media"
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
		m.toldNewAddress(e.Leg, in)
	case Refused:
		if !m.redirected(e.Leg, in.Redirect) {
			m.refused(e.Leg, CauseOf(e.Status))
		}
	case Ended:
		m.ended(e)
	case Offered:
		m.offered(e, in)
	case Reoffered:
		m.reoffered(e, in)
	case Referred:
		m.referred(e, in)
	case JoinAsked:
		m.joinAsked(e)
	case JoinRang:
		m.joinRang(e)
	case JoinReady:
		m.joinReady(e)
	case JoinFailed:
		m.joinFailed(e)
	case JoinOver:
		m.joinOver(e)
	case Joined:
		m.joined(e)
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
		m.splashOver(e.Leg)
	case Faulted:
		m.refused(e.Leg, e.Cause)
	case ShutDown:
		m.end(CauseShuttingDown, Callee)
	case Digit:
		m.pressed(e.Leg, in.Keys)
	case Pressed:
		m.pressed(e.Leg, in.Keys)
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
		m.do(Release{e.Leg, m.Cause})
	case Offered:
		m.do(Reject{e.Leg, m.Cause})
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

func (m *transition) begun(e Begun) {
	if m.Phase != Initial || m.Legs != nil {
		return
	}
	m.To, m.Offered, m.Began, m.Since = e.To, e.Offered, m.now, m.now
	m.Parties[Caller] = Party{User: e.From.User, Who: e.From, Leg: e.Caller.Leg}
	m.Parties[Callee] = e.Callee
	own := LegState{
		ID: e.Caller.Leg, Side: Caller, Kind: e.Caller.Kind, Device: e.Caller.Device, Tab: e.Caller.Tab,
		Trunk: e.Caller.Trunk, Stage: Trying, Inbound: !e.Ask, Late: e.Late,
	}
	if own.Kind == TabLeg {
		own.Stage, own.Codecs, own.Remote = Up, e.Offered, media.SendRecv
	}
	m.Legs = []LegState{own}
	if e.Waits != "" {
		m.Waits, m.Back, m.Parties[Caller], m.Legs = e.Waits, e.Back, Party{Who: e.From}, []LegState{}
	}
	if e.Wish.Require && (e.Cause == CauseUnknown || e.Cause == CauseOffline || e.Wish.Target == nil) {
		e.Cause = CauseForbidden // the same for no grant, no phone and no user
	}
	if e.Cause != "" {
		m.end(e.Cause, Callee)
		return
	}
	m.do(StartTimer{RingTimer, m.limits.Ring})
	if e.Replaces != "" {
		m.replaces(e)
		return
	}
	if e.Ask {
		m.Pending, m.Wish = e.Targets, e.Wish
		m.do(Invite{Target: e.Caller, Codecs: e.Offered, Direction: media.SendRecv})
		return
	}
	m.placed(e.Targets, e.Wish)
}

// placed begins to try the called party's devices.
func (m *transition) placed(targets []Target, w Wish) {
	if w.Kind != "" {
		m.wished(targets, w)
		return
	}
	m.fork(targets)
}

// fork tries all targets at once, each as a branch of its own; trunks one after
// the other.
func (m *transition) fork(targets []Target) {
	m.enter(Ringing)
	if len(targets) > 1 && targets[0].Kind == TrunkLeg {
		targets, m.Rest = targets[:1], targets[1:]
	}
	for _, t := range targets {
		m.branch(t)
	}
	if len(targets) == 0 {
		m.end(CauseOffline, Callee)
	}
}

// branch tries one target.
func (m *transition) branch(t Target) {
	leg := m.newLeg(t, Callee)
	if t.Kind == TabLeg {
		leg.Codecs = media.Offerable(m.Offered)
	} else {
		m.do(Invite{Target: t, Codecs: media.Offerable(m.Offered), Direction: media.SendRecv})
	}
	m.Legs = append(m.Legs, leg)
}

func (m *transition) rang(e Rang, in Input) {
	l := m.Leg(e.Leg)
	if l == nil || l.Stage != Trying && l.Stage != Alerting {
		return
	}
	l.Stage, l.Talks = Alerting, l.Talks || e.Talk
	if l.Side == Caller {
		return // the caller's own device rings first; the call is not placed yet
	}
	if len(e.SDP) > 0 && in.Fault == "" && m.EarlyLeg == "" && m.Phase == Ringing {
		if codecs := m.earlyCodecs(in.Sound.Codecs); len(codecs) > 0 {
			l.Codecs, l.Remote, m.EarlyLeg = in.Sound.Codecs, in.Sound.Remote, l.ID
			m.enter(Early)
			m.tellEarly(codecs)
			return
		}
	}
	m.tellRinging()
}

// earlyCodecs is the codec the caller can hear early media in: of those agreed
// with him, if some are.
func (m *transition) earlyCodecs(chosen []media.Codec) []media.Codec {
	own := m.Audio(Caller)
	if own == nil || own.Kind == TabLeg || len(own.Codecs) == 0 {
		return m.callerCodecs(chosen)
	}
	for _, c := range own.Codecs {
		if len(chosen) > 0 && media.Convertible(chosen[0], c) {
			return []media.Codec{c}
		}
	}
	return nil
}

// earlyOver: the branch has no early media any more; another may have some.
func (m *transition) earlyOver(id LegID) {
	if m.EarlyLeg != id {
		return
	}
	m.EarlyLeg = ""
	if m.Phase == Early {
		m.enter(Ringing)
	}
}

// tellRinging sends the caller one 180.
func (m *transition) tellRinging() {
	if own := m.Audio(Caller); own != nil && own.Inbound && own.Kind != TabLeg && !m.Rung && m.ringing() {
		m.do(Ring{own.ID})
	}
	m.rung()
}

// rung notes that the caller knows, and tells the call that transfers him here.
func (m *transition) rung() {
	if m.Waits != "" && !m.Rung {
		m.do(Tell{m.Waits, JoinRang{m.ID}})
	}
	m.Rung = true
}

// tellEarly lets the caller hear early media, where an offer of his waits to be
// answered; he is told once.
func (m *transition) tellEarly(codecs []media.Codec) {
	own := m.Audio(Caller)
	if own != nil && own.Late { // nothing is agreed that he could hear it by
		m.do(Ring{own.ID})
	} else if own != nil && own.Inbound && own.Kind != TabLeg && own.Stage != Up && len(own.Codecs) == 0 {
		own.Codecs = codecs
		m.do(RingEarly{own.ID, codecs})
	}
	m.rung()
}

// callerCodecs returns what the caller can be told when the other side chose
// these: the first that he offered or that we can convert, and only that one.
func (m *transition) callerCodecs(chosen []media.Codec) []media.Codec {
	for _, c := range chosen {
		if slices.Contains(m.Offered, c) {
			return []media.Codec{c}
		}
	}
	for _, c := range chosen {
		for _, o := range m.Offered {
			if media.Convertible(c, o) {
				return []media.Codec{o}
			}
		}
	}
	return nil
}

func (m *transition) answered(e Answered, in Input) {
	l := m.Leg(e.Leg)
	switch {
	case l == nil || l.Stage == Gone || l.Stage == Up:
		m.do(Release{e.Leg, CauseElsewhere})
		return
	case m.Parties[l.Side].Leg != "" && m.Parties[l.Side].Leg != l.ID && !m.moves(l):
		// Another device was faster: the late 2xx has its ACK, now the BYE.
		l.Stage = Gone
		m.do(Release{l.ID, CauseElsewhere})
		return
	case in.Fault != "":
		m.do(Release{l.ID, in.Fault})
		m.refused(l.ID, in.Fault)
		return
	}
	l.Stage, l.Codecs, l.Remote, l.Unplaced = Up, in.Sound.Codecs, in.Sound.Remote, in.Sound.Unplaced
	if l.Side == Caller && !l.Triggered {
		m.Offered = media.Offerable(l.Codecs)
		m.Wish.Target = in.Target
		m.placed(m.Pending, m.Wish)
		m.Pending, m.Wish = nil, Wish{}
		return
	}
	if m.moves(l) {
		m.moved(l)
		return
	}
	m.win(l)
}

// toldNewAddress offers again to a leg whose answer made its end move to the
// other address family: nothing it sends arrives before that.
func (m *transition) toldNewAddress(id LegID, in Input) {
	if l := m.Leg(id); in.Sound.Moved && l != nil && l.Stage == Up && !l.Reoffering && m.Phase != Terminated {
		l.Reoffering = true
		m.do(Reoffer{l.ID, l.Codecs, l.offers()})
	}
}

// win makes l the leg of the called side, takes the other branches back and
// answers the caller.
func (m *transition) win(l *LegState) {
	if m.Opening != nil && l.Kind == PhoneLeg && l.Instance == m.Opening.Target.Binding.Instance && l.Gate == GateNever {
		// A 200 after the click: it cannot be told from a phone that answers
		// by itself, so one press un-mutes.
		p := m.Opening.Target.Profile
		l.Gate, l.UnmuteKey, l.KeyNamed = GateShut, p.UnmuteKey, p.KeyNamed
		m.do(ShutGate{l.ID})
	}
	m.Parties[Callee].Leg = l.ID
	m.do(StopTimer{RingTimer}, StartTimer{WatchTimer, m.limits.MediaLost})
	m.takeBackOthers(l.ID)
	m.enter(Established)
	m.Talking = m.now
	if l.Gate == GateShut {
		m.opened(l)
	}
	if m.Opening != nil { // another device than the one that was asked
		m.closeOpening(errAnswered)
		m.say(Callee, Words.Say(noteOther))
	}
	own := m.Audio(Caller)
	switch {
	case own == nil && m.Waits != "":
		m.do(Tell{m.Waits, JoinReady{m.ID, l.Codecs}})
	case own == nil:
	case own.Kind == TabLeg:
		own.Codecs = reorder(own.Codecs, l.Codecs)
	case own.Stage != Up:
		m.answerCaller(own, l)
	default:
		m.fit(l, own)
	}
}

func (m *transition) answerCaller(own, l *LegState) {
	codecs := m.callerCodecs(l.Codecs)
	if len(codecs) == 0 {
		m.end(CauseNoCodec, Callee)
		return
	}
	if own.Late {
		if l.Kind == TabLeg {
			codecs = l.Codecs // a tab sends whatever he takes
		}
		own.Stage, own.Remote, own.Reoffering = Up, media.SendRecv, true
		m.do(AcceptLate{own.ID, media.Offerable(codecs), media.SendRecv})
		return
	}
	told := own.Codecs // by early media
	own.Stage, own.Remote = Up, media.SendRecv
	if len(told) > 0 && !slices.ContainsFunc(told, func(c media.Codec) bool { return media.Convertible(l.Codecs[0], c) }) {
		// The caller was told another codec with the early media: the newer
		// leg adapts.
		m.do(Accept{own.ID, told, media.SendRecv})
		l.Reoffering = true
		m.do(Reoffer{l.ID, told, media.SendRecv})
		return
	}
	if len(told) > 0 {
		codecs = told
	}
	own.Codecs = codecs
	m.do(Accept{own.ID, codecs, media.SendRecv})
	if l.Kind == TabLeg {
		l.Codecs = reorder(l.Codecs, codecs)
	}
}

// takeBackOthers cancels every branch but the winner.
func (m *transition) takeBackOthers(winner LegID) {
	for _, b := range m.branches() {
		if b.ID == winner {
			continue
		}
		if b.Kind == TabLeg {
			b.Stage = Gone
			continue
		}
		b.Stage = TakingBack
		m.do(TakeBack{b.ID, CauseElsewhere})
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
	if m.Opening != nil && (id == m.Opening.Target.Leg || id == m.Opening.Old) {
		m.refusedOpening(id, cause)
		return
	}
	switch {
	case m.Parties[l.Side].Leg == id && (wasUp || l.Side == Caller):
		m.end(cause, l.Side)
	case taken || m.Phase == Established:
	case cause == CauseTrunkDown && m.tryNext(l):
	default:
		m.refusedBranch(cause)
	}
}

// tryNext tries the next trunk that takes the number.
func (m *transition) tryNext(l *LegState) bool {
	if l.Kind != TrunkLeg || len(m.Rest) == 0 {
		return false
	}
	t := m.Rest[0]
	m.Rest = m.Rest[1:]
	m.branch(t)
	return true
}

// redirected tries where a trunk's 3xx leads, in place of its branch.
func (m *transition) redirected(id LegID, to []Target) bool {
	l := m.Leg(id)
	if len(to) == 0 || l == nil || l.Stage == Gone || l.Stage == TakingBack || l.Side != Callee || m.Phase == Established ||
		m.Redirects >= MaxRedirects {
		return false
	}
	m.Redirects++
	l.Stage = Gone
	m.earlyOver(id)
	m.fork(to)
	return true
}

// refusedOpening: the phone that is being asked lost a branch.
func (m *transition) refusedOpening(id LegID, cause Cause) {
	if id == m.Opening.Old {
		m.tookBack()
		return
	}
	m.failed(cause)
}

// worse picks what tells the caller most: a person's word before a machine's.
func worse(a, b Cause) Cause {
	order := []Cause{
		CauseDeclined, CauseBusy, CauseForbidden, CauseOutsideLimit, CauseNoCodec, CauseSecureOnly, CauseFamily,
		CauseHostName, CauseMulticast, CauseTransport, CauseNoAudio, CauseBadSDP, CauseNoAnswer, CauseTrunkDown, CauseUnknown,
		CauseUnsupported, CauseRefused, CauseUnreachable,
	}
	rank := func(c Cause) int {
		if i := slices.Index(order, c); i >= 0 {
			return i
		}
		return len(order)
	}
	if a == "" || rank(b) < rank(a) {
		return b
	}
	return a
}

func (m *transition) ended(e Ended) {
	l := m.Leg(e.Leg)
	if l == nil || l.Stage == Gone {
		return
	}
	if m.Parties[l.Side].Leg != l.ID {
		m.refused(l.ID, e.Cause)
		return
	}
	talking := m.Phase == Established
	l.Stage = Gone
	if m.leaves(l.Side) {
		return
	}
	cause := e.Cause
	if cause == "" {
		cause = CauseHangUp
	}
	if !talking && l.Side == Caller && (cause == CauseHangUp || cause == CauseCallerGone) {
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
	if m.ringing() && m.Opening == nil && len(m.branches()) == 0 {
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
		l := &m.Legs[i]
		if l.Kind == TabLeg || l.Stage == Gone {
			l.Stage = Gone
			continue
		}
		if l.Inbound && l.Stage != Up {
			m.do(Reject{l.ID, cause})
		} else {
			m.do(Release{l.ID, cause})
		}
		l.Stage = Gone
	}
	m.unjoin(cause)
	m.closeOpening(Refuse("ended", cause.Sentence(Callee)))
	m.Cause, m.By = cause, by
	m.enter(Terminated)
}

// reorder puts the codecs of the other side first, so that a tab sends what
// that side takes, and keeps the rest as it was.
func reorder(own, first []media.Codec) []media.Codec {
	var out []media.Codec
	for _, f := range first {
		if slices.Contains(own, f) && !slices.Contains(out, f) {
			out = append(out, f)
			break
		}
	}
	for _, c := range own {
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

// EveryCodec is what is offered on behalf of somebody who has not said what he
// speaks, the best first.
func EveryCodec() []media.Codec {
	return []media.Codec{media.Opus, media.G722, media.PCMU, media.PCMA}
}

// MaxRedirects is how often one call follows a trunk's 3xx.
const MaxRedirects = 3
