package gateway

import (
	"ringsplash/gateway/machine"
	"ringsplash/internal/sentence"
)

// Snapshot is what one tab shows: the parts of the WebSocket protocol, whole.
// The JSON is the wire form (docs/protocol.md).
type Snapshot struct {
	Me       MeView             `json:"me"`
	Devices  []DeviceView       `json:"devices"`
	Calls    []machine.CallView `json:"calls"`
	Presence []PresenceView     `json:"presence"`
	Counters CountersView       `json:"counters"`
	Media    MediaView          `json:"media"`
}

// MeView is the user himself.
type MeView struct {
	Name    string `json:"name"`
	Number  string `json:"number"`
	Display string `json:"display"`
	Address string `json:"address"`
	Tabs    int    `json:"tabs"`
	// Interworking tells whether Feature Options are shown at all.
	Interworking bool `json:"interworking"`
	// WhileBusy is ring or hold: what becomes of the call a phone is in when
	// it is to answer another by itself.
	WhileBusy string `json:"whileBusy"`
	// DoNotDisturb: nothing but the user's own click makes a phone of his answer.
	DoNotDisturb bool `json:"doNotDisturb"`
	// Notice is a sentence of the gateway to everybody, "" for none.
	Notice         string            `json:"notice,omitempty"`
	NoticeSentence sentence.Sentence `json:"noticeSentence,omitzero"`
}

// DeviceView is one of the user's deskphones.
type DeviceView struct {
	ID           string `json:"id"`
	Display      string `json:"display"`
	Instance     string `json:"instance"`
	Live         bool   `json:"live"`
	Interworking bool   `json:"interworking"`
	Primary      bool   `json:"primary"`
	Profile      string `json:"profile"`
	UserAgent    string `json:"userAgent"`
	// Fixed: the configuration file names the user, so that only the file
	// changes the device, but for which of his is the primary one.
	Fixed bool `json:"fixed,omitempty"`
	// Answerable tells whether "Answer on <display>" can be pressed now;
	// Why is the sentence that says why not.
	Answerable  bool              `json:"answerable"`
	Why         string            `json:"why,omitempty"`
	WhySentence sentence.Sentence `json:"whySentence,omitzero"`
	// Method is what Test my deskphone found and keeps, "" for none.
	Method string `json:"method,omitempty"`
	// Testing: that test is under way; Press is the key of the phone that it
	// waits for now.
	Testing bool   `json:"testing,omitempty"`
	Press   string `json:"press,omitempty"`
	// UnmuteKey is the key of the phone that un-mutes its microphone, "" for none.
	UnmuteKey string `json:"unmuteKey,omitempty"`
}

// PresenceView is one entry of the presence list.
type PresenceView struct {
	Address string `json:"address"`
	Display string `json:"display"`
	State   string `json:"state"` // available | busy | offline
}

// CountersView tells what is new in the lists that are REST pages.
type CountersView struct {
	Missed         int `json:"missed"`
	UnreadMessages int `json:"unreadMessages"`
	// History and Directory change whenever those lists change: fetch again.
	History   uint64 `json:"history"`
	Directory uint64 `json:"directory"`
}

// MediaView says what PeerConnection this tab should have.
type MediaView struct {
	// Want is nil when the tab needs no PeerConnection.
	Want *MediaWant `json:"want"`
	// Port is the one UDP and TCP port of all browsers.
	Port uint16 `json:"port"`
	// ICEServers help a browser that cannot reach Port directly.
	ICEServers []ICEServer `json:"iceServers,omitempty"`
}

// ICEServer is a STUN or TURN server for browsers; its JSON is the RTCIceServer
// that a page makes its RTCPeerConnection with.
type ICEServer struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username,omitempty"`
	Credential string   `json:"credential,omitempty"`
}

// MediaWant is what the tab must have offered. When it differs from what the
// tab last offered, the tab offers again.
type MediaWant struct {
	// Codecs in order of preference: PCMU, PCMA, G722, opus.
	Codecs []string `json:"codecs"`
	// Generation changes when the gateway has lost the PeerConnection's other
	// end: make a new one.
	Generation uint64 `json:"generation"`
}

// Command is what a tab asks for ({type:"do"} without its envelope).
type Command struct {
	Do        string         `json:"do"`
	Call      machine.CallID `json:"call,omitempty"`
	Version   uint64         `json:"version,omitempty"`
	On        string         `json:"on,omitempty"`
	From      string         `json:"from,omitempty"`
	To        string         `json:"to,omitempty"`
	With      machine.CallID `json:"with,omitempty"`
	Digits    string         `json:"digits,omitempty"`
	SDP       string         `json:"sdp,omitempty"`
	PC        string         `json:"pc,omitempty"`
	Codecs    []string       `json:"codecs,omitempty"`
	Candidate string         `json:"candidate,omitempty"`
	Text      string         `json:"text,omitempty"`
	// Intercom asks for an automatic answer of the called person's phone.
	Intercom bool `json:"intercom,omitempty"`
	// RemoveGrant takes back, with the hanging up, what let the caller open
	// the phone.
	RemoveGrant bool `json:"removeGrant,omitempty"`
}

// Result is the ok reply to a Command.
type Result struct {
	Call machine.CallID `json:"call,omitempty"`
	SDP  string         `json:"sdp,omitempty"`
	// Said is what was done, in words.
	Said         string            `json:"said,omitempty"`
	SaidSentence sentence.Sentence `json:"saidSentence,omitzero"`
}

func saying(s sentence.Sentence) Result { return Result{Said: s.Text, SaidSentence: s} }

// ofCall is what the command asks of one call, nil when it is no such command.
func (c Command) ofCall() machine.Command {
	switch c.Do {
	case "answer":
		return machine.Answer{On: c.On, Version: c.Version}
	case "ringing":
		return machine.TabRings{}
	case "decline":
		return machine.Decline{}
	case "hangup":
		return machine.HangUp{}
	case "hold", "resume":
		return machine.Hold{On: c.Do == "hold"}
	case "mute", "unmute":
		return machine.Mute{On: c.Do == "mute"}
	case "move":
		return machine.Move{On: c.On}
	case "transfer":
		return machine.Transfer{To: c.To, With: c.With}
	case "digits":
		return machine.SendDigits{Digits: c.Digits}
	}
	return nil
}
