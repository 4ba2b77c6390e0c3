package machine

import (
	"cmp"
	"fmt"
)

// Audience is who may see an event; the administrator sees all.
type Audience int

// Audiences.
const (
	Both Audience = iota
	CallerOnly
	CalleeOnly
	AdminOnly
)

// AudienceOf is whoever is on that side.
func AudienceOf(s Side) Audience { return [2]Audience{CallerOnly, CalleeOnly}[s] }

// Change is one thing that a step made of a call, for its story.
type Change struct {
	// Kind is call (of the call), leg (of a leg), command (of a tab) or decision.
	Kind string
	Leg  LegID
	Text string
	// Side is whose business it is.
	Side Audience
}

// pages collects the changes of one step.
type pages []Change

func (p *pages) add(kind string, leg LegID, side Audience, text string, args ...any) {
	*p = append(*p, Change{Kind: kind, Leg: leg, Side: side, Text: fmt.Sprintf(text, args...)})
}

// Changes tells what a step made of a call.
func Changes(before, after *State, in Input) []Change {
	var p pages
	p.asked(before, after, in)
	for i := range after.Legs {
		p.leg(before.Leg(after.Legs[i].ID), &after.Legs[i])
	}
	for side := range after.Parties {
		p.party(Side(side), before.Parties[side], after.Parties[side])
	}
	if before.Phase != after.Phase {
		p.add("call", "", AdminOnly, "phase %s, was %s", after.Phase, before.Phase)
		if now := ShownState(after); now != ShownState(before) || before.Phase == Initial {
			p.add("call", "", Both, "%s%s", now, suffix(after))
		}
	}
	return p
}

// asked tells of events that are no change by themselves.
func (p *pages) asked(before, after *State, in Input) {
	switch e := in.Event.(type) {
	case Asked:
		if side, ok := before.Side(e.User, e.Tab); ok && e.Command != (TabRings{}) {
			p.add("command", "", AudienceOf(side), "%s", e.Command.words())
		}
	case Decided:
		outcome := "denied"
		if e.Decision.Allow {
			outcome = "allowed"
		}
		p.add("decision", "", CalleeOnly, "automatic answer %s: %s", outcome, e.Decision.Reason)
	case TabSilent:
		if l := after.Leg(in.Silenced); l != nil {
			why := "its page has not asked for any"
			if e.Offered {
				why = "its browser does not reach the port for browsers"
			}
			p.add("leg", l.ID, AudienceOf(l.Side), "no sound: %s", why)
		}
	case Faulted:
		if l := after.Leg(e.LegID); l != nil {
			p.add("leg", e.LegID, AudienceOf(l.Side), "failed on our side: %s", e.Cause)
		}
	}
}

func (p *pages) leg(old, l *LegState) {
	if old == nil {
		p.add("leg", l.ID, AudienceOf(l.Side), "%s: %s", l.name(), l.Stage)
		return
	}
	if old.Stage != l.Stage {
		p.add("leg", l.ID, AudienceOf(l.Side), "%s: %s, was %s", l.name(), l.Stage, old.Stage)
	}
	if old.Gate != l.Gate {
		p.add("leg", l.ID, AudienceOf(l.Side), "%s: microphone gate %s", l.name(), cmp.Or(string(l.Gate), "open"))
	}
}

func (p *pages) party(side Side, old, now Party) {
	if old.Hold != now.Hold {
		p.add("call", "", Both, "%s %s", side, map[bool]string{true: "puts the call on hold", false: "resumes the call"}[now.Hold])
	}
	if old.Muted != now.Muted {
		p.add("call", "", AudienceOf(side), "%s %s", side,
			map[bool]string{true: "mutes the microphone", false: "un-mutes the microphone"}[now.Muted])
	}
}

func suffix(s *State) string {
	if s.Cause == "" {
		return ""
	}
	return fmt.Sprintf(" by the %s (%s): %s", s.By, s.Cause.ShownTo(Caller), s.Cause.Sentence(Caller).Text)
}

// String names a side in stories.
func (s Side) String() string { return [2]string{"caller", "callee"}[s] }

// name is what a story calls the leg.
func (l LegState) name() string {
	switch l.Kind {
	case PhoneLeg:
		return "phone " + l.Device
	case TrunkLeg:
		return "trunk " + l.Trunk
	case TabLeg:
		return "tab"
	}
	return "outside phone"
}
