package machine

import (
	"reflect"
	"testing"
	"time"

	"ringsplash/media/sdp"
	"ringsplash/policy"
)

// script drives the pure machine by hand.
type script struct {
	t     *testing.T
	state State
	out   []Effect
	clock time.Time
	// target is what the edge finds for a device named in a command.
	target *Target
	// activity and beside are what the edge knows of the phone of an Offered.
	activity uint64
	beside   bool
	// keys are those of the phone of a Pressed.
	keys string
}

func newScript(t *testing.T) *script {
	return &script{t: t, state: State{V: 1, ID: "c", Phase: Initial}, clock: time.Unix(1000, 0)}
}

func (s *script) on(e Event) *script { return s.sound(e, nil, sdp.SendRecv) }

func (s *script) sound(e Event, codecs []sdp.Codec, remote sdp.Direction) *script {
	s.t.Helper()
	s.clock = s.clock.Add(10 * time.Millisecond)
	before, was := s.state, asJSON(s.t, s.state)
	if d, ok := e.(Decided); ok && d.Leg == "" && s.state.Automatic != nil {
		d.Leg = s.state.Automatic.Target.Leg
		e = d
	}
	s.state, s.out = Next(s.state, Input{
		Event: e, Sound: sdp.Negotiated{Codecs: codecs, Remote: remote}, Now: s.clock,
		Target: s.target, Again: "again", Activity: s.activity, Alone: !s.beside, Keys: s.keys,
	}, Limits{Ring: time.Minute})
	if asJSON(s.t, before) != was {
		s.t.Fatalf("%T wrote to the state it was given", e)
	}
	return s
}

func (s *script) phase(want Phase) *script {
	s.t.Helper()
	if s.state.Phase != want {
		s.t.Fatalf("phase %s, want %s", s.state.Phase, want)
	}
	return s
}

func (s *script) wants(want ...Effect) *script {
	s.t.Helper()
	for _, w := range want {
		found := false
		for _, got := range s.out {
			found = found || reflect.DeepEqual(got, w)
		}
		if !found {
			s.t.Fatalf("command %#v missing in %#v", w, s.out)
		}
	}
	return s
}

func (s *script) not(kind Effect) *script {
	s.t.Helper()
	for _, got := range s.out {
		if reflect.TypeOf(got) == reflect.TypeOf(kind) {
			s.t.Fatalf("unexpected %#v", got)
		}
	}
	return s
}

var pcm = []sdp.Codec{sdp.PCMU, sdp.PCMA}

// bobCallsAlice begins the usual call: two deskphones and one tab of alice.
func bobCallsAlice(t *testing.T) *script {
	s := newScript(t)
	return s.on(Begun{
		From:   policy.Identity{Address: "sip:bob@example.test", User: "bob", Level: policy.Proven},
		Caller: Target{Leg: "a", Kind: PhoneLeg, Device: "bobdesk"},
		To:     "sip:alice@example.test", Callee: Party{User: "alice"}, Offered: pcm,
		Targets: []Target{
			{Leg: "d1", Kind: PhoneLeg, Device: "desk"},
			{Leg: "d2", Kind: PhoneLeg, Device: "desk-2"},
			{Leg: "t1", Kind: TabLeg, Tab: "tab1"},
		},
	})
}

// presses are what tabs ask for, by its name on the wire.
var presses = map[string]func(on string) Command{
	"answer":  func(on string) Command { return Answer{On: on} },
	"move":    func(on string) Command { return Move{On: on} },
	"ringing": func(string) Command { return TabRings{} },
	"decline": func(string) Command { return Decline{} },
	"digits":  func(string) Command { return SendDigits{"1"} },
	"hangup":  func(string) Command { return HangUp{} },
	"hold":    func(string) Command { return Hold{On: true} },
	"resume":  func(string) Command { return Hold{} },
	"mute":    func(string) Command { return Mute{On: true} },
	"unmute":  func(string) Command { return Mute{} },
}

func press(user string, tab TabID, do, on string) Asked {
	return Asked{ID: 9, User: user, Tab: tab, Command: presses[do](on)}
}

func TestForkRingsAll(t *testing.T) {
	s := bobCallsAlice(t).phase(Ringing)
	n := 0
	for _, c := range s.out {
		if i, ok := c.(Invite); ok {
			n++
			if !reflect.DeepEqual(i.Codecs, sdp.Offerable(pcm)) {
				t.Errorf("offered %v", i.Codecs)
			}
		}
	}
	if n != 2 {
		t.Fatalf("%d INVITEs, want 2", n)
	}
	s.on(Rang{LegID: "d1", Status: 180}).wants(Ring{"a"})
	s.on(Rang{LegID: "d2", Status: 180}).not(Ring{})
	s.on(press("alice", "tab1", "ringing", "")).not(Ring{})
}

func TestFirstAnswerWins(t *testing.T) {
	s := bobCallsAlice(t).on(Rang{LegID: "d1", Status: 180}).on(Rang{LegID: "d2", Status: 180})
	s.sound(Answered{LegID: "d1"}, pcm[:1], sdp.SendRecv).phase(Established).
		wants(Accept{"a", pcm[:1], sdp.SendRecv}, TakeBack{"d2", CauseElsewhere})
	if got := Routes(&s.state); got["a"] != (Heard{Leg: "d1"}) || got["d1"] != (Heard{Leg: "a"}) {
		t.Fatalf("routes %v", got)
	}
	// The loser's 200 crossed the CANCEL: it has its ACK, now the BYE.
	s.sound(Answered{LegID: "d2"}, pcm[:1], sdp.SendRecv).wants(Release{"d2", CauseElsewhere}).phase(Established)
	s.on(press("alice", "tab1", "answer", "browser")).wants(Reply{9, errAnswered})
	s.on(press("alice", "tab1", "hangup", "")).phase(Terminated).wants(Release{"a", CauseHangUp}, Release{"d1", CauseHangUp})
}

func TestTabAnswers(t *testing.T) {
	s := bobCallsAlice(t).on(Rang{LegID: "d1", Status: 180})
	s.on(press("alice", "tab1", "answer", "browser")).phase(Established).
		wants(Reply{9, nil}, Accept{"a", pcm[:1], sdp.SendRecv}, TakeBack{"d1", CauseElsewhere}, TakeBack{"d2", CauseElsewhere})
	s.on(Refused{LegID: "d1", Status: 487}).phase(Established)
	s.on(Refused{LegID: "d2", Status: 487}).phase(Established)
	s.on(TabGone{"tab1"}).phase(Terminated).wants(Release{"a", CauseMediaLost})
}

func TestEndsByCause(t *testing.T) {
	busyAll := []Event{Refused{LegID: "d1", Status: 486}, Refused{LegID: "d2", Status: 486}, TabGone{"tab1"}}
	rows := []struct {
		name   string
		events []Event
		want   Cause
		cmd    Effect
	}{
		{"no answer", []Event{Expired{RingTimer}}, CauseNoAnswer, Reject{"a", CauseNoAnswer}},
		{"busy everywhere", busyAll, CauseBusy, Reject{"a", CauseBusy}},
		{"declined in the tab", []Event{press("alice", "tab1", "decline", "")}, CauseDeclined, Reject{"a", CauseDeclined}},
		{"declined at a phone, then none left", []Event{
			Refused{LegID: "d1", Status: 603},
			Refused{LegID: "d2", Status: 480},
			TabGone{"tab1"},
		}, CauseDeclined, Reject{"a", CauseDeclined}},
		{
			"phones unreachable, tab gone",
			[]Event{Refused{LegID: "d1", Status: 408}, Refused{LegID: "d2", Status: 408}, TabGone{"tab1"}},
			CauseUnreachable,
			Reject{"a", CauseUnreachable},
		},
		{
			"no common codec",
			[]Event{Refused{LegID: "d1", Status: 488}, Refused{LegID: "d2", Status: 488}, TabGone{"tab1"}},
			CauseNoCodec,
			Reject{"a", CauseNoCodec},
		},
		{"caller gives up", []Event{Ended{LegID: "a", Cause: CauseCallerGone}}, CauseCallerGone, Release{"d1", CauseCallerGone}},
		{"node stops", []Event{ShutDown{}}, CauseShuttingDown, Reject{"a", CauseShuttingDown}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			s := bobCallsAlice(t)
			for _, e := range row.events {
				s.on(e)
			}
			s.phase(Terminated).wants(row.cmd)
			if s.state.Cause != row.want {
				t.Fatalf("cause %s, want %s", s.state.Cause, row.want)
			}
		})
	}
}

func TestBusyPhoneLetsTheRestRing(t *testing.T) {
	bobCallsAlice(t).on(Refused{LegID: "d1", Status: 603}).on(Refused{LegID: "d2", Status: 486}).phase(Ringing).not(Reject{})
}

func TestBegunWithCause(t *testing.T) {
	for _, cause := range []Cause{CauseUnknown, CauseForbidden, CauseNoCodec, CauseOverload, CauseTrunkDown} {
		s := newScript(t).on(Begun{Caller: Target{Leg: "a", Kind: PhoneLeg}, Cause: cause})
		s.phase(Terminated).wants(Reject{"a", cause}).not(Invite{})
	}
	newScript(t).on(Begun{Caller: Target{Leg: "a", Kind: PhoneLeg}, Offered: pcm}).phase(Terminated).wants(Reject{"a", CauseOffline})
}

func TestEarlyMediaGoesOneWay(t *testing.T) {
	s := bobCallsAlice(t).sound(Rang{LegID: "d1", Status: 183, SDP: []byte("v=0")}, pcm[:1], sdp.SendRecv)
	s.phase(Early).wants(RingEarly{"a", pcm[:1]})
	if got := Routes(&s.state); len(got) != 1 || got["a"] != (Heard{Leg: "d1"}) {
		t.Fatalf("routes %v", got)
	}
	// The first early dialog keeps the caller's ear.
	s.sound(Rang{LegID: "d2", Status: 183, SDP: []byte("v=0")}, pcm[:1], sdp.SendRecv).not(RingEarly{})
	// Another device answers with a codec the caller was not told: it adapts.
	s.state.Offered = []sdp.Codec{sdp.PCMU, sdp.G722}
	s.sound(Answered{LegID: "d2"}, []sdp.Codec{sdp.G722}, sdp.SendRecv).phase(Established).
		wants(Reoffer{"d2", pcm[:1], sdp.SendRecv}, TakeBack{"d1", CauseElsewhere})
	s.on(Reoffered{LegID: "d2", Status: 488}).phase(Terminated)
	if s.state.Cause != CauseNoCodec {
		t.Fatalf("cause %s", s.state.Cause)
	}
}

func TestHold(t *testing.T) {
	s := bobCallsAlice(t).sound(Answered{LegID: "d1"}, pcm[:1], sdp.SendRecv)
	s.sound(Offered{LegID: "d1", SDP: []byte("v=0")}, pcm, sdp.SendOnly).wants(Accept{"d1", pcm[:1], sdp.RecvOnly})
	if got := Routes(&s.state); got["a"] != (Heard{Tone: ToneMusic}) || got["d1"] != (Heard{}) {
		t.Fatalf("phone hold: routes %v", got)
	}
	if v := View(&s.state, Caller); v.State != "held" || v.HeldBy != "other" {
		t.Fatalf("caller sees %s by %s", v.State, v.HeldBy)
	}
	s.sound(Offered{LegID: "d1", SDP: []byte("v=0")}, pcm, sdp.SendRecv).wants(Accept{"d1", pcm[:1], sdp.SendRecv})
	s.on(press("alice", "tab1", "hold", "")).wants(Reply{9, nil}).not(Reoffer{})
	if got := Routes(&s.state); got["a"] != (Heard{Tone: ToneMusic}) || got["d1"] != (Heard{Tone: ToneSilence}) {
		t.Fatalf("tab hold: routes %v", got)
	}
	s.on(press("alice", "tab1", "resume", ""))
	s.on(press("alice", "tab1", "mute", ""))
	if got := Routes(&s.state); got["a"] != (Heard{Tone: ToneSilence}) || got["d1"] != (Heard{Leg: "a"}) {
		t.Fatalf("mute: routes %v", got)
	}
}

func TestReinviteWithoutCommonCodecChangesNothing(t *testing.T) {
	s := bobCallsAlice(t).sound(Answered{LegID: "d1"}, pcm[:1], sdp.SendRecv)
	s.sound(Offered{LegID: "a", SDP: []byte("v=0")}, []sdp.Codec{sdp.Opus},
		sdp.SendRecv).wants(Reject{"a", CauseNoCodec}).phase(
		Established)
	if l := s.state.Leg("a"); l.Codecs[0] != sdp.PCMU {
		t.Fatalf("codecs %v", l.Codecs)
	}
}

func TestStrangerCannotCommand(t *testing.T) {
	s := bobCallsAlice(t)
	for _, do := range []string{"answer", "decline", "hangup", "hold", "digits"} {
		s.on(press("eve", "tab9", do, "browser")).wants(Reply{9, errForbidden}).phase(Ringing)
	}
	s.on(press("bob", "tab2", "answer", "browser")).wants(Reply{9, ErrWrongState}).phase(Ringing)
}

func TestTabOpenedWhileRinging(t *testing.T) {
	s := bobCallsAlice(t).on(TabCame{User: "alice", Tab: "tab2", Leg: "t2"})
	s.on(TabGone{"tab1"}).phase(Ringing)
	s.on(press("alice", "tab2", "answer", "browser")).phase(Established)
	if s.state.Parties[Callee].Leg != "t2" {
		t.Fatalf("leg %s", s.state.Parties[Callee].Leg)
	}
}

func TestTabCallsPhone(t *testing.T) {
	all := []sdp.Codec{sdp.Opus, sdp.G722, sdp.PCMU, sdp.PCMA}
	s := newScript(t).on(Begun{
		From: policy.Identity{User: "alice"}, Caller: Target{Leg: "t", Kind: TabLeg, Tab: "tab1"}, Offered: all,
		To: "sip:bob@example.test", Callee: Party{User: "bob"}, Targets: []Target{{Leg: "d", Kind: PhoneLeg, Device: "desk"}},
	}).phase(Ringing)
	s.sound(Answered{LegID: "d"}, []sdp.Codec{sdp.PCMU}, sdp.SendRecv).phase(Established).not(Accept{})
	if got := s.state.Leg("t").Codecs; !reflect.DeepEqual(got, []sdp.Codec{sdp.PCMU, sdp.Opus, sdp.G722, sdp.PCMA}) {
		t.Fatalf("the tab should offer %v", got)
	}
	s.on(Asked{ID: 3, User: "alice", Tab: "tab1", Command: SendDigits{"12#"}}).wants(KeyTones{3, "d", "12#"})
	s.on(Ended{LegID: "d"}).phase(Terminated)
	s.on(press("alice", "tab1", "hold", "")).wants(Reply{9, refuse("ended", "command.ended")})
}

func TestDeskphoneAskedToCall(t *testing.T) {
	s := newScript(t).on(Begun{
		From: policy.Identity{User: "alice"}, Ask: true, Caller: Target{Leg: "own", Kind: PhoneLeg, Device: "desk"}, Offered: pcm,
		Callee: Party{User: "bob"}, Targets: []Target{{Leg: "d", Kind: PhoneLeg, Device: "desk"}},
	}).phase(Initial)
	if v := View(&s.state, Caller); !v.PickUp || v.On == nil || *v.On != "desk" {
		t.Fatalf("the user is to be told to pick up his phone: %+v", v)
	}
	s.sound(Answered{LegID: "own"}, pcm[1:], sdp.SendRecv).phase(Ringing)
	if v := View(&s.state, Caller); v.PickUp {
		t.Fatalf("the phone was picked up: %+v", v)
	}
	if got := Routes(&s.state); got["own"] != (Heard{Tone: ToneRingback}) {
		t.Fatalf("routes %v", got)
	}
	s.sound(Answered{LegID: "d"}, pcm[1:], sdp.SendRecv).phase(Established).not(Accept{})
	s.on(Ended{LegID: "own"}).phase(Terminated).wants(Release{"d", CauseHangUp})
}

// A trunk that does not react is a trunk that is down, not a phone unplugged.
func TestSilentTrunk(t *testing.T) {
	newScript(t).on(Begun{
		From:   policy.Identity{Address: "sip:bob@example.test", User: "bob", Level: policy.Proven},
		Caller: Target{Leg: "a", Kind: PhoneLeg, Device: "bobdesk"},
		To:     "tel:0123", Callee: Party{}, Offered: pcm,
		Targets: []Target{{Leg: "t", Kind: TrunkLeg}},
	}).on(Refused{LegID: "t", Status: 408}).wants(Reject{"a", CauseTrunkDown})
}
