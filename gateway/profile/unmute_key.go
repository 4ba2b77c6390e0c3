package profile

import (
	"cmp"
	"strings"

	"ringsplash/directory"
)

// unmuteKeys are the keys that may un-mute: those of telephone-events and INFO
// (RFC 4733 3.2, RFC 6086).
const unmuteKeys = "0123456789*#ABCD"

const defaultUnmuteKey = "*"

// validUnmuteKey tells whether s is one key, or "" for none.
func validUnmuteKey(s string) bool { return s == "" || len(s) == 1 && strings.Contains(unmuteKeys, s) }

// What a test of the phone found out of its un-mute key (directory.Learned.Key).
const (
	KeySeen   = "seen"
	KeyUnseen = "unseen"
)

// Keyed gives the profile the un-mute key of this device, "" for none, and
// tells whether the key is known to reach us: a test saw it, the phone uses
// INFO, or it may send from the beginning. Many phones send no keys while they
// are to listen only.
func (p Profile) Keyed(d directory.Device) Profile {
	p.UnmuteKey, p.KeyNamed = p.keyOf(d), d.Learned.Key == KeySeen || p.KeyByInfo || p.Mute == MuteGate
	return p
}

// keyOf is the key of this phone that un-mutes, "" for none. What was set
// for the device names another key than the profile does. A test that waited
// for it in vain switches it off. A phone we know nothing about has none before
// a test saw it. An analogue adapter has none: it makes keys of the tones it
// hears in the room.
func (p Profile) keyOf(d directory.Device) string {
	switch {
	case p.Adapter, d.UnmuteKey == directory.NoKey, d.Learned.Key == KeyUnseen:
		return ""
	case d.Learned.Key != KeySeen && p.Name == unknown:
		return ""
	}
	return cmp.Or(d.UnmuteKey, p.UnmuteKey)
}
