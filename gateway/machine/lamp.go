package machine

// LampState is what a lamp key shows of a user's calls.
type LampState string

// What a lamp key shows.
const (
	LampDark  LampState = ""
	LampRings LampState = "rings"
	LampBusy  LampState = "busy"
)

// Lamp is what others' phones may show of a user's call.
type Lamp struct {
	State LampState
	ID    CallID
	// Incoming tells that the user is called.
	Incoming bool
	// Leg is the dialog of the user's phone that rings or talks, "" while there is
	// none, as in a tab.
	Leg LegID
	// Peer is the other party.
	Peer PeerView
}

// LampOf is the lamp of a side's user, whose view of the call v is. What he dials
// counts as a talk at once: only what rings him can be picked up.
func LampOf(s *State, side Side, v *CallView) Lamp {
	if v.State == "ended" {
		return Lamp{}
	}
	l := Lamp{State: LampBusy, ID: v.ID, Incoming: v.Direction == "in", Peer: v.Peer}
	stage := Up
	if l.Incoming && (v.State == "ringing" || v.State == "early") {
		l.State, stage = LampRings, Alerting
	}
	for i := range s.Legs {
		if leg := &s.Legs[i]; leg.Side == side && leg.Kind == PhoneLeg && leg.Stage == stage {
			l.Leg = leg.ID
			break
		}
	}
	return l
}
