// Package profile is how phone models want to be asked to answer by themselves.
package profile

import (
	"slices"

	"ringsplash/directory"
	"ringsplash/internal/sentence"
)

// MuteMode is how a phone that answered by itself is kept from being heard,
// besides the gate, which is always there.
type MuteMode string

// Mute modes.
const (
	// MuteSDP offers sendonly: the phone sends nothing at all until un-mute.
	MuteSDP MuteMode = "sdp+gate"
	// MuteGate offers sendrecv and drops what the phone sends: for phones
	// behind NAT, that refused sendonly, or whose key is to un-mute.
	MuteGate MuteMode = "gate"
)

// SplashMode is who sounds the splash.
type SplashMode string

// Splash modes.
const (
	SplashMedia SplashMode = "media" // the gateway, in the audio
	SplashPhone SplashMode = "phone" // the phone, by Alert-Info or its own setting
	SplashBoth  SplashMode = "both"
	SplashOff   SplashMode = "off"
)

// Header is one extra header of an INVITE.
type Header struct{ Name, Value string }

// Method is one trigger: headers that make phones answer by themselves.
type Method struct {
	// Name is what is kept for a device: [a-z0-9-]+.
	Name    string
	Headers []Header
	// Said names it for people.
	Said string
}

// Profile is how a phone model wants to be asked to answer by itself.
type Profile struct {
	Name string `json:"name"`
	// Method names the trigger in Headers, "" when they are the profile's own.
	Method  string     `json:"method,omitempty"`
	Headers []Header   `json:"headers"`
	Mute    MuteMode   `json:"mute"`
	Splash  SplashMode `json:"splash"`
	// DoubleTone: the phone beeps by itself.
	DoubleTone bool `json:"doubleTone,omitempty"`
	// ResumeUnmutes: Hold then Resume at the phone is its user's un-mute.
	ResumeUnmutes bool `json:"resumeUnmutes,omitempty"`
	// UnmuteKey is the phone's key that is its user's un-mute, "" for none.
	// KeyNamed: it is known to reach us, so that people are told to press it.
	UnmuteKey string `json:"unmuteKey,omitempty"`
	KeyNamed  bool   `json:"keyNamed,omitempty"`
	// KeyByInfo: its keys come by INFO, whatever the SDP says.
	KeyByInfo bool `json:"keyByInfo,omitempty"`
	// Adapter: the phone is an analogue one behind an adapter, which makes keys
	// of the tones it hears.
	Adapter bool `json:"adapter,omitempty"`
	// FromOwner writes the owner instead of the caller into From.
	FromOwner bool `json:"fromOwner,omitempty"`
	// Talk asks a phone that says it can by NOTIFY (Event: talk) on its ringing
	// branch, instead of a second INVITE.
	Talk bool `json:"talk,omitempty"`
	// Messages: the phone shows text (SIP MESSAGE, RFC 3428), so its user's
	// messages go there too.
	Messages bool `json:"messages,omitempty"`
	// Note is what must be set at the phone, for people.
	Note sentence.Sentence `json:"-"`
}

// Sounds is who sounds the splash for this phone: of a phone that beeps by itself and
// a gateway that would as well, only the phone.
func (p Profile) Sounds() SplashMode {
	if p.Splash == SplashBoth && p.DoubleTone {
		return SplashPhone
	}
	return p.Splash
}

// Learned puts what was found out about the phone over what the profile says.
func (p Profile) Learned(l directory.Learned, methods []Method) Profile {
	for _, m := range methods {
		if m.Name == l.Method {
			p.Method, p.Headers = m.Name, m.Headers
		}
	}
	if l.Mute == string(MuteGate) {
		p.Mute = MuteGate
	}
	return p
}

// Candidates are the methods to try on a phone: the profile's, then the others
// that hold a header which was not tried before.
func (p Profile) Candidates(all []Method) []Method {
	first := Method{Name: p.Method, Headers: p.Headers, Said: "the headers of the profile " + p.Name}
	for _, m := range all {
		if m.Name == p.Method {
			first.Said = m.Said
		}
	}
	out, tried := []Method{first}, slices.Clone(first.Headers)
	for _, m := range all {
		fresh := slices.ContainsFunc(m.Headers, func(h Header) bool { return !slices.Contains(tried, h) })
		if m.Name != first.Name && fresh {
			out, tried = append(out, m), append(tried, m.Headers...)
		}
	}
	return out
}

// unknown is the name of the profile that asks a phone we know nothing about.
const unknown = "unknown"

// Unknown asks a phone we know nothing about in the three valid ways
// (RFC 5373 4.1, and the two header forms most makers took up). gateway is the
// domain they name.
func Unknown(gateway string) Profile {
	return Profile{Name: unknown, Mute: MuteSDP, Splash: SplashMedia, Headers: []Header{
		{"Answer-Mode", "Auto"},
		{"Call-Info", "<sip:" + gateway + ">;answer-after=0"},
		{"Alert-Info", "<http://" + gateway + "/>;info=alert-autoanswer;delay=0"},
	}}
}
