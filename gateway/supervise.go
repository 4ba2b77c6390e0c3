package gateway

import (
	"ringsplash/media"
)

// watchTimer runs while people talk: each time it is over, devices that sent
// no sound for as long are asked whether they are still there.
const watchTimer = "media_lost"

// watched asks the silent devices that should be heard. Silence alone ends
// nothing: some phones send none while muted. One whose gate is shut, or that
// holds, was asked to be silent.
func (m *move) watched(silent []LegID) {
	if m.Phase != Established {
		return
	}
	m.do(startTimer{watchTimer, m.limits.MediaLost})
	for _, id := range silent {
		l := m.leg(id)
		if l != nil && l.Stage == Up && !l.Gate.closed() && l.Remote == media.SendRecv && m.Parties[l.Side].Leg == id {
			m.do(probe{id})
		}
	}
}
