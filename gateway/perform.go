package gateway

import (
	"fmt"

	"ringsplash/gateway/machine"
	"ringsplash/media"
	"ringsplash/media/sdp"
)

func (c *Call) perform(cmd machine.Effect) {
	switch cmd := cmd.(type) {
	case machine.Invite:
		c.check(cmd, cmd.Target.Leg, c.invite(cmd))
	case machine.Ring:
		c.live(cmd.LegID).dialog.Ring(nil)
	case machine.RingEarly:
		c.check(cmd, cmd.LegID, c.ringEarly(cmd))
	case machine.Accept:
		c.check(cmd, cmd.LegID, c.answer(cmd))
	case machine.AcceptLate:
		c.check(cmd, cmd.LegID, c.offer(cmd.LegID, cmd.Codecs, cmd.Direction, Leg.Answer))
	case machine.Reject:
		if leg := c.live(cmd.LegID).dialog; leg != nil {
			leg.Reject(cmd.Cause)
		}
	case machine.TakeBack:
		c.live(cmd.LegID).dialog.Cancel(cmd.Cause)
	case machine.Release:
		if leg := c.live(cmd.LegID).dialog; leg != nil {
			leg.HangUp(cmd.Cause)
		}
	case machine.Reoffer:
		c.check(cmd, cmd.LegID, c.offer(cmd.LegID, cmd.Codecs, cmd.Direction, func(l Leg, text []byte) {
			c.active(cmd.LegID)
			l.Reoffer(text)
		}))
	case machine.Consult:
		c.consult(cmd)
	case machine.Tell:
		c.tell(cmd)
	case machine.Give:
		c.give(cmd)
	case machine.Report:
		if leg := c.live(cmd.LegID).dialog; leg != nil {
			c.active(cmd.LegID)
			leg.Report(cmd.Status, cmd.Phrase)
		}
	case machine.Probe:
		c.live(cmd.LegID).dialog.Probe()
	case machine.Talk:
		c.active(cmd.LegID)
		c.live(cmd.LegID).dialog.Talk()
	default:
		c.performHere(cmd)
	}
}

// performHere does what concerns no leg's dialog.
func (c *Call) performHere(cmd machine.Effect) {
	switch cmd := cmd.(type) {
	case machine.StartTimer:
		c.arm(cmd.Timer, true, cmd.After)
	case machine.StopTimer:
		c.arm(cmd.Timer, false, 0)
	case machine.Reply:
		c.gw.reply(cmd.ID, cmd.Err)
	case machine.KeyTones:
		c.gw.reply(cmd.ID, c.sendDigits(cmd))
	case machine.Decide:
		c.decide(cmd)
	case machine.HoldOthers:
		c.holdOthers(c.state.Parties[cmd.Side].User, cmd.Device)
	case machine.ShutGate, machine.WantGate, machine.OpenGate:
		c.workGate(cmd)
	case machine.PlaySplash:
		c.splash(cmd)
	case machine.Learn:
		c.learn(cmd)
	}
}

// check tells the machine of a leg that failed on our side.
func (c *Call) check(cmd machine.Effect, leg machine.LegID, err error) {
	if err != nil {
		c.log.Warn("leg failed on our side", "command", fmt.Sprintf("%T", cmd), "err", err)
		c.post(machine.Faulted{LegID: leg, Cause: faultOf(err)})
	}
}

// ringEarly rings with our answer, so that the caller hears the other side.
func (c *Call) ringEarly(cmd machine.RingEarly) error {
	l := c.live(cmd.LegID)
	text, _, err := l.end.Answer(cmd.Codecs, sdp.SendRecv)
	if err == nil {
		l.sdp = text
		l.dialog.Ring(text)
	}
	return err
}

func (c *Call) offer(id machine.LegID, codecs []sdp.Codec, d sdp.Direction, send func(Leg, []byte)) error {
	l := c.live(id)
	text, err := l.end.Offer(codecs, d)
	if err == nil {
		send(l.dialog, text)
	}
	return err
}

func (c *Call) invite(cmd machine.Invite) error {
	t := cmd.Target
	l := c.state.Leg(t.Leg)
	if cause := c.mayLeave(t, l.Side); cause != "" {
		c.post(machine.Faulted{LegID: t.Leg, Cause: cause})
		return nil
	}
	opts := media.RTPOptions{Peer: c.gw.peerOf(t), Shut: cmd.Trigger, Trunk: t.Trunk != "", MediaFrom: c.gw.trunk(t.Trunk).MediaFrom}
	end, err := c.gw.cfg.Media.NewRTPEnd(opts)
	if err != nil {
		return err
	}
	c.live(t.Leg).end = end
	own := c.own(t.Leg)
	own.listen(t.Leg, end)
	text, err := end.Offer(cmd.Codecs, cmd.Direction)
	if err != nil {
		return err
	}
	in := Invite{
		Leg: t.Leg, Binding: t.Binding, Trunk: t.Trunk, URI: t.URI,
		From: c.state.Parties[l.Side.Other()].Who, To: c.state.To, Offer: text,
	}
	if t.Kind != machine.TrunkLeg {
		in.From = in.From.Shown()
	}
	if cmd.Trigger {
		in.Headers = t.Profile.Headers
		if t.Profile.FromOwner {
			in.From = c.state.Parties[l.Side].Who
		}
	}
	c.active(t.Leg)
	c.live(t.Leg).dialog = c.gw.cfg.Dialer.Invite(in, own.post)
	return nil
}

// answer accepts a pending offer. The 200 after a 183 repeats what the 183 said
// (RFC 3261 13.2.1).
func (c *Call) answer(cmd machine.Accept) error {
	leg := c.live(cmd.LegID)
	text := leg.sdp
	if text == nil {
		var err error
		if text, _, err = leg.end.Answer(cmd.Codecs, cmd.Direction); err != nil {
			return err
		}
	}
	leg.sdp = nil
	leg.dialog.Answer(text)
	return nil
}
