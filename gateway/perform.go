package gateway

import (
	"fmt"

	"ringsplash/media"
)

func (c *Call) perform(cmd command) {
	var err error
	switch cmd := cmd.(type) {
	case invite:
		err = c.invite(cmd)
	case ring:
		c.legs[cmd.Leg].Ring(nil)
	case early:
		var sdp []byte
		if sdp, _, err = c.ends[cmd.Leg].Answer(cmd.Codecs, media.SendRecv); err == nil {
			c.sdp[cmd.Leg] = sdp
			c.legs[cmd.Leg].Ring(sdp)
		}
	case answer:
		err = c.answer(cmd)
	case answerLate:
		var sdp []byte
		if sdp, err = c.ends[cmd.Leg].Offer(cmd.Codecs, cmd.Direction); err == nil {
			c.legs[cmd.Leg].Answer(sdp)
		}
	case reject:
		if leg := c.legs[cmd.Leg]; leg != nil {
			leg.Reject(cmd.Cause)
		}
	case takeBack:
		c.legs[cmd.Leg].Cancel(cmd.Cause)
	case hangUp:
		if leg := c.legs[cmd.Leg]; leg != nil {
			leg.HangUp(cmd.Cause)
		}
	case reoffer:
		var sdp []byte
		if sdp, err = c.ends[cmd.Leg].Offer(cmd.Codecs, cmd.Direction); err == nil {
			c.stir(cmd.Leg)
			c.legs[cmd.Leg].Reoffer(sdp)
		}
	case consult:
		c.consult(cmd)
	case tell:
		c.tell(cmd)
	case give:
		c.give(cmd)
	case report:
		if leg := c.legs[cmd.Leg]; leg != nil {
			c.stir(cmd.Leg)
			leg.Report(cmd.Status, cmd.Phrase)
		}
	case probe:
		c.legs[cmd.Leg].Probe()
	case startTimer:
		c.arm(cmd.Timer, true, cmd.After)
	case stopTimer:
		c.arm(cmd.Timer, false, 0)
	case reply:
		c.gw.reply(cmd.ID, cmd.Err)
	case digits:
		c.gw.reply(cmd.ID, c.sendDigits(cmd))
	case decide:
		c.decide(cmd)
	case holdOthers:
		c.holdOthers(c.state.Parties[cmd.Side].User, cmd.Device)
	case shutGate, wantGate, openGate:
		c.workGate(cmd)
	case talk:
		c.stir(cmd.Leg)
		c.legs[cmd.Leg].Talk()
	case splash:
		c.splash(cmd)
	case learn:
		c.learn(cmd)
	}
	if err != nil {
		c.log.Warn("leg failed on our side", "command", fmt.Sprintf("%T", cmd), "err", err)
		c.post(Faulted{commandLeg(cmd), faultOf(err)})
	}
}

func commandLeg(cmd command) LegID {
	switch cmd := cmd.(type) {
	case invite:
		return cmd.Target.Leg
	case early:
		return cmd.Leg
	case answer:
		return cmd.Leg
	case answerLate:
		return cmd.Leg
	case reoffer:
		return cmd.Leg
	}
	return ""
}

func (c *Call) invite(cmd invite) error {
	t := cmd.Target
	l := c.state.leg(t.Leg)
	if cause := c.mayLeave(t, l.Side); cause != "" {
		c.post(Faulted{t.Leg, cause})
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
		From: c.state.Parties[l.Side.other()].Who, To: c.state.To, Offer: sdp,
	}
	if t.Kind != TrunkLeg {
		in.From = in.From.Shown()
	}
	if cmd.Trigger {
		in.Headers = t.Profile.Headers
		if t.Profile.FromOwner {
			in.From = c.state.Parties[l.Side].Who
		}
	}
	c.stir(t.Leg)
	c.legs[t.Leg] = c.gw.cfg.Dialer.Invite(in, own.post)
	return nil
}

// answer accepts a pending offer. The 200 after a 183 repeats what the 183 said
// (RFC 3261 13.2.1).
func (c *Call) answer(cmd answer) error {
	sdp, told := c.sdp[cmd.Leg]
	if !told {
		var err error
		if sdp, _, err = c.ends[cmd.Leg].Answer(cmd.Codecs, cmd.Direction); err != nil {
			return err
		}
	}
	delete(c.sdp, cmd.Leg)
	c.legs[cmd.Leg].Answer(sdp)
	return nil
}
