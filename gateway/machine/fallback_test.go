package machine

import (
	"strings"
	"testing"

	"ringsplash/internal/sentence"
	"ringsplash/media/sdp"
	"ringsplash/policy"
)

// fallback is clickable, and counts what must hold in every race: one trigger
// at most, and no gate that opens.
type fallback struct {
	*script
	t        *testing.T
	triggers int
	replies  []*CommandError
}

func (f *fallback) on(e Event) *fallback { return f.sound(e, nil, sdp.SendRecv) }

func (f *fallback) sound(e Event, codecs []sdp.Codec, remote sdp.Direction) *fallback {
	f.t.Helper()
	f.script.sound(e, codecs, remote)
	for _, c := range f.out {
		switch c := c.(type) {
		case Invite:
			if c.Trigger {
				f.triggers++
			}
		case Talk:
			f.triggers++
		case OpenGate:
			f.t.Errorf("the gate of %s opened", c.LegID)
		case Reply:
			f.replies = append(f.replies, c.Err)
		}
	}
	return f
}

func (f *fallback) click() *fallback { return f.on(press("alice", "tab1", "answer", "desk")) }

// asked is up to the auto INVITE.
func (f *fallback) asked() *fallback {
	return f.click().on(allow).on(Refused{LegID: "d1", Status: 487})
}

func (f *fallback) hand(leg LegID) *fallback {
	return f.sound(Answered{LegID: leg}, pcm[:1], sdp.SendRecv)
}

// said is what the tab was told, beside the call or in a reply.
func (f *fallback) said() string {
	words := f.state.Notes[Callee].Text
	for _, r := range f.replies {
		if r != nil {
			words += " " + r.Message
		}
	}
	if f.state.Cause != "" {
		words += " " + f.state.Cause.Sentence(Callee).Text
	}
	return words
}

// after is what must be true when a row is over.
type after struct {
	phase    Phase
	triggers int
	on       LegID // whose leg the called side talks on, "" for none
	gate     Gate  // of that leg
	again    bool  // the phone rings once more in the ordinary way
	says     string
}

// ringsAgain is after an auto INVITE in vain.
func ringsAgain(says string) after {
	return after{phase: Ringing, triggers: 1, again: true, says: says}
}

// refuses has the phone answer the auto INVITE with the status.
func refuses(status int) func(*fallback) {
	return func(f *fallback) { f.asked().on(Refused{LegID: "auto", Status: status}) }
}

// One row for each race of auto-answer and for each final response to the auto
// INVITE. The caller never falls out while a device can take the call, and the
// tab always gets a sentence.
var fallbackRows = []struct {
	name string
	do   func(*fallback)
	want after
}{
	{
		"handset lifted before the click", func(f *fallback) { f.hand("d1").click() },
		after{phase: Established, on: "d1", says: "answered"},
	},
	{
		"handset lifted while policy decides", func(f *fallback) { f.click().hand("d1").on(allow) },
		after{phase: Established, on: "d1", gate: GateShut, says: "muted"},
	},
	{
		"handset lifted after the CANCEL", func(f *fallback) { f.click().on(allow).hand("d1") },
		after{phase: Established, on: "d1", gate: GateShut, says: "muted"},
	},
	{"the 487 is late, then comes", func(f *fallback) {
		f.click().on(allow).on(Expired{CancelTimer}).on(Refused{LegID: "d1", Status: 487}).hand("auto")
	}, after{phase: Established, triggers: 1, on: "auto", gate: GateShut, says: "muted"}},
	{"the ringing branch answers after the auto INVITE went out", func(f *fallback) {
		f.click().on(allow).on(Expired{CancelTimer}).hand("d1").on(Refused{LegID: "auto", Status: 487})
	}, after{phase: Established, triggers: 1, on: "d1", gate: GateShut, says: "muted"}},
	{"both branches of the phone answer, the asked one first", func(f *fallback) {
		f.click().on(allow).on(Expired{CancelTimer}).hand("auto").hand("d1")
	}, after{phase: Established, triggers: 1, on: "auto", gate: GateShut, says: "muted"}},
	{"a 200 after the talk NOTIFY", func(f *fallback) {
		f.target.Profile.Talk = true
		f.on(Rang{LegID: "d1", Status: 180, Talk: true}).click().on(allow).hand("d1")
	}, after{phase: Established, triggers: 1, on: "d1", gate: GateShut, says: "muted"}},
	{
		"the other phone is lifted during the auto INVITE", func(f *fallback) { f.asked().hand("d2").hand("auto") },
		after{phase: Established, triggers: 1, on: "d2", says: "answered"},
	},
	{
		"the asked phone first, then the other", func(f *fallback) { f.asked().hand("auto").hand("d2") },
		after{phase: Established, triggers: 1, on: "auto", gate: GateShut, says: "muted"},
	},
	{"the caller gives up between click and 200", func(f *fallback) {
		f.asked().on(Ended{LegID: "a", Cause: CauseCallerGone}).hand("auto")
	}, after{phase: Terminated, triggers: 1, says: "caller hung up"}},
	{"the caller gives up while policy decides", func(f *fallback) {
		f.click().on(Ended{LegID: "a", Cause: CauseCallerGone}).on(allow)
	}, after{phase: Terminated, says: "caller hung up"}},
	{"the phone offers sendrecv in the muted state", func(f *fallback) {
		f.asked().hand("auto").sound(Offered{LegID: "auto", SDP: []byte("v=0")}, pcm[:1], sdp.SendRecv)
	}, after{phase: Established, triggers: 1, on: "auto", gate: GateShut, says: "muted"}},
	{"491 to the un-mute", func(f *fallback) {
		f.asked().hand("auto").on(press("alice", "tab1", "unmute", "")).on(Reoffered{LegID: "auto", Status: 491})
	}, after{phase: Established, triggers: 1, on: "auto", gate: GateWanted, says: "Press Unmute on the phone"}},
	{
		"second click", func(f *fallback) { f.asked().click().hand("auto") },
		after{phase: Established, triggers: 1, on: "auto", gate: GateShut, says: "asked already"},
	},
	{"second tab answers in the browser meanwhile", func(f *fallback) {
		f.asked().on(TabCame{User: "alice", Tab: "tab2", Leg: "t2"}).on(press("alice", "tab2", "answer", "browser")).hand("auto")
	}, after{phase: Established, triggers: 1, on: "t2", says: "answered"}},
	{"second tab clicks another phone", func(f *fallback) {
		f.asked().on(TabCame{User: "alice", Tab: "tab2", Leg: "t2"}).on(press("alice", "tab2", "answer", "lab")).hand("auto")
	}, after{phase: Established, triggers: 1, on: "auto", gate: GateShut, says: "asked already"}},
	{"180 and nothing", func(f *fallback) {
		f.asked().on(Rang{LegID: "auto", Status: 180}).on(Expired{AutoTimer}).on(Refused{LegID: "auto", Status: 487})
	}, ringsAgain("did not answer by itself")},
	{"a 200 that crosses the CANCEL of the auto INVITE", func(f *fallback) {
		f.asked().on(Rang{LegID: "auto", Status: 180}).on(Expired{AutoTimer}).hand("auto")
	}, after{phase: Established, triggers: 1, on: "auto", gate: GateShut, says: "muted"}},
	{"no answer at all", func(f *fallback) {
		f.asked().on(Expired{AutoTimer}).on(Refused{LegID: "auto", Status: 487}).on(Expired{RingTimer})
	}, after{phase: Terminated, triggers: 1, again: true, says: "missed"}},
	{"unplugged", refuses(408), ringsAgain("does not react")},
	{"420 Bad Extension", refuses(420), ringsAgain("does not know how it was asked")},
	{"480", refuses(480), ringsAgain("did not answer by itself")},
	{"486", refuses(486), ringsAgain("busy")},
	{"488", refuses(488), ringsAgain("another way")},
	{"491", refuses(491), ringsAgain("did not answer by itself")},
	{"500", refuses(500), ringsAgain("did not answer by itself")},
	{"302 is not followed", refuses(302), ringsAgain("sends calls elsewhere")},
	{"603: a person at the phone", refuses(603), after{phase: Ringing, triggers: 1, says: "declined"}},
	{"the store goes between click and INVITE", func(f *fallback) {
		unread := sentence.Sentence{Text: "The gateway could not read who may open this phone."}
		f.click().on(Decided{Decision: policy.Decision{Reason: unread}})
	}, after{phase: Ringing, says: "could not read"}},
	{
		"the phone is gone when it is clicked", func(f *fallback) { f.target = nil; f.click() },
		after{phase: Ringing, says: "not connected"},
	},
	{
		"the phone is in another call", func(f *fallback) { f.target.Busy = true; f.click() },
		after{phase: Ringing, says: "in another call"},
	},
	{
		"the tab goes after the click", func(f *fallback) { f.asked().on(TabGone{"tab1"}).hand("auto") },
		after{phase: Established, triggers: 1, on: "auto", gate: GateShut, says: "muted"},
	},
}

func TestFallbacksAndRaces(t *testing.T) {
	for _, row := range fallbackRows {
		t.Run(row.name, func(t *testing.T) {
			f := &fallback{script: clickable(t), t: t}
			row.do(f)
			row.want.check(t, f)
			if row.want.phase != Ringing {
				return
			}
			// Whatever failed, the call can still be taken anywhere.
			f.on(press("alice", "tab1", "answer", "browser")).phase(Established)
		})
	}
}

func (want after) check(t *testing.T, f *fallback) {
	t.Helper()
	f.phase(want.phase)
	if f.triggers != want.triggers {
		t.Errorf("%d triggers, want %d", f.triggers, want.triggers)
	}
	if again := f.state.Leg("again"); (again != nil) != want.again || again != nil && (again.Triggered || again.Gate != GateNever) {
		t.Errorf("rings again: %+v", again)
	}
	if got := f.said(); !strings.Contains(got, want.says) {
		t.Errorf("the tab is told %q, which does not say %q", got, want.says)
	}
	if want.phase != Established {
		return
	}
	if f.state.Parties[Callee].Leg != want.on {
		t.Errorf("alice talks on %s, want %s", f.state.Parties[Callee].Leg, want.on)
	}
	if l := f.state.Leg(want.on); l.Gate != want.gate {
		t.Errorf("gate %q, want %q", l.Gate, want.gate)
	}
	if h := Routes(&f.state)["a"]; want.gate.Closed() && h != (Heard{Tone: ToneSilence}) {
		t.Errorf("the caller hears %+v", h)
	}
}
