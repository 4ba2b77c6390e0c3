package browser

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"ringsplash/chat"
	"ringsplash/gateway"
	"ringsplash/gateway/machine"
)

// protocol is the version of docs/protocol.md that is spoken here. There is no
// older one yet.
const protocol = 1

// Types of messages.
const (
	typeHello   = "hello"
	typeWelcome = "welcome"
	typeState   = "state"
	typeDo      = "do"
	typeReply   = "reply"
	typeRefused = "refused"
)

// hello is the first message of a tab.
type hello struct {
	Type     string `json:"type"`
	Protocol int    `json:"protocol"`
	Build    string `json:"build"`
	// Page is a value the page made when it was loaded.
	Page string `json:"page,omitempty"`
	// Token logs the page's user in where there is no cookie; Bearer, of an
	// earlier welcome, does so again. Parent is the site our page is framed by.
	Token  string  `json:"token,omitempty"`
	Bearer string  `json:"bearer,omitempty"`
	Parent string  `json:"parent,omitempty"`
	Resume *tabKey `json:"resume,omitempty"`
}

// tabKey is how a page asks for its tab back.
type tabKey struct {
	Tab    machine.TabID `json:"tab"`
	Secret string        `json:"secret"`
}

// welcome answers hello with everything.
type welcome struct {
	Type    string  `json:"type"`
	Seq     uint64  `json:"seq"`
	Now     instant `json:"now"`
	Build   string  `json:"build"`
	Tab     tabName `json:"tab"`
	Resumed bool    `json:"resumed"`
	// Open is what the page may do with the microphones of deskphones.
	Open right `json:"open"`
	// Bearer is for later hellos and for REST, when a token was exchanged.
	Bearer string `json:"bearer,omitempty"`
	parts
}

// tabName is what a tab keeps to be resumed.
type tabName struct {
	ID     machine.TabID `json:"id"`
	Secret string        `json:"secret"`
}

// refused says why a token does not log in, before the socket is closed.
type refused struct {
	Type  string                `json:"type"`
	Error *machine.CommandError `json:"error"`
}

// state carries the parts that changed.
type state struct {
	Type string  `json:"type"`
	Seq  uint64  `json:"seq"`
	Now  instant `json:"now"`
	parts
}

// do is a command in its envelope.
type do struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	gateway.Command
}

// reply answers a do.
type reply struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	OK   bool   `json:"ok,omitempty"`
	gateway.Result
	Error *machine.CommandError `json:"error,omitempty"`
}

// closeCode is why the gateway closes a socket (RFC 6455 7.4).
type closeCode int

const (
	codeGone        closeCode = 0 // the other side went away: nothing to tell
	codeShutdown    closeCode = 1001
	codeFault       closeCode = 1011
	codeBehind      closeCode = 1013
	codeBroken      closeCode = 4400
	codeNotLoggedIn closeCode = 4401
	codeNotAllowed  closeCode = 4403
	codeProtocol    closeCode = 4406
	codeNoHello     closeCode = 4408
	codeTaken       closeCode = 4409
)

// closeReasons are the sentences that go with the codes: at most 123 bytes.
var closeReasons = map[closeCode]string{
	codeShutdown:    "The gateway shuts down. Connect again in a moment.",
	codeFault:       "The gateway made an error. Connect again.",
	codeBehind:      "Too many replies wait for this tab. Connect again.",
	codeBroken:      "This message does not follow the protocol. Connect again.",
	codeNotLoggedIn: "You are not logged in any more. Log in again.",
	codeNotAllowed:  "This page may not use the phone. The message before says why.",
	codeProtocol:    "This version of the protocol is not spoken. Reload the page.",
	codeNoHello:     "No hello came in time. Connect again.",
	codeTaken:       "This tab was resumed on another socket.",
}

const (
	maxMessage = 64 << 10 // bytes of one message
	maxID      = 64       // bytes of a command id
)

// errBroken: the message does not follow the protocol at all.
var errBroken = errors.New("broken message")

// readHello reads the first message.
func readHello(b []byte) (hello, error) {
	var h hello
	if err := json.Unmarshal(b, &h); err != nil {
		return h, fmt.Errorf("%w: %w", errBroken, err)
	}
	if h.Type != typeHello {
		return h, fmt.Errorf("%w: hello expected", errBroken)
	}
	return h, nil
}

// readDo reads any later message. A command that can be answered but not
// carried out comes with a *gateway.CommandError, else the error is errBroken.
func readDo(b []byte) (do, error) {
	var envelope struct {
		Type string `json:"type"`
		ID   string `json:"id"`
	}
	if err := json.Unmarshal(b, &envelope); err != nil {
		return do{}, fmt.Errorf("%w: %w", errBroken, err)
	}
	if envelope.Type != typeDo || envelope.ID == "" || len(envelope.ID) > maxID {
		return do{}, fmt.Errorf("%w: a do with an id of 1 to %d bytes expected", errBroken, maxID)
	}
	var d do
	if err := json.Unmarshal(b, &d); err != nil {
		return do{ID: envelope.ID}, badRequest("command.wrong_kind")
	}
	return d, checkCommand(d.Command)
}

// badRequest refuses a command that is not as docs/protocol.md says.
func badRequest(say string, args ...any) *machine.CommandError {
	return machine.Refuse("bad_request", Words.Say("command.bad_request", "fault", Words.Say(say, args...)))
}

func refusal(id string, e *machine.CommandError) []byte {
	return encode(reply{Type: typeReply, ID: id, Error: e})
}

// encode marshals a message of ours, which cannot fail: they hold strings,
// numbers and JSON made before.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("browser: a message cannot be encoded: %v", err))
	}
	return b
}

func now() instant { return instant(time.Now()) }

// parts are the parts of a snapshot in wire form. A nil part is left out of
// the message.
type parts struct {
	Me            json.RawMessage `json:"me,omitempty"`
	Devices       json.RawMessage `json:"devices,omitempty"`
	Calls         json.RawMessage `json:"calls,omitempty"`
	Presence      json.RawMessage `json:"presence,omitempty"`
	Conversations json.RawMessage `json:"conversations,omitempty"`
	Counters      json.RawMessage `json:"counters,omitempty"`
	Media         json.RawMessage `json:"media,omitempty"`
}

// callView is a gateway.CallView with its times in the form of the wire.
type callView struct {
	machine.CallView
	Since    instant  `json:"since"`
	Answered *instant `json:"answered,omitempty"`
}

func viewOf(c machine.CallView) callView {
	return callView{CallView: c, Since: instant(c.Since), Answered: instantOf(c.Answered)}
}

// messageView is a chat.Message with its time in the form of the wire.
type messageView struct {
	chat.Message
	Time instant `json:"time"`
}

// conversationView is a chat.Conversation in that form.
type conversationView struct {
	chat.Conversation
	Last messageView `json:"last"`
}

func messageOf(m chat.Message) messageView { return messageView{m, instant(m.Time)} }

func conversationsOf(list []chat.Conversation) json.RawMessage {
	out := make([]conversationView, 0, len(list))
	for _, c := range list {
		out = append(out, conversationView{c, messageOf(c.Last)})
	}
	return encode(out)
}

// presenceView is a gateway.PresenceView with its time in the form of the wire.
type presenceView struct {
	gateway.PresenceView
	Since *instant `json:"since,omitempty"`
}

// meView is a gateway.MeView with its time in the form of the wire.
type meView struct {
	gateway.MeView
	Presence ownPresence `json:"presence"`
}

type ownPresence struct {
	gateway.OwnPresence
	Until *instant `json:"until,omitempty"`
}

func ownPresenceOf(p gateway.OwnPresence) ownPresence { return ownPresence{p, setInstant(p.Until)} }

// setInstant is nil for no time.
func setInstant(t time.Time) *instant {
	if t.IsZero() {
		return nil
	}
	return instantOf(&t)
}

// EncodeCall is a call in wire form, as in the part calls.
func EncodeCall(c machine.CallView) json.RawMessage { return encode(viewOf(c)) }

// partsOf brings a snapshot into wire form. Lists that are nil become empty
// lists: a tab never meets null where a list belongs.
func partsOf(s gateway.Snapshot) parts {
	calls := make([]callView, 0, len(s.Calls))
	for _, c := range s.Calls {
		calls = append(calls, viewOf(c))
	}
	present := make([]presenceView, 0, len(s.Presence))
	for _, p := range s.Presence {
		present = append(present, presenceView{p, setInstant(p.Since)})
	}
	if s.Media.Want != nil && s.Media.Want.Codecs == nil {
		want := *s.Media.Want
		want.Codecs = listOf(want.Codecs)
		s.Media.Want = &want
	}
	return parts{
		Me: encode(meView{s.Me, ownPresenceOf(s.Me.Presence)}), Devices: encode(listOf(s.Devices)), Calls: encode(calls),
		Presence: encode(present), Conversations: conversationsOf(s.Conversations),
		Counters: encode(s.Counters), Media: encode(s.Media),
	}
}

func listOf[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}

// since leaves out what is equal in former, and tells whether anything is left.
func (p parts) since(former parts) (changed parts, any bool) {
	fresh := func(now, before json.RawMessage) json.RawMessage {
		if bytes.Equal(now, before) {
			return nil
		}
		any = true
		return now
	}
	changed = parts{
		Me: fresh(p.Me, former.Me), Devices: fresh(p.Devices, former.Devices), Calls: fresh(p.Calls, former.Calls),
		Presence: fresh(p.Presence, former.Presence), Conversations: fresh(p.Conversations, former.Conversations),
		Counters: fresh(p.Counters, former.Counters), Media: fresh(p.Media, former.Media),
	}
	return changed, any
}
