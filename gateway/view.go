package gateway

import (
	"cmp"
	"slices"
	"time"

	"ringsplash/chat"
	"ringsplash/directory"
	"ringsplash/gateway/machine"
	"ringsplash/internal/sentence"
	"ringsplash/location"
	"ringsplash/media/sdp"
	"ringsplash/presence"
)

// Snapshot is what one tab shows: the parts of the WebSocket protocol, whole.
// The JSON is the wire form (docs/protocol.md).
type Snapshot struct {
	Me       MeView             `json:"me"`
	Devices  []DeviceView       `json:"devices"`
	Calls    []machine.CallView `json:"calls"`
	Presence []PresenceView     `json:"presence"`
	// Conversations are the newest, at most 50.
	Conversations []chat.Conversation `json:"conversations"`
	Counters      CountersView        `json:"counters"`
	Media         MediaView           `json:"media"`
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
	DoNotDisturb bool        `json:"doNotDisturb"`
	Presence     OwnPresence `json:"presence"`
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

// PresenceView is one entry of the presence list. Who is offline, and who may
// not be seen, has a state and nothing more.
type PresenceView struct {
	Address string `json:"address"`
	Number  string `json:"number,omitempty"`
	Display string `json:"display"`
	StateView
}

// StateView is a presence without whose it is.
type StateView struct {
	State presence.State `json:"state"`
	// Since is when the state began.
	Since   time.Time   `json:"since,omitzero"`
	Note    string      `json:"note,omitempty"`
	Devices ReachedView `json:"devices"`
}

func stateOf(v presence.View) StateView {
	return StateView{v.State, v.Since, v.Note, ReachedView{v.Browser, v.Phones}}
}

// ReachedView is where somebody is reached.
type ReachedView struct {
	Browser bool `json:"browser"`
	Phones  int  `json:"phones"`
}

// OwnPresence is what the user set of his presence, and what became of it.
type OwnPresence struct {
	Set  string `json:"set"`
	Note string `json:"note"`
	// Until is when Set and Note end by themselves, zero for never.
	Until time.Time `json:"until,omitzero"`
	// Visible is who may see him: domain, friends or nobody.
	Visible string `json:"visible"`
	// State is what those see.
	State presence.State `json:"state"`
}

// CountersView tells what is new in the lists that are REST pages.
type CountersView struct {
	Missed int `json:"missed"`
	// UnreadMessages are those of all conversations.
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
	Codecs []sdp.Codec `json:"codecs"`
	// Generation changes when the gateway has lost the PeerConnection's other
	// end: make a new one.
	Generation uint64 `json:"generation"`
}

// Snapshot is all parts, for this tab.
func (t *Tab) Snapshot() Snapshot {
	calls, want, counters, tabs := t.gw.board.shownTo(t)
	counters.Directory = t.gw.cfg.Directory.EntriesVersion(t.user)
	s := Snapshot{Calls: calls, Counters: counters, Presence: t.gw.listOf(t.user)}
	if t.gw.cfg.Chat != nil {
		s.Conversations, s.Counters.UnreadMessages = t.gw.cfg.Chat.Conversations(t.user)
	}
	s.Me = t.gw.me(t.user, tabs)
	s.Devices = t.gw.Devices(t.user)
	for _, d := range s.Devices {
		s.Me.Interworking = s.Me.Interworking || d.Interworking
	}
	s.Media.Port, s.Media.ICEServers = t.gw.cfg.Media.WebRTCAddr().Port(), t.gw.cfg.ICEServers
	t.mu.Lock()
	defer t.mu.Unlock()
	if want != nil {
		s.Media.Want = &MediaWant{Codecs: want, Generation: t.generation}
	}
	t.watchIdle(want != nil)
	return s
}

func (g *Gateway) me(user string, tabs int) MeView {
	u, _ := g.cfg.Directory.User(user)
	notice := g.notice()
	return MeView{
		Name: user, Number: u.Number, Display: u.Display, Address: "sip:" + user + "@" + g.cfg.Domain, Tabs: tabs,
		WhileBusy: cmp.Or(u.WhileBusy, directory.BusyRing), DoNotDisturb: u.DoNotDisturb,
		Presence: g.OwnPresence(user), NoticeSentence: notice, Notice: notice.Text,
	}
}

// Devices is the user's deskphones as his tabs see them, with what can be done
// with each now.
func (g *Gateway) Devices(user string) []DeviceView {
	live := map[string]location.Binding{}
	for _, b := range slices.Backward(g.bindings.Targets(user)) { // the newest of a device last
		live[b.Device] = b
	}
	out := []DeviceView{}
	owner, _ := g.cfg.Directory.User(user)
	for _, d := range g.cfg.Directory.Devices(user) {
		v := DeviceView{
			ID: d.ID, Display: d.Display, Instance: d.Instance, Interworking: d.Interworking,
			Primary: d.Primary, Profile: d.Profile, UserAgent: d.UserAgent, Fixed: owner.Fixed,
			Method: d.Learned.Method, Testing: g.tested(user, d.ID), Press: g.toPress(user, d.ID),
		}
		b, ok := live[d.ID]
		v.Live, v.UserAgent = ok, b.UserAgent
		if ok && d.Interworking {
			if p := g.profileOf(user, b); p.KeyNamed {
				v.UnmuteKey = p.UnmuteKey
			}
		}
		others, holdable := g.board.callsOn(user, d.ID, "")
		busy := len(others) > 0 && !(holdable && g.holds(user))
		switch {
		case !ok:
			v.WhySentence = Words.Say("device.offline", "device", d.Display)
		case !d.Interworking && owner.Fixed: // only the administrator can change that
			v.WhySentence = Words.Say("device.interworking_fixed")
		case !d.Interworking:
			v.WhySentence = Words.Say("device.interworking_off")
		case g.cfg.Policy == nil:
			v.WhySentence = Words.Say("device.not_set_up")
		case v.Testing:
			v.WhySentence = Words.Say("device.testing", "device", d.Display)
		case busy:
			v.WhySentence = Words.Say("device.busy", "device", d.Display)
		default:
			v.Answerable = true
		}
		v.Why = v.WhySentence.Text
		out = append(out, v)
	}
	return out
}
