package gateway

import (
	"context"
	"log/slog"
	"testing"

	"pgregory.net/rapid"
	"ringsplash/gateway/machine"
	"ringsplash/gateway/profile"
	"ringsplash/internal/sentence"
	"ringsplash/media"
	"ringsplash/policy"
)

// decide gives the awaited decision, or one nobody waits for.
func (m *model) decide() {
	d := policy.Decision{
		Allow: !m.away && rapid.Bool().Draw(m.t, "allow"), Grant: "self",
		Reason: sentence.Sentence{Text: "so it is"},
	}
	e := machine.Decided{Decision: d}
	if o := m.c.state.Automatic; o != nil {
		e.Leg = o.Target.Leg
	}
	if o := m.c.state.Automatic; d.Allow && o != nil && o.Step == machine.StepDeciding {
		m.allows++
		if o.Move && o.Live {
			m.moveOpens[o.Target.Leg] = true // the move click is the un-mute, once
		}
	}
	m.step(e)
}

// onward takes the next natural step of the call, so that random calls get far.
func (m *model) onward() {
	s := &m.c.state
	if o := s.Automatic; o != nil {
		switch o.Step {
		case machine.StepDeciding:
			m.decide()
		case machine.StepTakingBack:
			m.over[o.Old] = true
			m.step(machine.Refused{LegID: o.Old, Status: 487})
		case machine.StepAsking, machine.StepFailing:
			id := o.Target.Leg
			m.step(machine.Answered{LegID: id, SDP: m.sdp(id, m.legs[id].in.Offer)})
		}
		return
	}
	for _, l := range s.Legs {
		if l.Reoffering && l.Stage == machine.Up && m.legs[l.ID].sdp != nil {
			m.step(machine.Reoffered{LegID: l.ID, Status: 200, SDP: m.sdp(l.ID, m.legs[l.ID].sdp)})
			return
		}
	}
	do := "answer"
	if s.Phase == machine.Established {
		do = rapid.SampledFrom([]string{"move", "mute"}).Draw(m.t, "do")
	}
	m.step(machine.Asked{
		User: "alice", Tab: "tab-alice",
		Command: Command{Do: do, On: rapid.SampledFrom([]string{"desk", "desk-2"}).Draw(m.t, "on")}.ofCall(),
	})
}

// check holds the invariants against what the legs saw and the gates say.
func (m *model) check() {
	s := &m.c.state
	for id, l := range m.c.legs {
		end := l.end
		if end == nil {
			continue
		}
		if m.gated[id] && end.Gate().State() == media.GateOpen && !m.mayOpen[id] {
			m.t.Fatalf("I1, I2: the gate of %s is open without its owner's un-mute", id)
		}
		if end.Stats().PassedWhileShut != 0 {
			m.t.Fatalf("I1: %s let packets through while shut", id)
		}
	}
	for _, l := range s.Legs {
		if l.Gate == machine.GateOpen && !m.mayOpen[l.ID] {
			m.t.Fatalf("I2: the call takes %s for un-muted without its owner", l.ID)
		}
	}
	for id, live := range m.c.legs {
		h := live.hears
		if h == nil || h.Leg == "" {
			continue
		}
		if l := s.Leg(h.Leg); l != nil && l.Gate.Closed() {
			m.t.Fatalf("I1: %s hears %s, whose gate is %s", id, h.Leg, l.Gate)
		}
	}
	if len(m.triggers) > m.allows {
		m.t.Fatalf("I3, I4: %d triggers after %d allow decisions", len(m.triggers), m.allows)
	}
	for _, l := range m.triggers {
		if l.in.Binding == nil || l.in.Binding.Instance != "urn:uuid:"+l.in.Binding.Device {
			m.t.Fatalf("I3: trigger to %+v", l.in.Binding)
		}
		if st := s.Leg(l.id); st != nil && st.Stage == machine.Up && st.Gate == machine.GateNever {
			m.t.Fatalf("I1: the triggered leg %s was never gated", l.id)
		}
	}
	if s.Phase == machine.Terminated {
		for id, l := range m.legs {
			if !m.over[id] && !l.told("hangup") && !l.told("reject") {
				m.t.Fatalf("I8: the leg %s was left behind: %v", id, l.asked)
			}
		}
	}
}

// TestModel drives random calls through the real call, ends and gates.
func TestModel(t *testing.T) {
	w := newWorkbench(t, func(c *Config) {
		c.Profile = func(_, agent string) profile.Profile {
			return profile.Profile{
				Name: "model", Headers: profile.Unknown("example.test").Headers, Mute: profile.MuteSDP, Splash: profile.SplashMedia,
				UnmuteKey: "*",
				KeyByInfo: true, Talk: agent == "talks",
			}
		}
	})
	w.register("alice", "desk", "urn:uuid:desk")
	w.register("alice", "desk-2", "urn:uuid:desk-2")
	two := w.bind.Of("alice")[0]
	two.UserAgent = "talks"
	must(t, w.bind.Put(context.Background(), two))
	w.gw.log = slog.New(slog.DiscardHandler)
	for _, user := range []string{"alice", "bob"} {
		tab := &Tab{id: machine.TabID("tab-" + user), user: user, gw: w.gw, generation: 1}
		tab.unlist, tab.unfollow = w.book.Watch(tab.user), func() {}
		w.gw.board.addTab(tab)
	}
	w.gw.cfg.Policy = nil // the model posts the decisions itself
	for range *modelRuns {
		rapid.Check(t, func(t *rapid.T) { randomCall(t, w) })
	}
}

func randomCall(t *rapid.T, w *workbench) {
	m := newModel(t, w)
	defer m.close()
	for range modelEvents {
		switch rapid.IntRange(0, 16).Draw(t, "next") {
		case 0, 1, 2, 3:
			m.device()
		case 4, 5, 6:
			m.press()
		case 7, 8:
			m.decide()
		case 9, 10, 11, 12:
			m.onward()
		case 13:
			m.join()
		case 14:
			m.register()
		case 15:
			m.rarely(t)
		case 16:
			m.step(machine.Expired{Timer: rapid.SampledFrom([]string{
				machine.RingTimer, machine.CancelTimer, machine.AutoTimer, machine.AutoTimer, machine.Caller.Timer(machine.UnmuteTimer),
				machine.Callee.Timer(machine.UnmuteTimer), machine.MutedTimer,
			}).Draw(t, "timer")})
		}
		m.check()
	}
}

// rarely does what is no part of a call's day: the store goes or comes back, or
// the call crashes.
func (m *model) rarely(t *rapid.T) {
	if rapid.IntRange(0, 19).Draw(t, "crash") == 0 && !m.crashed {
		m.crash()
		return
	}
	m.away = !m.away
}
