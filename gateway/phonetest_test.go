package gateway

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"ringsplash/gateway/machine"
	"ringsplash/gateway/profile"
	"ringsplash/internal/sentence"
	"ringsplash/media"
	"ringsplash/media/sdp"
	"ringsplash/policy"
)

// testable is a workbench with alice's idle phone and the built-in methods.
func testable(t *testing.T) (*workbench, *fakePolicy) {
	p := &fakePolicy{answer: policy.Decision{Allow: true, Grant: "self"}}
	profiles, err := profile.Load(nil, "gw.test")
	must(t, err)
	w := newWorkbench(t, func(c *Config) {
		c.Policy, c.Profile, c.Methods = p, profiles.For, profiles.Methods()
		c.Timers.AutoAnswer = 100 * time.Millisecond
	})
	w.register("alice", "desk", "urn:uuid:a")
	must(t, w.interwork("alice", "desk"))
	return w, p
}

// model plays alice's phone in a test: obeys tells which INVITE it answers.
func (w *workbench) model(t *testing.T, obeys func(Invite) (status int)) (asked chan []profile.Header) {
	asked = make(chan []profile.Header, 32)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for leg := range w.dial.legs {
			asked <- leg.in.Headers
			leg.sink(machine.Rang{LegID: leg.id, Status: 180})
			switch status := obeys(leg.in); status {
			case 0:
			case 200:
				end, err := w.loop.NewRTPEnd(media.RTPOptions{Peer: w.gw.peerOf(machine.Target{Binding: leg.in.Binding})})
				if err == nil {
					_, err = end.TakeOffer(leg.in.Offer)
				}
				text, _, err2 := end.Answer([]sdp.Codec{sdp.PCMU}, sdp.RecvOnly)
				if err != nil || err2 != nil {
					t.Error(err, err2)
				}
				leg.sink(machine.Answered{LegID: leg.id, SDP: text})
				leg.waits(t, "hangup hang_up")
				if got := end.Stats().Received; got < 20 {
					t.Errorf("the phone heard %d packets of the splash", got)
				}
				end.Close()
				leg.sink(machine.Ended{LegID: leg.id})
			default:
				leg.sink(machine.Refused{LegID: leg.id, Status: status})
			}
		}
	}()
	t.Cleanup(func() { close(w.dial.legs); <-done })
	return asked
}

func hasHeader(in Invite, name, value string) bool {
	return slices.Contains(in.Headers, profile.Header{Name: name, Value: value})
}

// The first ways fail, one works: it is kept and used from then on.
func TestTestPhone(t *testing.T) {
	w, p := testable(t)
	asked := w.model(t, func(in Invite) int {
		if hasHeader(in, "Alert-Info", "<http://gw.test/>;info=Auto Answer") {
			return 200
		}
		return 0
	})
	tab, news := w.openTab("alice", Resume{})
	got, err := w.gw.TestPhone(context.Background(), "alice", "desk")
	must(t, err)
	if got.Worked == nil || *got.Worked != "auto-answer" || got.Said == "" {
		t.Fatalf("result %+v", got)
	}
	for i, tried := range got.Tried {
		want := TestRang
		if i == len(got.Tried)-1 {
			want = TestAnswered
		}
		if tried.Outcome != want || tried.Said == "" {
			t.Errorf("tried %+v", tried)
		}
	}
	if n := len(asked); n != len(got.Tried) || len(p.asked) != n {
		t.Errorf("%d INVITEs, %d decisions, %d methods", n, len(p.asked), len(got.Tried))
	}
	for _, q := range p.asked {
		if q.Kind != policy.Test || q.Owner != "alice" || q.Instance != "urn:uuid:a" || q.Requester.Level != policy.Self {
			t.Errorf("asked %+v", q)
		}
	}
	w.sees(tab, news, "the method kept",
		func(s Snapshot) bool { return s.Devices[0].Method == "auto-answer" && !s.Devices[0].Testing })
	if headers := w.gw.phoneOf("alice",
		"desk").Profile.Headers; fmt.Sprint(headers) != "[{Alert-Info <http://gw.test/>;info=Auto Answer}]" {
		t.Errorf("asked with %v from now on", headers)
	}
}

// A phone that refuses to listen only is tried in mode gate, and that is kept.
func TestTestPhoneLearnsGate(t *testing.T) {
	w, _ := testable(t)
	w.model(t, func(in Invite) int {
		if end := w.peer(); end != nil {
			if sound, err := end.TakeOffer(in.Offer); err == nil && sound.Remote == sdp.SendOnly {
				return 488
			}
		}
		return 200
	})
	got, err := w.gw.TestPhone(context.Background(), "alice", "desk")
	must(t, err)
	if got.Worked == nil || len(got.Tried) != 1 {
		t.Fatalf("result %+v", got)
	}
	if p := w.gw.phoneOf("alice", "desk").Profile; p.Mute != profile.MuteGate {
		t.Errorf("profile %+v", p)
	}
}

func TestTestPhoneThatNeverAnswers(t *testing.T) {
	w, _ := testable(t)
	asked := w.model(t, func(Invite) int { return 480 })
	got, err := w.gw.TestPhone(context.Background(), "alice", "desk")
	must(t, err)
	if got.Worked != nil || len(got.Tried) < 5 || got.Tried[0].Outcome != TestRefused || got.Said == "" {
		t.Fatalf("result %+v", got)
	}
	seen := map[string]bool{}
	for range len(got.Tried) {
		h := fmt.Sprint(<-asked)
		if seen[h] {
			t.Errorf("%s was sent twice", h)
		}
		seen[h] = true
	}
	if d, _ := w.dir.Device("alice", "desk"); d.Learned.Method != "" {
		t.Errorf("learned %+v of a phone that never answered", d.Learned)
	}
}

func TestTestPhoneRefusals(t *testing.T) {
	w, p := testable(t)
	code := func(user, device string) string {
		_, err := w.gw.TestPhone(context.Background(), user, device)
		if err == nil {
			return ""
		}
		return err.(*machine.CommandError).Code
	}
	if got := code("alice", "sofa"); got != "not_found" {
		t.Errorf("no such phone: %q", got)
	}
	if got := code("bob", "desk"); got != "device_offline" {
		t.Errorf("a phone that is not there: %q", got)
	}
	p.answer = policy.Decision{Reason: sentence.Sentence{Text: "Interworking is off."}}
	if got := code("alice", "desk"); got != "forbidden" {
		t.Errorf("denied: %q", got)
	}
	caller, _ := w.incoming("sip:alice@example.test", sdp.PCMU)
	phone := w.dial.next(t)
	tab, news := w.openTab("alice", Resume{})
	w.sees(tab, news, "the call", inState("ringing"))
	if got := code("alice", "desk"); got != "device_busy" {
		t.Errorf("a phone that rings: %q", got)
	}
	w.answer(phone, sdp.PCMU)
	caller.waits(t, "answer")
	w.sees(tab, news, "the talk", inState("connected"))
	if got := code("alice", "desk"); got != "device_busy" {
		t.Errorf("a phone in a call: %q", got)
	}
}

// Whoever asked goes away, or the node stops: the phone is hung up.
func TestTestPhoneStops(t *testing.T) {
	w, _ := testable(t)
	w.gw.cfg.Timers.AutoAnswer = time.Minute
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan PhoneTest, 1)
	go func() {
		got, _ := w.gw.TestPhone(ctx, "alice", "desk")
		over <- got
	}()
	phone := w.dial.next(t)
	if _, err := w.gw.TestPhone(context.Background(), "alice", "desk"); err == nil ||
		err.(*machine.CommandError).Code != "device_busy" {
		t.Errorf("a second test at a time: %v", err)
	}
	cancel()
	phone.waits(t, "hangup hang_up").sink(machine.Ended{LegID: phone.id})
	if got := <-over; len(got.Tried) != 1 || got.Tried[0].Outcome != TestStopped {
		t.Errorf("result %+v", got)
	}
}
