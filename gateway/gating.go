package gateway

import (
	"context"
	"net/netip"
	"time"

	"ringsplash/directory"
	"ringsplash/gateway/machine"
	"ringsplash/gateway/profile"
	"ringsplash/internal/address"
	"ringsplash/location"
	"ringsplash/media"
	"ringsplash/policy"
)

// decideFor bounds a decision: a click is answered or denied by then.
const decideFor = 300 * time.Millisecond

// decide asks the policy beside the call's goroutine and posts its word.
func (c *Call) decide(cmd machine.Decide) {
	q := policy.Question{
		Requester: cmd.Requester, Owner: c.state.Parties[cmd.Side].User, Device: cmd.Device, Instance: cmd.Instance,
		Kind: cmd.Kind, Require: cmd.Require, Call: string(c.id), At: time.Now(),
	}
	if c.gw.cfg.Policy == nil {
		c.post(machine.Decided{Decision: policy.Decision{Reason: policy.Words.Say("decision.not_set_up")}, Leg: cmd.Leg})
		return
	}
	c.deciding.Add(1)
	go func() {
		defer c.deciding.Done()
		ctx, cancel := context.WithTimeout(context.Background(), decideFor)
		defer cancel()
		c.post(machine.Decided{Decision: c.gw.cfg.Policy.Decide(ctx, q), Leg: cmd.Leg})
	}()
}

// nameFor bounds a look into a user's directory.
const nameFor = 2 * time.Second

// nameParties asks, beside the call's goroutine, what the users call those they
// talk with, once for each address.
func (c *Call) nameParties() {
	for i := range c.state.Parties {
		side := machine.Side(i)
		own, far := c.state.Parties[side], machine.PeerOf(c.state.Parties[side.Other()].Who)
		if own.User == "" || far.Address == c.names[side] || c.state.Phase == machine.Terminated || !c.state.MayName(side) {
			continue
		}
		c.names[side] = far.Address
		c.deciding.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), nameFor)
			defer cancel()
			name, err := c.gw.cfg.Directory.NameOf(ctx, own.User, far.Address)
			if err != nil {
				c.log.Warn("a name was not looked up", "user", own.User, "err", err)
			}
			if name != "" && name != far.Display {
				c.post(machine.Named{Side: side, Address: far.Address, Display: name})
			}
		})
	}
}

// workGate makes the leg's gate what the state says. Shutting comes before
// any signalling; opening takes the un-mute that wantGate made.
func (c *Call) workGate(cmd machine.Effect) {
	leg := c.live(machine.LegOf(cmd))
	if leg.end == nil {
		return
	}
	switch cmd := cmd.(type) {
	case machine.ShutGate:
		leg.end.Gate().Shut()
		leg.unmute = media.Unmute{}
	case machine.WantGate:
		leg.unmute = media.UnmuteByOwner(leg.end.Gate())
		leg.end.Gate().Want(leg.unmute)
		c.recordUnmute(cmd)
	case machine.OpenGate:
		if l := c.state.Leg(cmd.LegID); time.Since(l.KeyAt) < machine.KeyGap {
			leg.end.WithholdKey(l.UnmuteKey[0], machine.KeyGap)
		}
		if !leg.end.Gate().Open(leg.unmute) {
			c.log.Error("gate not opened: its un-mute is void", "leg", cmd.LegID)
		}
		leg.unmute = media.Unmute{}
	}
}

// recordUnmute has the owner's act on record.
func (c *Call) recordUnmute(cmd machine.WantGate) {
	l := c.state.Leg(cmd.LegID)
	owner := c.state.Parties[l.Side].User
	u := policy.Unmute{Owner: owner, Device: l.Device, Instance: l.Instance, By: string(cmd.By), Call: string(c.id)}
	c.log.Info("phone un-muted by its owner", "leg", cmd.LegID, "device", u.Device, "by", u.By)
	if c.gw.cfg.Policy != nil {
		c.gw.cfg.Policy.Unmuted(u)
	}
}

// splash sounds the splash where the profile leaves it to us. What the leg
// hears follows when it is over.
func (c *Call) splash(cmd machine.PlaySplash) {
	c.log.Info("phone answered by itself, its microphone is shut", "leg", cmd.LegID)
	post := c.post
	if o := c.live(cmd.LegID).owner; o != nil {
		post = o.post // the leg may be another call's by then
	}
	over := func() { post(machine.SplashOver{LegID: cmd.LegID}) }
	end := c.end(cmd.LegID)
	if end == nil || cmd.Mode == profile.SplashPhone || cmd.Mode == profile.SplashOff {
		over()
		return
	}
	end.PlayOnce(c.gw.cfg.Splash, over)
}

// learn keeps what the phone turned out to want, for the next click.
func (c *Call) learn(cmd machine.Learn) {
	user := c.state.Parties[cmd.Side].User
	c.gw.later("mute mode of "+user+"'s "+cmd.Device, func(ctx context.Context) error {
		return c.gw.cfg.Directory.Learn(ctx, user, cmd.Device, directory.Learned{Mute: string(cmd.Mute)})
	})
}

// phoneOf is the one phone a user's device id names now: its newest live
// binding, nil when there is none.
func (g *Gateway) phoneOf(user, device string) *machine.Target {
	for _, one := range g.bindings.Targets(user) {
		if one.Device == device {
			return &machine.Target{
				Leg: newLegID(), Kind: machine.PhoneLeg, Device: device, Binding: &one,
				Profile: g.profileOf(user, one),
			}
		}
	}
	return nil
}

// phoneOf adds whether the phone is in another call than this one.
func (c *Call) phoneOf(user, device string) *machine.Target {
	t := c.gw.phoneOf(user, device)
	if t == nil {
		return nil
	}
	others, held := c.gw.board.callsOn(user, device, c.id)
	tested := c.gw.tested(user, device)
	t.Busy = len(others) > 0 || tested
	t.Hold = t.Busy && held && !tested && c.gw.holds(user)
	return t
}

// holds tells what the user chose for a phone that is in a call.
func (g *Gateway) holds(user string) bool {
	u, _ := g.cfg.Directory.User(user)
	return u.WhileBusy == directory.BusyHold
}

// holdOthers holds the calls the phone is in: the other side hears music, and
// nothing more is sent to the phone than before.
func (c *Call) holdOthers(user, device string) {
	others, _ := c.gw.board.callsOn(user, device, c.id)
	for _, other := range others {
		c.log.Info("a call is held, its phone is to answer another", "held", other.id, "device", device)
		other.post(machine.Asked{User: user, Command: machine.Hold{On: true}})
	}
}

// profileOf is the phone's profile with what was found out about it.
func (g *Gateway) profileOf(user string, one location.Binding) profile.Profile {
	p := profile.Unknown(g.cfg.Domain)
	d, _ := g.cfg.Directory.Device(user, one.Device)
	if g.cfg.Profile != nil {
		p = g.cfg.Profile(d.Profile, one.UserAgent).Learned(d.Learned, g.cfg.Methods)
	}
	if behindNAT(one) {
		// A phone that only listens sends nothing, so its address behind the
		// NAT would never be learnt.
		p.Mute = profile.MuteGate
	}
	return p.Keyed(d)
}

// behindNAT tells whether the phone's Contact differs from where it sends from.
func behindNAT(b location.Binding) bool {
	source, err := netip.ParseAddrPort(b.Source)
	return err == nil && address.HostOf(b.Contact) != source.Addr().Unmap().String()
}
