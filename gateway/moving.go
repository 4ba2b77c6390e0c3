package gateway

import (
	"time"

	"ringsplash/media"
	"ringsplash/policy"
)

// askedMove moves the user's audio to another device of his, while he talks.
func (m *move) askedMove(e Asked, on string, side Side, in input) *CommandError {
	own := m.audio(side)
	switch {
	case m.Phase != Established || own == nil:
		return errWrongState
	case on == "browser":
		m.recall(side)
		if own.Kind != TabLeg || own.Tab != e.Tab {
			m.moveToTab(e.Tab, side, in.Again)
		}
		return nil
	case own.Device == on && own.Device != "":
		m.recall(side)
		return nil
	}
	return m.open(Opening{Ask: e.ID, Side: side, Kind: policy.Click, Move: true, Live: m.live(side), Again: in.Again}, in.Target)
}

// live tells whether the side's microphone is heard.
func (m *move) live(side Side) bool {
	own := m.audio(side)
	return own != nil && !m.Parties[side].Muted && !own.Gate.closed()
}

// recall takes back the phone that was to take the call over: its user wants
// the call somewhere else by now.
func (m *move) recall(side Side) {
	o := m.Opening
	if o == nil || !o.Move || o.Side != side {
		return
	}
	if l := m.leg(o.Target.Leg); l != nil && l.Stage != Gone && l.Stage != TakingBack {
		l.Stage = TakingBack
		m.do(takeBack{l.ID, CauseElsewhere})
	}
	m.closeOpening(refuse("already_answered", "The call was moved somewhere else meanwhile."))
}

func (m *move) moveToTab(tab TabID, side Side, id LegID) {
	l := LegState{ID: id, Side: side, Kind: TabLeg, Tab: tab, Stage: Up, Remote: media.SendRecv}
	l.Codecs = everyCodec()
	if far := m.audio(side.other()); far != nil {
		l.Codecs = reorder(l.Codecs, far.Codecs)
	}
	m.Legs = append(m.Legs, l)
	m.leave(side)
	m.Parties[side].Leg = id
	m.say(side, "")
}

// leave gives up the leg that carried the side's audio.
func (m *move) leave(side Side) {
	own := m.audio(side)
	if own == nil {
		return
	}
	m.Parties[side].Auto, m.Parties[side].MutedUntil = nil, time.Time{}
	own.Stage = Gone
	if own.Kind != TabLeg {
		m.do(hangUp{own.ID, CauseElsewhere})
	}
}

// moves tells whether l is the phone a call is being moved to.
func (m *move) moves(l *LegState) bool {
	return m.Opening != nil && m.Opening.Move && m.Opening.Target.Leg == l.ID
}

// moved: the phone took the call over, gate shut. A Mute pressed since the
// click takes the un-mute in it back.
func (m *move) moved(l *LegState) {
	o := m.editOpening()
	o.Live = o.Live && m.live(l.Side)
	m.leave(l.Side)
	m.Parties[l.Side].Leg = l.ID
	m.Parties[l.Side].Muted = false
	if far := m.audio(l.Side.other()); far != nil && far.Kind == TabLeg {
		far.Codecs = reorder(far.Codecs, l.Codecs)
	}
	m.opened(l)
}
