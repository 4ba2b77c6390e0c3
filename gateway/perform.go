package gateway

import (
	"fmt"

	"ringsplash/gateway/machine"
	"ringsplash/media"
)

func (c *Call) perform(cmd machine.Effect) {
	var err error
	switch cmd := cmd.(type) {
	case machine.Invite:
		err = c.invite(cmd)
	case machine.Ring:
		c.legs[cmd.LegID].Ring(nil)
	case machine.RingEarly:
		var sdp []byte
		if sdp, _, err = c.ends[cmd.LegID].Answer(cmd.Codecs, media.SendRecv); err == nil {
			c.sdp[cmd.LegID] = sdp
			c.legs[cmd.LegID].Ring(sdp)
		}
	case machine.Accept:
		err = c.answer(cmd)
	case machine.AcceptLate:
		var sdp []byte
		if sdp, err = c.ends[cmd.LegID].Offer(cmd.Codecs, cmd.Direction); err == nil {
			c.legs[cmd.LegID].Answer(sdp)
		}
	case machine.Reject:
		if leg := c.legs[cmd.LegID]; leg != nil {
			leg.Reject(cmd.Cause)
		}
	case machine.TakeBack:
		c.legs[cmd.LegID].Cancel(cmd.Cause)
	case machine.Release:
		if leg := c.legs[cmd.LegID]; leg != nil {
			leg.HangUp(cmd.Cause)
		}
	case machine.Reoffer:
		var sdp []byte
		if sdp, err = c.ends[cmd.LegID].Offer(cmd.Codecs, cmd.Direction); err == nil {
			c.active(cmd.LegID)
			c.legs[cmd.LegID].Reoffer(sdp)
		}
	case machine.Consult:
		c.consult(cmd)
	case machine.Tell:
		c.tell(cmd)
	case machine.Give:
		c.give(cmd)
	case machine.Report:
		if leg := c.legs[cmd.LegID]; leg != nil {
			c.active(cmd.LegID)
			leg.Report(cmd.Status, cmd.Phrase)
		}
	case machine.Probe:
		c.legs[cmd.LegID].Probe()
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
	case machine.Talk:
		c.active(cmd.LegID)
		c.legs[cmd.LegID].Talk()
	case machine.PlaySplash:
		c.splash(cmd)
	case machine.Learn:
		c.learn(cmd)
	}
	if err != nil {
		c.log.Warn("leg failed on our side", "command", fmt.Sprintf("%T", cmd), "err", err)
		c.post(machine.Faulted{LegID: machine.LegOf(cmd), Cause: faultOf(err)})
	}
}

func (c *Call) invite(cmd machine.Invite) error {
	t := cmd.Target
	l := c.state.Leg(t.Leg)
	if cause := c.mayLeave(t, l.Side); cause != "" {
		c.post(machine.Faulted{LegID: t.Leg, Cause: cause})
		return nil
	}
	opts := media.RTPOptions{Peer: c.gw.peerOf(t), Shut: cmd.Trigger}
	if t.Trunk != "" {
		opts.Trunk = true
		opts.MediaFrom = c.gw.mediaFrom(t.Trunk)
	}
	end, err := c.gw.cfg.Media.NewRTPEnd(opts)
	if err != nil {
		return err
	}
	c.ends[t.Leg] = end
	own := c.own(t.Leg)
	own.listen(t.Leg, end)
	sdp, err := end.Offer(cmd.Codecs, cmd.Direction)
	if err != nil {
		return err
	}
	in := Invite{
		Leg: t.Leg, Binding: t.Binding, Trunk: t.Trunk, URI: t.URI,
		From: c.state.Parties[l.Side.Other()].Who, To: c.state.To, Offer: sdp,
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
	c.legs[t.Leg] = c.gw.cfg.Dialer.Invite(in, own.post)
	return nil
}

// answer accepts a pending offer. The 200 after a 183 repeats what the 183 said
// (RFC 3261 13.2.1).
func (c *Call) answer(cmd machine.Accept) error {
	sdp, told := c.sdp[cmd.LegID]
	if !told {
		var err error
		if sdp, _, err = c.ends[cmd.LegID].Answer(cmd.Codecs, cmd.Direction); err != nil {
			return err
		}
	}
	delete(c.sdp, cmd.LegID)
	c.legs[cmd.LegID].Answer(sdp)
	return nil
}
