package sipua

import (
	"net"
	"testing"
	"time"

	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/policy"
	"ringsplash/test/rig"
)

// Two of our UAs call each other, over UDP, TCP and TLS.
func TestCallBetweenTwo(t *testing.T) {
	for _, network := range []string{"udp", "tcp", "tls"} {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			ca := rig.NewCA(t)
			b := newParty(t, secure(ca, "b", "localhost"))
			a := newParty(t, through(ca, "localhost", b))
			out := a.call(uriAt("alice", b.at(network), network), func(in *gateway.Invite) {
				if network == "tls" {
					in.Trunk = "b"
				}
			})
			in := b.desk.next()
			same(t, "display", in.in.From.Display, `Bob "the" Builder`)
			same(t, "address", in.in.From.Address, "sip:bob@example.test")
			same(t, "level", in.in.From.Level, policy.Unverified)
			same(t, "offer", in.in.Offer, offerSDP)
			same(t, "dialled", in.in.Dialled, uriAt("alice", b.at(network), network))
			if network == "udp" {
				same(t, "source", in.in.Source, mustAddr(a.at("udp")))
			}

			in.leg.Ring(nil)
			same(t, "rang", expect[machine.Rang](out).Status, 180)
			in.leg.Ring([]byte(answerSDP))
			rang := expect[machine.Rang](out)
			same(t, "early", rang.Status, 183)
			same(t, "early media", rang.SDP, answerSDP)
			in.leg.Answer([]byte(answerSDP))
			same(t, "answer", expect[machine.Answered](out).SDP, answerSDP)

			out.leg.Reoffer([]byte(holdSDP))
			same(t, "hold", expect[machine.Offered](in).SDP, holdSDP)
			in.leg.Answer([]byte(answerSDP))
			done := expect[machine.Reoffered](out)
			same(t, "hold answer", string(done.SDP), answerSDP)
			same(t, "hold status", done.Status, 200)

			in.leg.Reoffer([]byte(offerSDP))
			expect[machine.Offered](out)
			out.leg.Reject(machine.CauseNoCodec)
			same(t, "rejected re-INVITE", expect[machine.Reoffered](in).Status, 488)

			in.leg.HangUp(machine.CauseHangUp)
			same(t, "own end", expect[machine.Ended](in).Cause, machine.CauseHangUp)
			same(t, "far end", expect[machine.Ended](out).Cause, machine.CauseHangUp)
			b.gone()
			a.gone()
			out.silent()
			in.silent()
		})
	}
}

func TestCallOverIPv6(t *testing.T) {
	c, err := net.ListenPacket("udp", "[::1]:0")
	if err != nil {
		t.Skip("this machine has no IPv6: ", err)
	}
	_ = c.Close()
	six := func(c *setup) {
		c.Listen = []string{"udp://[::1]:0"}
		c.AllowDomains = []string{"::1"}
	}
	a, b := newParty(t, six), newParty(t, six)
	out := a.call("sip:alice@"+b.at("udp"), nil)
	in := b.desk.next()
	same(t, "source", in.in.Source, mustAddr(a.at("udp")))
	in.leg.Ring(nil)
	expect[machine.Rang](out)
	in.leg.Answer([]byte(answerSDP))
	expect[machine.Answered](out)
	in.leg.Reoffer([]byte(holdSDP))
	expect[machine.Offered](out)
	out.leg.Answer([]byte(answerSDP))
	same(t, "hold", expect[machine.Reoffered](in).Status, 200)
	out.leg.HangUp(machine.CauseHangUp)
	expect[machine.Ended](out)
	expect[machine.Ended](in)
}

func TestFinalResponses(t *testing.T) {
	a, b := newParty(t, nil), newParty(t, nil)
	for cause, status := range map[machine.Cause]int{
		machine.CauseBusy: 486, machine.CauseDeclined: 603, machine.CauseUnknown: 404, machine.CauseNoCodec: 488,
		machine.CauseForbidden: 403, machine.CauseOffline: 480, machine.CauseLoop: 482, machine.CauseFault: 500,
	} {
		out := a.call(uriAt("alice", b.at("udp"), "udp"), nil)
		b.desk.next().leg.Reject(cause)
		same(t, string(cause), expect[machine.Refused](out).Status, status)
	}
	out := a.call(uriAt("alice", b.at("udp"), "udp"), nil)
	in := b.desk.next()
	in.leg.HangUp(machine.CauseOverload)
	refused := expect[machine.Refused](out)
	same(t, "status", refused.Status, 503)
	same(t, "phrase", refused.Phrase, "Too Many Calls")
	same(t, "retry after", refused.RetryAfter, 10*time.Second)
	same(t, "end", expect[machine.Ended](in).Cause, machine.CauseOverload)
}

func TestCancel(t *testing.T) {
	a, b := newParty(t, nil), newParty(t, nil)
	out := a.call(uriAt("alice", b.at("udp"), "udp"), nil)
	in := b.desk.next()
	in.leg.Ring(nil)
	expect[machine.Rang](out)
	out.leg.Cancel(machine.CauseElsewhere)
	same(t, "callee sees", expect[machine.Ended](in).Cause, machine.CauseCallerGone) // nobody vouches for the reason
	same(t, "branch", expect[machine.Refused](out).Status, 487)
	in.leg.Answer([]byte(answerSDP)) // too late: does nothing
	a.gone()
	b.gone()
	in.silent()
	out.silent()
}

// A HangUp before any 1xx: the CANCEL waits for it, the call does not.
func TestHangUpBeforeRinging(t *testing.T) {
	a, b := newParty(t, nil), newParty(t, nil)
	out := a.call(uriAt("alice", b.at("udp"), "udp"), nil)
	out.leg.HangUp(machine.CauseCallerGone)
	same(t, "own end", expect[machine.Ended](out).Cause, machine.CauseCallerGone)
	in := b.desk.next()
	same(t, "callee sees", expect[machine.Ended](in).Cause, machine.CauseCallerGone)
	a.gone()
	b.gone()
}

// An INVITE without SDP: our Answer is the offer, the ACK brings the answer.
func TestLateOffer(t *testing.T) {
	b := newParty(t, nil)
	w := newWire(t, "127.0.0.2")
	w.send(b.at("udp"), w.invite("alice", "late", 1, ""))
	in := b.desk.next()
	same(t, "offer", len(in.in.Offer), 0)
	in.leg.Answer([]byte(offerSDP))
	ok := w.response(200, "INVITE")
	same(t, "our offer", string(ok.Body()), offerSDP)
	w.send(b.at("udp"), w.within(ok, "ACK", 1, answerSDP))
	done := expect[machine.Reoffered](in)
	same(t, "status", done.Status, 200)
	same(t, "their answer", done.SDP, answerSDP)
	in.leg.HangUp(machine.CauseHangUp)
	expect[machine.Ended](in)
	bye := w.request("BYE")
	w.send(b.at("udp"), w.reply(bye, 200, "OK", "", ""))
	b.gone()
}
