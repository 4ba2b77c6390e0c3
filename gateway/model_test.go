package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/netip"
	"time"

	"pgregory.net/rapid"

	"ringsplash/gateway/machine"
	"ringsplash/gateway/profile"
	"ringsplash/location"
	"ringsplash/media"
	"ringsplash/media/sdp"
	"ringsplash/policy"
)

// modelEvents is how many events one random call gets; modelRuns times 100 is
// how many calls there are.
const modelEvents = 50

var modelRuns = flag.Int("model.runs", 10, "runs of 100 random calls")

// modelLeg is a device that does nothing by itself: the model decides what it
// does, and checks what the call asked of it.
type modelLeg struct {
	in    Invite
	id    machine.LegID
	asked []string
	sdp   []byte // our last description
	// talked notes the NOTIFY as the trigger it is.
	talked func(*modelLeg)
}

func (l *modelLeg) note(s string)               { l.asked = append(l.asked, s) }
func (l *modelLeg) ID() machine.LegID           { return l.id }
func (l *modelLeg) Ring([]byte)                 { l.note("ring") }
func (l *modelLeg) Cancel(machine.Cause)        { l.note("cancel") }
func (l *modelLeg) HangUp(machine.Cause)        { l.note("hangup") }
func (l *modelLeg) Reject(machine.Cause)        { l.note("reject") }
func (l *modelLeg) Digits(s string)             { l.note("digits " + s) }
func (l *modelLeg) Probe()                      { l.note("probe") }
func (l *modelLeg) Report(status int, _ string) { l.note(fmt.Sprint("report ", status)) }

func (l *modelLeg) Talk() {
	l.note("talk")
	l.talked(l)
}

func (l *modelLeg) Answer(text []byte) {
	l.note("answer")
	l.sdp = text
}

func (l *modelLeg) Reoffer(text []byte) {
	l.note("reoffer")
	l.sdp = text
}

func (l *modelLeg) told(s string) bool {
	for _, a := range l.asked {
		if a == s {
			return true
		}
	}
	return false
}

// model is one random call of the real Call, its real ends and gates, without
// sockets of SIP and without a clock.
type model struct {
	t      *rapid.T
	w      *workbench
	c      *Call
	legs   map[machine.LegID]*modelLeg
	caller *modelLeg
	peers  map[machine.LegID]*media.RTPEnd
	// mayOpen: the owner un-muted this leg and nothing shut it since.
	mayOpen map[machine.LegID]bool
	// moveOpens: a live call is moved to this leg, which counts as an un-mute.
	moveOpens map[machine.LegID]bool
	// gated: the leg was shut at some time. announced: its splash is over.
	gated     map[machine.LegID]bool
	announced map[machine.LegID]bool
	allows    int
	triggers  []*modelLeg
	away      bool   // the store is: policy denies everything
	busy      string // alice's phone that is in another call, "" for none
	crashed   bool
	over      map[machine.LegID]bool // legs that ended themselves
}

// Invite implements Dialer.
func (m *model) Goodbye([]byte, machine.Cause) error { return nil }

func (m *model) Invite(in Invite, _ Sink) Leg {
	l := &modelLeg{in: in, id: in.Leg, sdp: in.Offer, talked: func(l *modelLeg) { m.triggers = append(m.triggers, l) }}
	m.legs[in.Leg] = l
	m.peer(in.Leg) // has its port while the call has its own: that one may be another's later
	if len(in.Headers) > 0 {
		m.triggers = append(m.triggers, l)
	}
	return l
}

func newModel(t *rapid.T, w *workbench) *model {
	m := &model{
		t: t, w: w, legs: map[machine.LegID]*modelLeg{}, peers: map[machine.LegID]*media.RTPEnd{},
		mayOpen: map[machine.LegID]bool{}, moveOpens: map[machine.LegID]bool{}, gated: map[machine.LegID]bool{},
		announced: map[machine.LegID]bool{},
		over:      map[machine.LegID]bool{},
	}
	w.gw.cfg.Dialer = m
	m.c = w.gw.newCall(newCallID())
	m.caller = &modelLeg{id: "caller"}
	m.legs["caller"] = m.caller
	m.c.live("caller").dialog = m.caller
	end := m.peer("caller")
	offer, err := end.Offer(g711, sdp.SendRecv)
	if err != nil {
		t.Fatal(err)
	}
	in := Incoming{
		Leg: m.caller, From: policy.Identity{Address: "sip:bob@example.test", Level: policy.Proven, User: "bob"}, Device: "desk",
		Dialled: "sip:alice@example.test", Offer: offer, Source: netip.MustParseAddrPort("127.0.0.1:5063"),
	}
	if rapid.IntRange(0, 3).Draw(t, "another call") == 0 {
		m.occupy(rapid.SampledFrom([]string{"desk", "desk-2"}).Draw(t, "busy phone"))
	}
	if rapid.IntRange(0, 3).Draw(t, "offers late") == 0 {
		in.Offer = nil
	}
	if rapid.Bool().Draw(t, "asks for an automatic answer") {
		in.AnswerMode = AnswerMode{Auto: true, Require: rapid.Bool().Draw(t, "require")}
	}
	m.step(placed{in})
	return m
}

// occupy puts alice's phone into another call, which goes on meanwhile.
func (m *model) occupy(device string) {
	m.busy = device
	other := m.w.gw.newCall("c-busy")
	v := machine.CallView{ID: other.id, State: "connected", On: &device}
	m.w.gw.board.publish(other, &machine.State{Parties: [2]machine.Party{{}, {User: "alice"}}},
		[2]machine.CallView{machine.Callee: v}, 1)
}

// register lets a phone of alice's register anew, elsewhere, or go away.
func (m *model) register() {
	device := rapid.SampledFrom([]string{"desk", "desk-2"}).Draw(m.t, "phone")
	one := location.Binding{
		User: "alice", Device: device, Instance: "urn:uuid:" + device, Transport: "udp", Source: "127.0.0.1:5062",
		Contact:   fmt.Sprintf("sip:alice@127.0.0.1:%d", rapid.IntRange(5062, 5065).Draw(m.t, "port")),
		Refreshed: time.Now(), Expires: time.Now().Add(time.Hour),
	}
	if device == "desk-2" {
		one.UserAgent = "talks"
	}
	if rapid.IntRange(0, 3).Draw(m.t, "unregister") == 0 {
		one.Expires = time.Now().Add(-time.Second)
	}
	if err := m.w.bind.Put(context.Background(), one); err != nil {
		m.t.Fatal(err)
	}
}

// crash ends the call as its goroutine does after a panic.
func (m *model) crash() {
	m.crashed = true
	m.c.dropAll(machine.CauseFault)
}

func (m *model) peer(id machine.LegID) *media.RTPEnd {
	if m.peers[id] == nil {
		end, err := m.w.loop.NewRTPEnd(media.RTPOptions{Peer: netip.MustParseAddr("127.0.0.1")})
		if err != nil {
			m.t.Fatal(err)
		}
		m.peers[id] = end
	}
	return m.peers[id]
}

func (m *model) close() {
	m.step(machine.ShutDown{})
	m.check()
	m.c.tearDown()
	for _, end := range m.peers {
		end.Close()
	}
	m.w.gw.board.drop("", m.c.id)
	m.w.gw.board.drop("", "c-busy")
}

// step runs one event through the call, as its goroutine does.
func (m *model) step(e machine.Event) {
	before := m.c.state
	was, err := json.Marshal(before)
	if err != nil {
		m.t.Fatal(err)
	}
	m.c.step(e)
	if now, err := json.Marshal(before); err != nil || !bytes.Equal(now, was) {
		m.t.Fatalf("%T wrote to the state it was given: %s, was %s", e, now, was)
	}
	if o := m.c.state.Automatic; o != nil && o.Target.Device == m.busy {
		m.t.Fatalf("I10: %s is in another call and its user did not choose to hold that, yet it is asked", m.busy)
	}
	for _, l := range m.c.state.Legs {
		if l.Gate != machine.GateNever {
			m.gated[l.ID] = true
		}
		if (l.Gate == machine.GateWanted || l.Gate == machine.GateOpen) && m.moveOpens[l.ID] {
			m.mayOpen[l.ID] = true
			delete(m.moveOpens, l.ID)
		}
		if l.Gate == machine.GateShut {
			m.mayOpen[l.ID] = false
		}
	}
}

// some draws one of the legs that are not over.
func (m *model) some() *machine.LegState {
	var alive []*machine.LegState
	for i := range m.c.state.Legs {
		if l := &m.c.state.Legs[i]; l.Kind != machine.TabLeg && m.legs[l.ID] != nil && !m.over[l.ID] {
			alive = append(alive, l)
		}
	}
	if len(alive) == 0 {
		return nil
	}
	return alive[rapid.IntRange(0, len(alive)-1).Draw(m.t, "leg")]
}

var directions = rapid.SampledFrom([]sdp.Direction{sdp.SendRecv, sdp.SendOnly, sdp.RecvOnly, sdp.Inactive})

// sdp is what the leg's device answers, or offers.
func (m *model) sdp(id machine.LegID, offer []byte) []byte {
	end, dir := m.peer(id), directions.Draw(m.t, "direction")
	if offer == nil {
		text, err := end.Offer(g711, dir)
		if err != nil {
			m.t.Fatal(err)
		}
		return text
	}
	if _, err := end.TakeOffer(offer); err != nil {
		m.t.Fatal(err)
	}
	text, _, err := end.Answer(g711, dir)
	if err != nil {
		m.t.Fatal(err)
	}
	return text
}

// device lets one device do something, in turn or not.
func (m *model) device() {
	l := m.some()
	if l == nil {
		return
	}
	id, in := l.ID, m.legs[l.ID].in
	switch rapid.IntRange(0, 11).Draw(m.t, "device does") {
	case 0:
		m.step(machine.Rang{LegID: id, Status: 180, Talk: rapid.Bool().Draw(m.t, "talks")})
	case 1, 2:
		if in.Offer != nil {
			m.step(machine.Answered{LegID: id, SDP: m.sdp(id, in.Offer)})
		}
	case 3:
		if l.Stage == machine.Up || l.Side == machine.Caller || rapid.IntRange(0, 3).Draw(m.t, "refuses") > 0 {
			return
		}
		m.over[id] = true
		m.step(machine.Refused{LegID: id, Status: rapid.SampledFrom([]int{408, 420, 480, 486, 487, 488, 503, 603}).Draw(m.t, "status")})
	case 4:
		if rapid.IntRange(0, 9).Draw(m.t, "hangs up") > 0 {
			return
		}
		m.over[id] = true
		m.step(machine.Ended{LegID: id, Cause: machine.CauseHangUp})
	case 5:
		if l.Stage == machine.Up {
			m.step(machine.Offered{LegID: id, SDP: m.sdp(id, nil)})
		}
	case 6:
		if offer := m.legs[id].sdp; l.Reoffering && offer != nil {
			m.step(machine.Reoffered{LegID: id, Status: 200, SDP: m.sdp(id, offer)})
		}
	case 7:
		m.step(machine.Reoffered{LegID: id, Status: 491})
	case 8:
		m.announced[id] = m.announced[id] || l.Stage == machine.Up
		m.step(machine.SplashOver{LegID: id})
	case 9:
		m.step(machine.RefreshDue{LegID: id})
	case 10:
		m.step(machine.Referred{
			LegID: id, To: "sip:nobody@example.test?Answer-Mode=Auto",
			Attended: rapid.Bool().Draw(m.t, "attended"),
		})
	case 11:
		m.key(l)
	}
}

// key lets a hand press a key of a phone, which sends it as an event or by INFO.
func (m *model) key(l *machine.LegState) {
	key := rapid.SampledFrom([]byte("**12#D")).Draw(m.t, "key")
	if own := m.c.state.Audio(l.Side); key == '*' && own != nil && own.ID == l.ID && m.announced[l.ID] && m.gated[l.ID] {
		m.mayOpen[l.ID] = true
	}
	if o := m.c.live(l.ID).owner; o != nil && rapid.Bool().Draw(m.t, "as an event") {
		o.pressed.put(key)
		m.step(machine.Pressed{LegID: l.ID})
		return
	}
	m.step(machine.Digit{LegID: l.ID, Digit: key})
}

// press lets somebody press something in a tab.
func (m *model) press() {
	who := rapid.SampledFrom([]string{"alice", "alice", "alice", "bob", "eve"}).Draw(m.t, "who")
	do := rapid.SampledFrom([]string{
		"answer", "answer", "unmute", "unmute", "mute", "hold", "resume", "move", "ringing",
		"transfer",
	}).Draw(m.t, "do")
	on := rapid.SampledFrom([]string{"desk", "desk-2", "browser", "nowhere"}).Draw(m.t, "on")
	before := m.c.state.Clone()
	side, ok := before.Side(who, machine.TabID("tab-"+who))
	if own := before.Audio(side); ok && own != nil && do == "unmute" {
		m.mayOpen[own.ID] = true
	}
	to := ""
	if do == "transfer" {
		to = "nobody"
	}
	m.step(machine.Asked{User: who, Tab: machine.TabID("tab-" + who), Command: Command{Do: do, On: on, To: to}.ofCall()})
}

// join lets another call take part in a transfer, in turn or not.
func (m *model) join() {
	call := machine.CallID("c-other")
	if t := m.c.state.Transfer; t != nil {
		call = t.To
	}
	who := rapid.SampledFrom([]string{"alice", "bob", "eve"}).Draw(m.t, "who")
	switch rapid.IntRange(0, 6).Draw(m.t, "other call") {
	case 0:
		m.step(machine.JoinRang{Call: call})
	case 1:
		m.step(machine.JoinReady{Call: call, Codecs: g711})
	case 2:
		m.step(machine.JoinFailed{Call: call, Cause: machine.CauseBusy})
	case 3:
		m.step(machine.JoinOver{From: call, Cause: machine.CauseCallerGone})
	case 4:
		m.step(machine.JoinAsked{From: call, User: who})
	default:
		m.joined(who)
	}
}

// joined brings a party whose phone may have answered by itself elsewhere.
func (m *model) joined(by string) {
	l := machine.LegState{
		ID: machine.LegID(randomID("l")), Kind: machine.PhoneLeg, Stage: machine.Up, Device: "desk",
		Negotiation: machine.Negotiation{Codecs: g711[:1], Remote: sdp.SendRecv},
		AutoAnswer:  machine.AutoAnswer{Mute: profile.MuteSDP},
	}
	if rapid.Bool().Draw(m.t, "gate shut") {
		l.Gate = machine.GateShut
	}
	end, err := m.w.loop.NewRTPEnd(media.RTPOptions{Peer: netip.MustParseAddr("127.0.0.1"), Shut: l.Gate == machine.GateShut})
	if err != nil {
		m.t.Fatal(err)
	}
	offer, err := end.Offer(g711, sdp.SendRecv)
	if err != nil {
		m.t.Fatal(err)
	}
	if _, err := end.TakeAnswer(m.sdp(l.ID, offer)); err != nil {
		m.t.Fatal(err)
	}
	m.legs[l.ID] = &modelLeg{id: l.ID, sdp: offer}
	user := rapid.SampledFrom([]string{"alice", "bob", "carol", ""}).Draw(m.t, "party")
	m.step(handover{
		Joined: machine.Joined{From: "c-other", By: by, Party: machine.Party{User: user}, Leg: l},
		live:   &liveLeg{dialog: m.legs[l.ID], end: end},
	})
}
