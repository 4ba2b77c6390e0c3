package gateway

import (
	"cmp"
	"context"
	"sync/atomic"
	"time"

	"ringsplash/directory"
	"ringsplash/gateway/machine"
	"ringsplash/policy"
)

// owner is the call a leg belongs to. A transfer changes it while the leg's
// events come in from other goroutines.
type owner struct {
	call atomic.Pointer[Call]
	keys keys // the leg's digits
	// pressed are keys of a phone whose gate is not open.
	pressed keys
	// goodbye is the leg's last Kept. It belongs to the goroutine of call.
	goodbye []byte
}

// post hands an event to the call that owns the leg now.
func (o *owner) post(e machine.Event) {
	for {
		c := o.call.Load()
		if c.box.Post(e) || o.call.Load() == c {
			return
		}
	}
}

// own makes the call the owner of a leg to be made, whose sink is post.
func (c *Call) own(id machine.LegID) *owner {
	o := &owner{}
	o.call.Store(c)
	c.owned(id, o)
	return o
}

func (c *Call) owned(id machine.LegID, o *owner) {
	c.live(id).owner = o
	c.gw.owners.Store(id, o)
}

// disown forgets the legs the call still has when it ends.
func (c *Call) disown() {
	for id, l := range c.legs {
		if l.owner != nil {
			c.gw.owners.Delete(id)
		}
	}
}

// callWith is the call that has the leg now, "" for none.
func (g *Gateway) callWith(id machine.LegID) machine.CallID {
	if o, ok := g.owners.Load(id); ok {
		return o.(*owner).call.Load().id
	}
	return ""
}

// handover is Joined with what lives of the leg.
type handover struct {
	machine.Joined
	live *liveLeg
}

// give hands a leg to another call, gate and all. A call that is over takes
// nothing: then the leg is hung up here.
func (c *Call) give(cmd machine.Give) {
	id, l := cmd.Leg.ID, c.live(cmd.Leg.ID)
	own := l.owner
	c.point(id, machine.Heard{})
	for to, other := range c.legs {
		if other.hears != nil && other.hears.Leg == id {
			c.point(to, machine.Heard{})
			other.hears = nil
		}
	}
	l.hears = nil
	to, ok := c.gw.call(cmd.To)
	if !ok || !to.box.Post(handover{cmd.Joined, l}) {
		c.log.Warn("a party could not be handed over; its call had just ended", "to", cmd.To)
		if l.dialog != nil {
			l.dialog.HangUp(machine.CauseTransferred)
		}
		return
	}
	c.legs[id] = &liveLeg{given: own}
	c.handed[cmd.Leg.Side] = true
	if own != nil {
		own.call.Store(to)
	}
	c.log.Info("party handed over", "leg", id, "to", cmd.To)
}

// takeOver makes a leg that another call gave ours.
func (c *Call) takeOver(h handover) {
	id := h.Leg.ID
	if h.Leg.Kind == machine.TabLeg {
		if c.gw.board.tab(h.Leg.Tab) == nil {
			c.post(machine.TabGone{Tab: h.Leg.Tab})
		}
		return
	}
	c.legs[id] = h.live
	if h.live.owner != nil {
		c.owned(id, h.live.owner)
	}
}

// forward passes on what was posted for a leg that is given away.
func (c *Call) forward(e machine.Event) bool {
	l := c.legs[machine.LegOf(e)]
	if l == nil || l.given == nil {
		return false
	}
	l.given.post(e)
	return true
}

// consult starts the call of a blind transfer. It is placed with the rights of
// the user who transfers, and counts as his; the one he called sees who will
// come. That of a trunk counts as nobody's, and leads nowhere else than backTo.
func (c *Call) consult(cmd machine.Consult) {
	own, stays := c.state.Parties[cmd.Side], c.state.Parties[cmd.Side.Other()]
	second := c.gw.newCall(cmd.ID)
	b := machine.Begun{Offered: cmd.Offered, Waits: c.id}
	var on claim
	if cmd.Trunk != "" {
		b.From, b.Back = stays.Who, cmd.Trunk
		b = second.aimAt(b, c.gw.backTo(cmd.Trunk, cmd.To))
	} else {
		u, _ := c.gw.cfg.Directory.User(own.User)
		b.From = policy.Identity{
			Address: "sip:" + own.User + "@" + c.gw.cfg.Domain, Display: u.Display, Level: policy.Self, How: "transfer", User: own.User,
		}
		on = c.gw.userClaim(own.User, cmd.To)
		b = second.aim(b, cmd.To)
	}
	cause := b.Cause
	if cause == "" {
		cause = c.gw.admit(second, on)
	}
	if cause != "" {
		c.post(machine.JoinFailed{Call: cmd.ID, Cause: cause})
		return
	}
	if b.Callee.User != "" {
		b.From = stays.Who
	}
	c.log.Info("transfer", "by", cmp.Or(cmd.Trunk, own.User), "to", b.To, "as", cmd.ID)
	c.gw.stories.Begin(second.id, "")
	second.post(b)
	go second.run()
}

// tell posts to another call. One that is over takes nobody.
func (c *Call) tell(cmd machine.Tell) {
	to, ok := c.gw.call(cmd.To)
	if ok && to.box.Post(cmd.Event) {
		return
	}
	if _, asked := cmd.Event.(machine.JoinAsked); asked {
		c.post(machine.JoinFailed{Call: cmd.To, Cause: machine.CauseDialogLost})
	}
}

// parted notes the users who left the call by a transfer: on their screens and
// in their lists it ends here.
func (c *Call) parted() {
	for side, p := range c.state.Parties {
		was := c.were[side]
		c.were[side] = p
		if was.User == "" || was.User == p.User {
			continue
		}
		v := c.shown[side]
		v.State, v.Cause, v.On = "ended", machine.CauseTransferred, nil
		if p.PickedUp {
			v.Cause = machine.CauseElsewhere
		}
		v.ReasonSentence = v.Cause.Sentence(machine.Side(side))
		v.Reason = v.ReasonSentence.Text
		c.gw.board.left(was.User, c, machine.Side(side), v)
		c.keepRow(was, v, c.shown[side].On, false)
	}
}

// stranded remembers a party that was transferred to a call which could not
// take it any more.
func (c *Call) stranded(p machine.Party) {
	if p.User == "" || p.Earlier == nil {
		return
	}
	c.keepRow(p, machine.CallView{
		Direction: p.Direction, Peer: machine.PeerOf(p.Earlier.With), Cause: machine.CauseTransferred,
		Reason: machine.CauseTransferred.Sentence(machine.Caller).Text,
	}, nil, false)
}

// keepRow writes a call into its party's list. For who was transferred all is one
// call, to whom he was with at first.
func (c *Call) keepRow(p machine.Party, v machine.CallView, on *string, missed bool) {
	user := p.User
	h := directory.HistoryEntry{
		Direction: v.Direction, Display: v.Peer.Display, Address: v.Peer.Address,
		Start: c.state.Began, End: time.Now(), Cause: string(v.Cause), Reason: v.Reason, Missed: missed, Answered: v.Answered,
	}
	if on != nil {
		h.On = *on
	}
	if e := p.Earlier; e != nil {
		first := machine.PeerOf(e.With)
		h.Display, h.Address, h.Start, h.Answered, h.Missed = first.Display, first.Address, e.Began, &e.Talking, false
		if v.Peer.Address != first.Address {
			h.Reason = machine.Words.Say("history.transferred", "whom", cmp.Or(v.Peer.Display, v.Peer.Address), "reason", h.Reason).Text
		}
	}
	if c.stranger != "" && h.Answered == nil && h.Direction == "in" {
		c.gw.repeats.add(user, c.stranger, h)
		return
	}
	// The store may be slow, and many may wait for it: what waits must not hold
	// the call with its legs and media.
	if h.Answered != nil {
		at := *h.Answered
		h.Answered = &at
	}
	gw := c.gw
	gw.later("history of "+user, func(ctx context.Context) error {
		if err := gw.cfg.Directory.AddHistory(ctx, user, h); err != nil {
			return err
		}
		gw.board.historyGrew(user, h.Missed, true)
		return nil
	})
}

// mayDial refuses at once what could not be called anyway.
func (g *Gateway) mayDial(user, text string) error {
	if len(text) > 256 {
		return denied("bad_request", "command.enter_transfer")
	}
	if cause := g.resolve(text, policy.Identity{User: user, Level: policy.Self}).cause; cause != "" {
		return notPlaced(cause)
	}
	return nil
}
