package machine

import (
	"time"

	"ringsplash/internal/sentence"
	"ringsplash/media/sdp"
	"ringsplash/policy"
)

// askedMove moves the user's audio to another device of his, while he talks.
func (m *transition) askedMove(e Asked, on string, side Side, in Input) *CommandError {
	own := m.Audio(side)
	switch {
	case m.Phase != Established || own == nil:
		return ErrWrongState
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
	o := AutomaticAnswer{Ask: e.ID, Side: side, Kind: policy.Click, Move: true, Live: m.live(side), Again: in.Again}
	return m.open(o, in.Target)
}

// live tells whether the side's microphone is heard.
func (m *transition) live(side Side) bool {
	own := m.Audio(side)
	return own != nil && !m.Parties[side].Muted && !own.Gate.Closed()
}

// recall takes back the phone that was to take the call over: its user wants
// the call somewhere else by now.
func (m *transition) recall(side Side) {
	o := m.Automatic
	if o == nil || !o.Move || o.Side != side {
		return
	}
	if l := m.Leg(o.Target.Leg); l != nil && l.Stage != Gone && l.Stage != TakingBack {
		l.Stage = TakingBack
		m.do(TakeBack{l.ID, CauseElsewhere})
	}
	m.endAutomatic(refuse("already_answered", "command.moved"))
}

func (m *transition) moveToTab(tab TabID, side Side, id LegID) {
	l := LegState{ID: id, Side: side, Kind: TabLeg, Tab: tab, Stage: Up}
	l.Remote = sdp.SendRecv
	l.Codecs = EveryCodec()
	if far := m.Audio(side.Other()); far != nil {
		l.Codecs = reorder(l.Codecs, far.Codecs)
	}
	m.Legs = append(m.Legs, l)
	m.leave(side)
	m.Parties[side].Leg = id
	m.say(side, sentence.Sentence{})
}

// leave gives up the leg that carried the side's audio.
func (m *transition) leave(side Side) {
	own := m.Audio(side)
	if own == nil {
		return
	}
	m.Parties[side].Auto, m.Parties[side].MutedUntil = nil, time.Time{}
	m.dismiss(own, CauseElsewhere)
}

// moves tells whether l is the phone a call is being moved to.
func (m *transition) moves(l *LegState) bool {
	return m.Automatic != nil && m.Automatic.Move && m.Automatic.Target.Leg == l.ID
}

// moved: the phone took the call over, gate shut. A Mute pressed since the
// click takes the un-mute in it back.
func (m *transition) moved(l *LegState) {
	o := m.editAutomatic()
	o.Live = o.Live && m.live(l.Side)
	m.leave(l.Side)
	m.Parties[l.Side].Leg = l.ID
	m.Parties[l.Side].Muted = false
	if far := m.Audio(l.Side.Other()); far != nil && far.Kind == TabLeg {
		far.Codecs = reorder(far.Codecs, l.Codecs)
	}
	m.opened(l)
}
