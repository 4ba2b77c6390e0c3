// Package story remembers what happened in calls, those that are over for a
// while too.
package story

import (
	"slices"
	"time"

	"ringsplash/gateway/machine"
	"ringsplash/internal/sentence"
	"ringsplash/media"
	"ringsplash/media/sdp"
)

// Bounds on what is remembered. A story above them loses its later messages
// and says so; the oldest stories go first.
const (
	maxEvents = 400
	maxBytes  = 96 << 10
	maxCount  = 1000
	maxTotal  = 16 << 20
	maxAge    = time.Hour
	// A message may belong to a story for lateFor after its end, or until so
	// many others ended.
	lateFor = 40 * time.Second
	maxLate = 64
)

// Story is what happened in one call, for its owner and the administrator.
type Story struct {
	ID    machine.CallID `json:"id"`
	State string         `json:"state"` // as in CallView
	Cause machine.Cause  `json:"cause,omitempty"`
	// Reason is why it ended, in words.
	Reason         string            `json:"reason,omitempty"`
	ReasonSentence sentence.Sentence `json:"reasonSentence,omitzero"`
	From           machine.PeerView  `json:"from"`
	To             machine.PeerView  `json:"to"`
	Began          time.Time         `json:"began"`
	Answered       *time.Time        `json:"answered,omitempty"`
	Ended          *time.Time        `json:"ended,omitempty"`
	Legs           []Leg             `json:"legs"`
	Events         []Event           `json:"events"`
	// LeftOut counts events that were not remembered because there were too many.
	LeftOut int `json:"leftOut,omitempty"`
}

// Leg is one leg with its media counters.
type Leg struct {
	ID     machine.LegID   `json:"id"`
	Side   string          `json:"side"` // caller | callee
	Kind   machine.LegKind `json:"kind"`
	Device string          `json:"device,omitempty"`
	Trunk  string          `json:"trunk,omitempty"`
	Stage  machine.Stage   `json:"stage"`
	Gate   machine.Gate    `json:"gate,omitempty"`
	Codecs []sdp.Codec     `json:"codecs,omitempty"`
	// Media are the counters of the leg's audio; nil when it never had any. A
	// tab's count from the beginning of its PeerConnection.
	Media *MediaCounters `json:"media,omitempty"`
}

// MediaCounters are the audio packets of a leg: received from its device, sent
// to it, and what was dropped for which reason.
type MediaCounters struct {
	Received        uint64 `json:"received"`
	Sent            uint64 `json:"sent"`
	Lost            uint64 `json:"lost"`
	DroppedByGate   uint64 `json:"droppedByGate"`
	PassedWhileShut uint64 `json:"passedWhileShut"`
	FromStrangers   uint64 `json:"fromStrangers"`
	Bad             uint64 `json:"bad"`
}

// Event is one thing that happened.
type Event struct {
	At time.Time `json:"at"`
	// Kind is call (a change of the call), leg (a change of a leg), command (of
	// a tab), decision, or sip (a message).
	Kind string        `json:"kind"`
	Leg  machine.LegID `json:"leg,omitempty"`
	// Text is the event in words; of a message the start line.
	Text string `json:"text"`
	// Sent, Peer, Headers and SDP belong to a message: which way it went, with
	// whom, its headers without secrets, and what its session description says.
	Sent    *bool    `json:"sent,omitempty"`
	Peer    string   `json:"peer,omitempty"`
	Headers []string `json:"headers,omitempty"`
	SDP     string   `json:"sdp,omitempty"`

	// side is whose business it is: a caller does not learn on which phones the
	// other side rings, nor what was decided there.
	side machine.Audience
}

// Message is one SIP message of a leg, without secrets.
type Message struct {
	At      time.Time
	Sent    bool
	Peer    string   // "udp 192.0.2.7:5060"
	Start   string   // the start line
	Headers []string // "Name: value"
	SDP     []byte
}

// event is what a story keeps of the message.
func (m Message) event(leg machine.LegID, side machine.Audience) Event {
	sent := m.Sent // a pointer into the message would keep its body
	return Event{
		At: m.At, Kind: "sip", Leg: leg, Text: m.Start, Sent: &sent, Peer: m.Peer, Headers: m.Headers,
		SDP: sdp.Summary(m.SDP), side: side,
	}
}

func (e Event) size() int {
	n := 160 + len(e.Text) + len(e.SDP)
	for _, h := range e.Headers {
		n += 16 + len(h)
	}
	return n
}

// Of is a story as it stands in a call's state, without what its media counted.
func Of(s *machine.State) Story {
	view := func(p machine.Party) machine.PeerView {
		return machine.PeerView{Display: p.Who.Display, Address: p.Who.Address, Verified: p.Who.Verified()}
	}
	out := Story{
		ID: s.ID, State: machine.ShownState(s), Cause: s.Cause.ShownTo(machine.Caller), Began: s.Began, Legs: []Leg{},
		From: view(s.Parties[machine.Caller]), To: view(s.Parties[machine.Callee]),
	}
	if s.Cause != "" {
		out.ReasonSentence = s.Cause.Sentence(machine.Caller)
		out.Reason = out.ReasonSentence.Text
	}
	if !s.Talking.IsZero() {
		at := s.Talking // a pointer into the state would keep the whole call
		out.Answered = &at
	}
	for _, l := range s.Legs {
		out.Legs = append(out.Legs, Leg{
			ID: l.ID, Side: l.Side.String(), Kind: l.Kind, Device: l.Device, Trunk: l.Trunk, Stage: l.Stage, Gate: l.Gate,
			Codecs: slices.Clone(l.Codecs),
		})
	}
	return out
}

// CountersOf are the counters of a leg's end.
func CountersOf(s media.Stats) *MediaCounters {
	return &MediaCounters{
		Received: s.Received, Sent: s.Sent, Lost: s.Lost, DroppedByGate: s.DroppedByGate, PassedWhileShut: s.PassedWhileShut,
		FromStrangers: s.DroppedStranger, Bad: s.DroppedBad,
	}
}
