package gateway

import (
	"strings"
	"time"

	"ringsplash/gateway/profile"
	"ringsplash/media"
)

// keyGap: the un-mute key that comes again within it is the same press. Some
// phones send a key as a telephone-event and by INFO.
const keyGap = time.Second

// pressed takes keys of a phone whose gate is shut, from its own media or
// signalling. Its un-mute key is a hand at the phone, and so its user's own
// act; every other key is nothing. Before the splash is over none counts: the
// user does not know yet that the phone answered.
func (m *move) pressed(id LegID, keys string) {
	l := m.leg(id)
	switch {
	case l == nil || l.Stage != Up || m.Phase != Established || m.Parties[l.Side].Leg != id || !l.Gate.closed():
		return
	case l.Announcing || l.UnmuteKey == "" || !strings.Contains(keys, l.UnmuteKey):
		return
	case m.now.Sub(l.KeyAt) < keyGap:
		return
	}
	l.KeyAt = m.now
	m.unmute(l, byKey)
}

// echoes tells whether the digit is the same press of the key that un-muted the
// phone, which comes a second time. It is not passed on.
func (l *LegState) echoes(digit byte, now time.Time) bool {
	return l.UnmuteKey == string(digit) && now.Sub(l.KeyAt) < keyGap
}

// namedKey is the key that the owner is told to press, "" for none: a phone
// that chose to listen only may send no keys.
func (l *LegState) namedKey() string {
	if !l.KeyNamed || l.Mute == profile.MuteGate && l.Remote == media.RecvOnly {
		return ""
	}
	return l.UnmuteKey
}

// mutedNote is what the owner reads beside a call on his muted phone.
func (l *LegState) mutedNote() string {
	key := l.namedKey()
	if key == "" {
		return noteMuted
	}
	return "Your phone's microphone is muted. Press " + key + " on the phone or Unmute here."
}

// stillMutedNote reminds the owner of it.
func (l *LegState) stillMutedNote() string {
	key := l.namedKey()
	if key == "" {
		return noteStillMuted
	}
	return "Your phone's microphone is still muted. Press " + key + " on the phone or Unmute here when you want to speak."
}
