package gateway

import (
	"cmp"
	"strings"
	"time"

	"ringsplash/directory"
	"ringsplash/media"
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

// namedKey is the key that the owner is told to press, "" for none: a phone
// that chose to listen only may send no keys.
func (l *LegState) namedKey() string {
	if !l.KeyNamed || l.Mute == MuteGate && l.Remote == media.RecvOnly {
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

// unmuteKey is the key of this phone that un-mutes, "" for none. What was set
// for the device names another key than the profile does. A test that waited
// for it in vain switches it off. A phone we know nothing about has none before
// a test saw it. An analogue adapter has none: it makes keys of the tones it
// hears in the room.
func unmuteKey(p Profile, d directory.Device) string {
	switch {
	case p.Adapter, d.UnmuteKey == directory.NoKey, d.Learned.Key == keyUnseen:
		return ""
	case d.Learned.Key != keySeen && p.Name == unknownProfile:
		return ""
	}
	return cmp.Or(d.UnmuteKey, p.UnmuteKey)
}

// keyNamed tells whether the key is known to reach us: a test saw it, the phone
// uses INFO, or it may send from the beginning. Many phones send no keys while
// they are to listen only.
func keyNamed(p Profile, d directory.Device) bool {
	return d.Learned.Key == keySeen || p.KeyByInfo || p.Mute == MuteGate
}
