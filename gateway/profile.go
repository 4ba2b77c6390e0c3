package gateway

// MuteMode is how a phone that answered by itself is kept from being heard,
// besides the gate, which is always there.
type MuteMode string

// Mute modes.
const (
	// MuteSDP offers sendonly: the phone sends nothing at all until un-mute.
	MuteSDP MuteMode = "sdp+gate"
	// MuteGate offers sendrecv and drops what the phone sends: for phones
	// behind NAT, or that refused sendonly.
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

// Profile is how a phone model wants to be asked to answer by itself.
type Profile struct {
	Name    string     `json:"name"`
	Headers []Header   `json:"headers"`
	Mute    MuteMode   `json:"mute"`
	Splash  SplashMode `json:"splash"`
	// ResumeUnmutes: Hold then Resume at the phone is its user's un-mute.
	ResumeUnmutes bool `json:"resumeUnmutes,omitempty"`
	// FromOwner writes the owner instead of the caller into From.
	FromOwner bool `json:"fromOwner,omitempty"`
}

// trio asks a phone we know nothing about in the three valid ways
// (RFC 5373 4.1, and the two header forms most makers took up).
func trio(gateway string) []Header {
	return []Header{
		{"Answer-Mode", "Auto"},
		{"Call-Info", "<sip:" + gateway + ">;answer-after=0"},
		{"Alert-Info", "<http://" + gateway + "/>;info=alert-autoanswer;delay=0"},
	}
}
