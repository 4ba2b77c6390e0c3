package bench

import (
	"context"
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"ringsplash/config"
	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/media"
	"ringsplash/media/sdp"
	"ringsplash/node"
	"ringsplash/policy"
	"ringsplash/signaling/sipua"
	"ringsplash/signaling/sipua/trunk"
	"ringsplash/signaling/sipua/wire"
	"ringsplash/test/rig"
)

const domain = "bench.test"

// startNode runs a whole gateway with alice (device desk) and bob.
func startNode(b *testing.B, more ...string) *node.Node {
	b.Helper()
	cfg := config.Default()
	cfg.Domain, cfg.Data = domain, b.TempDir()
	cfg.MaxCalls = 1000
	loopback := netip.MustParseAddr("127.0.0.1")
	cfg.SIP.Listen = []config.SIPListen{{Transport: "udp", Addr: netip.AddrPortFrom(loopback, 0)}}
	cfg.HTTP.Listen, cfg.Media.WebRTCPort, cfg.Media.RTPPorts = "127.0.0.1:0", 0, config.PortRange{}
	for _, name := range append([]string{"alice", "bob"}, more...) {
		cfg.Users = append(cfg.Users, config.User{
			Name: name, Display: name, Password: rig.User{Name: name}.Password(),
			Devices: []config.Device{
				{ID: "desk", Display: "Desk phone", SIPPassword: name + "-desk", Interworking: true},
			},
		})
	}
	n, err := node.Start(context.Background(), cfg, node.Options{}, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := n.Close(context.Background()); err != nil {
			b.Error(err)
		}
	})
	return n
}

// startPhone registers a user agent of ours as the user's phone.
func startPhone(b *testing.B, n *node.Node, user string, calls sipua.Calls) *sipua.UA {
	b.Helper()
	registered := make(chan error, 1)
	ua, err := sipua.Open(sipua.Config{
		Domain: domain, Config: wire.Config{Listen: []string{"udp://127.0.0.1:0"}},
		Trunks: []trunk.Config{{
			Name: "gateway", Address: "sip:" + n.SIP()[0][len("udp://"):], AOR: "sip:" + user + "@" + domain, Instance: "urn:uuid:" + user,
			Register: trunk.Credentials{User: user, Password: user + "-desk", Realm: domain},
		}},
		Registered: func(_ string, err error) {
			select {
			case registered <- err:
			default:
			}
		},
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = ua.Close() })
	if err := ua.Serve(sipua.Receiver{Calls: calls}); err != nil {
		b.Fatal(err)
	}
	if err := <-registered; err != nil {
		b.Fatal(err)
	}
	return ua
}

// ringing is a phone that rings at once and never answers.
type ringing struct{}

func (ringing) Begin(build func(gateway.Sink) gateway.Incoming) {
	in := build(func(machine.Event) {})
	in.Leg.Ring(nil)
}

// BenchmarkInviteTo180 is the time from a caller's INVITE, credentials inside,
// to the 180 he gets from a phone that rings at once: four messages on
// loopback, and both phones' own work, which is included.
func BenchmarkInviteTo180(b *testing.B) {
	n := startNode(b)
	startPhone(b, n, "alice", ringing{})
	bob := startPhone(b, n, "bob", nil)
	loop, err := media.Listen(media.Config{Listen: []netip.Addr{netip.MustParseAddr("127.0.0.1")}}, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = loop.Close() })
	end, err := loop.NewRTPEnd(media.RTPOptions{Peer: netip.MustParseAddr("127.0.0.1")})
	if err != nil {
		b.Fatal(err)
	}
	offer, err := end.Offer([]sdp.Codec{sdp.PCMU, sdp.PCMA}, sdp.SendRecv)
	if err != nil {
		b.Fatal(err)
	}
	var times []time.Duration
	for b.Loop() {
		rang, over := make(chan time.Time, 1), make(chan struct{}, 1)
		began := time.Now()
		leg := bob.Invite(gateway.Invite{
			Leg: machine.LegID(gateway.NewNodeName()), Trunk: "gateway", URI: "sip:alice@" + domain,
			From: policy.Identity{Address: "sip:bob@" + domain}, To: "sip:alice@" + domain, Offer: offer,
		}, func(e machine.Event) {
			switch e.(type) {
			case machine.Rang:
				select {
				case rang <- time.Now():
				default:
				}
			case machine.Refused, machine.Ended:
				select {
				case over <- struct{}{}:
				default:
				}
			}
		})
		select {
		case at := <-rang:
			times = append(times, at.Sub(began))
		case <-over:
			b.Fatal("the call was refused")
		case <-time.After(5 * time.Second):
			b.Fatal("no 180 in 5 s")
		}
		leg.Cancel(machine.CauseCallerGone)
		select {
		case <-over:
		case <-time.After(5 * time.Second):
			b.Fatal("no 487 in 5 s")
		}
	}
	report(b, "ring", times)
}
