package gateway

import (
	"strings"
	"time"

	"ringsplash/directory"
)

// unmuteKeys are the keys that may un-mute: those of telephone-events and INFO
// (RFC 4733 3.2, RFC 6086).
const unmuteKeys = "0123456789*#ABCD"

const defaultUnmuteKey = "*"

// validUnmuteKey tells whether s is one key, or "" for none.
func validUnmuteKey(s string) bool {
	return s == "" || len(s) == 1 && strings.Contains(unmuteKeys, s)
}

// keyGap: the un-mute key that comes again within it is the same press. Some
// phones send a key as a telephone-event and by INFO.
const keyGap = time.Second

// What a test of the phone found out of its un-mute key (directory.Learned.Key).
const (
	keySeen   = "seen"
	keyUnseen = "unseen"
)

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

// mutedNote is what the owner reads beside a call on his muted phone.
func (l *LegState) mutedNote() string {
	if l.UnmuteKey == "" {
		return noteMuted
	}
	return "Your phone's microphone is muted. Press " + l.UnmuteKey + " on the phone or Unmute here."
}

// stillMutedNote reminds the owner of it.
func (l *LegState) stillMutedNote() string {
	if l.UnmuteKey == "" {
		return noteStillMuted
	}
	return "Your phone's microphone is still muted. Press " + l.UnmuteKey + " on the phone or Unmute here when you want to speak."
}

// unmuteKey is the key of this phone that un-mutes, "" for none. What was set
// for the device stands over what a test saw, and that over the profile. An
// analogue adapter has none: it makes keys of the tones it hears in the room.
func unmuteKey(p Profile, d directory.Device) string {
	switch {
	case p.Adapter:
		return ""
	case d.UnmuteKey == directory.NoKey:
		return ""
	case d.UnmuteKey != "":
		return d.UnmuteKey
	case d.Learned.Key == keyUnseen, p.Name == unknownProfile && d.Learned.Key != keySeen:
		return ""
	}
	return p.UnmuteKey
}
