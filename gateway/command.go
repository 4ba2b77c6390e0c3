package gateway

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"ringsplash/chat"
	"ringsplash/gateway/machine"
	"ringsplash/internal/address"
	"ringsplash/internal/sentence"
	"ringsplash/media/sdp"
	"ringsplash/policy"
)

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
	Codecs    []sdp.Codec    `json:"codecs,omitempty"`
	Candidate string         `json:"candidate,omitempty"`
	Text      string         `json:"text,omitempty"`
	// Key is what the client calls a message: the same one is not stored twice.
	Key string `json:"key,omitempty"`
	// Peer is the other side of a conversation, UpTo a message in it.
	Peer string `json:"peer,omitempty"`
	UpTo string `json:"upTo,omitempty"`
	// Active: the user is writing; else he has stopped.
	Active bool `json:"active,omitempty"`
	// Intercom asks for an automatic answer of the called person's phone.
	Intercom bool `json:"intercom,omitempty"`
	// RemoveGrant takes back, with the hanging up, what let the caller open
	// the phone.
	RemoveGrant bool `json:"removeGrant,omitempty"`
	// Idle is for how many seconds no hand has moved in the tab; 0: one does.
	Idle int `json:"idle,omitempty"`
}

// Result is the ok reply to a Command.
type Result struct {
	Call machine.CallID `json:"call,omitempty"`
	SDP  string         `json:"sdp,omitempty"`
	// Message is the id of a message that is kept.
	Message string `json:"message,omitempty"`
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

// Do carries out a command. It blocks until the call has taken it, at most
// about a second; refusals are *CommandError.
func (t *Tab) Do(ctx context.Context, c Command) (Result, error) {
	switch c.Do {
	case "call":
		return t.place(c)
	case "offer":
		return t.offer(c)
	case "candidate":
		return Result{}, t.candidate(c)
	case "dismiss":
		t.gw.board.drop(t.user, c.Call)
		return Result{}, nil
	case "seen":
		t.gw.board.seen(t.user)
		return Result{}, nil
	case "activity":
		t.gw.board.hand(t, time.Duration(c.Idle)*time.Second)
		return Result{}, nil
	case "message", "received", "read", "typing", "forget":
		return t.gw.converse(ctx, t.user, c)
	case "digits":
		if n := len(c.Digits); n == 0 || n > 64 || strings.Trim(c.Digits, "0123456789*#ABCD") != "" {
			return Result{}, denied("bad_request", "command.bad_digits")
		}
	}
	asked := c.ofCall()
	if asked == nil {
		return Result{}, denied("bad_request", "command.not_known")
	}
	call := t.gw.board.find(t.user, c.Call)
	if call == nil {
		return Result{}, denied("no_such_call", "command.call_over")
	}
	if c.Do == "resume" || (c.Do == "answer" || c.Do == "move") && c.On == "browser" {
		t.holdOthers(c.Call)
	}
	if c.Do == "transfer" && c.To != "" {
		if err := t.gw.mayDial(t.user, c.To); err != nil {
			return Result{}, err
		}
	}
	e := machine.Asked{User: t.user, Tab: t.id, Command: asked}
	if asked == (machine.HangUp{}) && c.RemoveGrant {
		return t.gw.hangUpAndRevoke(ctx, call, e)
	}
	return Result{}, t.gw.ask(ctx, call, e)
}

// converse carries out a command of conversations.
func (g *Gateway) converse(ctx context.Context, user string, c Command) (r Result, err error) {
	book := g.cfg.Chat
	switch {
	case book == nil:
		return Result{}, machine.ErrNotYet
	case c.Do == "message":
		r.Message, err = book.Send(ctx, chat.Draft{User: user, To: c.To, Text: c.Text, Key: c.Key})
	case c.Do == "received":
		err = book.Received(ctx, user, c.Peer, c.UpTo)
	case c.Do == "read":
		err = book.Read(ctx, user, c.Peer, c.UpTo)
	case c.Do == "typing":
		err = book.Type(ctx, user, c.To, c.Active)
	case c.Do == "forget":
		err = book.Forget(ctx, user, c.Peer)
	}
	var refused *chat.Refusal
	if errors.As(err, &refused) {
		err = machine.Refuse(refused.Code, refused.Sentence)
	}
	return r, err
}

// Outside is where our user's text leads outside of the house, in the form of
// conversations, and the ways there; none for our own users, for emergency
// numbers and for nowhere. It does not block.
func (g *Gateway) Outside(user, dialled string) (string, []chat.Way) {
	d := g.resolve(dialled, policy.Identity{User: user})
	if _, digits, host := address.Cut(dialled); host != "" && d.cause != "" {
		for _, t := range g.cfg.Trunks { // an answer to who wrote by a trunk
			if g.isTrunk(t.Name, host) {
				d = g.toTrunk(t.Name, address.Digits(digits))
			}
		}
	}
	to, err := address.Canonical(d.address)
	if err != nil {
		to = d.address
	}
	var ways []chat.Way
	for _, w := range d.ways {
		if !g.isEmergency(machine.Target{Trunk: w.trunk, URI: w.uri}) {
			ways = append(ways, chat.Way{Trunk: w.trunk, URI: w.uri})
		}
	}
	if d.uri != "" {
		ways = append(ways, chat.Way{URI: d.uri})
	}
	return to, ways
}

// holdOthers puts the other calls in this tab on hold: one microphone, one
// conversation.
func (t *Tab) holdOthers(but machine.CallID) {
	if t.id == "" {
		return
	}
	for _, c := range t.gw.board.othersIn(t, but) {
		c.post(machine.Asked{User: t.user, Tab: t.id, Command: machine.Hold{On: true}})
	}
}

// place starts an outgoing call. What can be refused at once is an error of
// the command; what comes later ends the call with its sentence.
func (t *Tab) place(c Command) (Result, error) {
	if len(c.To) == 0 || len(c.To) > 256 {
		return Result{}, denied("bad_request", "command.enter_number")
	}
	on := t.gw.userClaim(t.user, c.To)
	if !on.urgent && t.gw.board.engaged(t.user) >= t.gw.cfg.MaxCalls {
		return Result{}, notPlaced(machine.CauseOwnLimit)
	}
	call := t.gw.newCall(newCallID())
	begun := call.dial(t, c)
	switch cause := begun.Cause; {
	case cause == machine.CauseDND, cause == machine.CauseDNDHidden:
		// It ends at once, but the called user finds it among his missed ones.
	case cause != "":
		return Result{}, notPlaced(cause)
	case c.Intercom && begun.Callee.User == "":
		return Result{}, denied("not_available", "command.intercom_outside")
	case c.Intercom && begun.Callee.User == t.user: // it would open his own phone without the right to
		return Result{}, denied("not_available", "command.intercom_own")
	}
	if cause := t.gw.admit(call, on); cause != "" {
		return Result{}, notPlaced(cause)
	}
	if c.From == "" || c.From == "browser" {
		t.holdOthers(call.id)
	}
	t.gw.stories.Begin(call.id, "")
	call.post(begun)
	go call.run()
	return Result{Call: call.id}, nil
}

func notPlaced(c machine.Cause) error {
	return machine.Refuse(cmp.Or(commandCodes[c], "fault"), c.Sentence(machine.Caller))
}

var commandCodes = map[machine.Cause]string{
	machine.CauseUnknown: "not_found", machine.CauseTrunkDown: "trunk_down",
	machine.CauseOverload: "overload", machine.CauseShuttingDown: "overload",
	machine.CauseBusy: "too_many_calls", machine.CauseOwnLimit: "too_many_calls", machine.CauseOutsideLimit: "too_many_calls",
	machine.CauseOffline: "device_offline", machine.CauseForbidden: "forbidden",
}

// errNoSound: what comes from no page cannot carry a user's sound.
var errNoSound = denied("not_available", "command.no_microphone")

// Do carries out a command of a user that comes from no tab: by the REST
// interface. It is as Tab.Do, but that nothing can be answered, moved or called
// from "browser".
func (g *Gateway) Do(ctx context.Context, user string, c Command) (Result, error) {
	switch c.Do {
	case "answer", "move":
		if c.On == "browser" {
			return Result{}, errNoSound
		}
	case "call":
		if c.From == "" || c.From == "browser" {
			return Result{}, errNoSound
		}
	case "message", "forget":
	default:
		if asked := c.ofCall(); asked != nil && asked != (machine.TabRings{}) {
			break
		}
		return Result{}, denied("bad_request", "command.page_only")
	}
	return g.noTab(user).Do(ctx, c)
}

// noTab stands for the user where he has no page open. It is on no board.
func (g *Gateway) noTab(user string) *Tab { return &Tab{user: user, gw: g} }

// revokeFor bounds how long a grant may take to be taken back.
const revokeFor = 2 * time.Second

// grantSelf is the owner's own right, which nobody takes back.
const grantSelf = "self"

// hangUpAndRevoke ends a call that somebody else made the user's phone answer,
// then takes back what allowed it: the phone is safe before the store is asked.
func (g *Gateway) hangUpAndRevoke(ctx context.Context, c *Call, a machine.Asked) (Result, error) {
	auto := g.board.autoOf(a.User, c)
	if auto == nil || auto.Grant == grantSelf || auto.Grant == "" || g.cfg.Policy == nil {
		return Result{}, denied("wrong_state", "command.no_grant_used")
	}
	var ended *machine.CommandError
	if err := g.ask(ctx, c, a); err != nil && (!errors.As(err, &ended) || ended.Code != "ended") {
		return Result{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, revokeFor)
	defer cancel()
	taken, err := g.cfg.Policy.Revoke(ctx, a.User, auto.Grant, auto.By)
	if err != nil {
		g.log.Error("a grant was not removed", "user", a.User, "grant", auto.Grant, "requester", auto.By.Address, "err", err)
		return Result{}, denied("fault", "command.grant_kept")
	}
	g.log.Info("a grant was removed with the call it had allowed", "user", a.User, "grant", auto.Grant, "requester", auto.By.Address)
	return saying(taken.Sentence()), nil
}

// ask posts a command to a call and waits for its reply, at most a second.
func (g *Gateway) ask(ctx context.Context, c *Call, a machine.Asked) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	answer := make(chan *machine.CommandError, 1)
	a.ID = g.asked.Add(1)
	g.asks.Store(a.ID, answer)
	defer g.asks.Delete(a.ID)
	if !c.box.Post(a) {
		return machine.Refuse("ended", machine.Words.Say("command.ended"))
	}
	select {
	case err := <-answer:
		if err != nil {
			return err
		}
		return nil
	case <-ctx.Done():
		return denied("fault", "command.timeout")
	}
}

// reply hands the outcome to the one who waits, nobody for 0. It never blocks:
// the channel has room for the one reply.
func (g *Gateway) reply(id uint64, err *machine.CommandError) {
	if waits, ok := g.asks.LoadAndDelete(id); ok {
		waits.(chan *machine.CommandError) <- err
	}
}
