package gateway

import (
	"context"
	"regexp"
	"slices"
	"testing"
	"time"

	"ringsplash/gateway/machine"
	"ringsplash/media/sdp"
)

var eventLines = regexp.MustCompile(`(?m)^a=(rtpmap:\d+ telephone-event|fmtp:\d+ 0-1[56]).*\r\n`)

// Key tones go to a phone as telephone-events, or by INFO where it negotiated
// none, and never as both.
func TestKeyTones(t *testing.T) {
	for _, events := range []bool{true, false} {
		w := newWorkbench(t, nil)
		w.register("alice", "desk", "urn:uuid:a")
		bob, news := w.openTab("bob", Resume{})
		caller, callerEnd := w.incoming("sip:alice@example.test", sdp.PCMU)
		phone := w.dial.next(t)
		end := w.peer()
		_, err := end.TakeOffer(phone.in.Offer)
		must(t, err)
		text, _, err := end.Answer([]sdp.Codec{sdp.PCMU}, sdp.SendRecv)
		must(t, err)
		if !events {
			text = eventLines.ReplaceAll(text, nil)
			text = regexp.MustCompile(`(?m)^(m=audio \d+ RTP/AVP 0).*\r\n`).ReplaceAll(text, []byte("$1\r\n"))
		}
		phone.sink(machine.Answered{LegID: phone.id, SDP: text})
		call := w.sees(bob, news, "the talk", inState("connected")).Calls[0].ID
		caller.sink(machine.Digit{LegID: caller.id, Digit: '5'})
		// The caller's own telephone-events: in the media, or by INFO as well. In the
		// media a key waits while another sounds, so it is pressed until it is heard.
		heard := make(chan byte, 64)
		end.OnDigit(func(d byte) { heard <- d })
		caller.waits(t, "answer")
		_, err = callerEnd.TakeAnswer(caller.sdp)
		must(t, err)
		must(t, callerEnd.SendDigits("7"))
		for d, deadline := byte(0), time.Now().Add(5*time.Second); events && d != '7'; {
			select {
			case d = <-heard:
			case <-time.After(300 * time.Millisecond):
				if time.Now().After(deadline) {
					t.Fatal("the phone never heard 7")
				}
				must(t, callerEnd.SendDigits("7"))
			}
		}
		if !events {
			phone.waits(t, "digits 7")
		}
		_, err = bob.Do(context.Background(), Command{Do: "digits", Call: call, Digits: "12"})
		must(t, err)
		caller.sink(machine.Ended{LegID: caller.id, Cause: machine.CauseHangUp})
		phone.waits(t, "hangup hang_up")
		asked := phone.told()
		for _, key := range []string{"digits 12", "digits 5", "digits 7"} {
			if slices.Contains(asked, key) == events {
				t.Errorf("telephone-events %v: the phone was asked %v", events, asked)
			}
		}
	}
}
