package machine

import (
	"ringsplash/media/sdp"
)

// WatchTimer runs while people talk: each time it is over, devices that sent
// no sound for as long are asked whether they are still there.
const WatchTimer = "media_lost"

// watched asks the silent devices that should be heard. Silence alone ends
// nothing: some phones send none while muted. One whose gate is shut, or that
// holds, was asked to be silent.
func (m *transition) watched(silent []LegID) {
	if m.Phase != Established {
		return
	}
	m.do(StartTimer{WatchTimer, m.limits.MediaLost})
	for _, id := range silent {
		l := m.Leg(id)
		if l != nil && l.Stage == Up && !l.Gate.Closed() && l.Remote == sdp.SendRecv && m.Parties[l.Side].Leg == id {
			m.do(Probe{id})
		}
	}
}
