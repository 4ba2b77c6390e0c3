package bench

import (
	"log/slog"
	"net/netip"
	"sync"
	"testing"
	"time"

	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/media"
	"ringsplash/media/sdp"
	"ringsplash/policy"
	"ringsplash/test/rig"
)

// obedient is a phone that rings, or answers at once when it is asked to answer
// by itself. It notes when it was asked and when it first heard something.
type obedient struct {
	b     *testing.B
	loop  *media.Loop
	asked chan time.Time
	heard chan time.Time
	rung  chan struct{}

	mu  sync.Mutex
	end *media.RTPEnd
	ear *media.Ear
}

func (p *obedient) Begin(build func(gateway.Sink) gateway.Incoming) {
	in := build(func(machine.Event) {})
	if !in.AnswerMode.Auto {
		in.Leg.Ring(nil)
		p.rung <- struct{}{}
		return
	}
	p.asked <- time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	var err error
	if p.end, err = p.loop.NewRTPEnd(media.RTPOptions{Peer: in.Source.Addr()}); err != nil {
		p.b.Error(err)
		return
	}
	if _, err = p.end.TakeOffer(in.Offer); err != nil {
		p.b.Error(err)
		return
	}
	first := true
	p.ear, err = p.loop.NewEar(sdp.PCMU, func([]byte) {
		if first {
			first = false
			p.heard <- time.Now()
		}
	})
	if err != nil {
		p.b.Error(err)
		return
	}
	p.ear.Hear(p.end)
	text, _, err := p.end.Answer([]sdp.Codec{sdp.PCMU}, sdp.RecvOnly)
	if err != nil {
		p.b.Error(err)
		return
	}
	in.Leg.Answer(text)
}

// hangUp gives the last call's media back.
func (p *obedient) hangUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ear.Close()
	p.end.Close()
}

func await[T any](b *testing.B, c <-chan T, what string) T {
	b.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(5 * time.Second):
		b.Fatalf("no %s in 5 s", what)
		panic("unreachable")
	}
}

// BenchmarkClick is the way from the click on "Answer on Desk phone", sent
// over the tab's socket, to the phone: "invite" ends when the phone has the
// auto INVITE (decision, audit record and the CANCEL of the ringing branch
// lie between), "splash" when it hears the first 20 ms of the splash.
func BenchmarkClick(b *testing.B) {
	n := startNode(b)
	loop, err := media.Listen(media.Config{Listen: []netip.Addr{netip.MustParseAddr("127.0.0.1")}}, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = loop.Close() })
	phone := &obedient{
		b: b, loop: loop, asked: make(chan time.Time, 1), heard: make(chan time.Time, 1),
		rung: make(chan struct{}, 1),
	}
	startPhone(b, n, "alice", phone)
	bob := startPhone(b, n, "bob", nil)
	gw := &rig.Gateway{HTTP: n.HTTP()}
	tab := gw.LogIn(b, rig.Alice).OpenTab(b)
	end, err := loop.NewRTPEnd(media.RTPOptions{Peer: netip.MustParseAddr("127.0.0.1")})
	if err != nil {
		b.Fatal(err)
	}
	offer, err := end.Offer([]sdp.Codec{sdp.PCMU}, sdp.SendRecv)
	if err != nil {
		b.Fatal(err)
	}
	var toInvite, toSplash []time.Duration
	for b.Loop() {
		over := make(chan struct{}, 1)
		bob.Invite(gateway.Invite{
			Leg: machine.LegID(gateway.NewNodeName()), Trunk: "gateway", URI: "sip:alice@" + domain,
			From: policy.Identity{Address: "sip:bob@" + domain}, To: "sip:alice@" + domain, Offer: offer,
		}, func(e machine.Event) {
			if _, ok := e.(machine.Ended); ok {
				over <- struct{}{}
			}
		})
		await(b, phone.rung, "ringing phone")
		call := tab.InState("ringing")
		began := time.Now()
		tab.Do("answer", "call", call.ID, "version", call.Version, "on", "desk")
		toInvite = append(toInvite, await(b, phone.asked, "auto INVITE").Sub(began))
		toSplash = append(toSplash, await(b, phone.heard, "splash").Sub(began))
		tab.Microphone("shut")
		tab.Do("hangup", "call", call.ID)
		await(b, over, "BYE")
		tab.Do("dismiss", "call", call.ID)
		phone.hangUp()
	}
	report(b, "invite", toInvite)
	report(b, "splash", toSplash)
}
