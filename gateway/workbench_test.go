package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ringsplash/directory"
	"ringsplash/gateway/machine"
	"ringsplash/location"
	"ringsplash/media"
	"ringsplash/media/sdp"
	"ringsplash/policy"
	"ringsplash/presence"
	"ringsplash/store"
)

// fakeLeg is a device at the end of the Leg interface: it notes what the call
// asks of it, and the test plays its part through the sink.
type fakeLeg struct {
	id   machine.LegID
	sink Sink
	in   Invite
	// explodes makes Ring and Report panic.
	explodes atomic.Bool

	mu    sync.Mutex
	asked []string
	sdp   []byte
	news  chan struct{}
}

func newFakeLeg(id machine.LegID) *fakeLeg { return &fakeLeg{id: id, news: make(chan struct{}, 64)} }

func (f *fakeLeg) note(what string, text []byte) {
	f.mu.Lock()
	f.asked = append(f.asked, what)
	if text != nil {
		f.sdp = text
	}
	f.mu.Unlock()
	f.news <- struct{}{}
}

func (f *fakeLeg) ID() machine.LegID { return f.id }
func (f *fakeLeg) Ring(text []byte) {
	if f.explodes.Load() {
		panic("a leg with a fault")
	}
	f.note("ring", text)
}
func (f *fakeLeg) Answer(text []byte)     { f.note("answer", text) }
func (f *fakeLeg) Reject(c machine.Cause) { f.note("reject "+string(c), nil) }
func (f *fakeLeg) Reoffer(text []byte)    { f.note("reoffer", text) }
func (f *fakeLeg) Cancel(c machine.Cause) {
	f.note("cancel "+string(c), nil)
	f.sink(machine.Refused{LegID: f.id, Status: 487})
}

func (f *fakeLeg) Report(status int, _ string) {
	if f.explodes.Load() {
		panic("a leg with a fault")
	}
	f.note(fmt.Sprint("report ", status), nil)
}
func (f *fakeLeg) Talk()                  { f.note("talk", nil) }
func (f *fakeLeg) Digits(s string)        { f.note("digits "+s, nil) }
func (f *fakeLeg) Probe()                 { f.note("probe", nil) }
func (f *fakeLeg) HangUp(c machine.Cause) { f.note("hangup "+string(c), nil) }

// told is what the leg was asked so far.
func (f *fakeLeg) told() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.asked)
}

// waits returns once the leg was asked for what.
func (f *fakeLeg) waits(t *testing.T, what string) *fakeLeg { return f.waitsTimes(t, what, 1) }

// waitsTimes returns once the leg was asked for what so many times.
func (f *fakeLeg) waitsTimes(t *testing.T, what string, times int) *fakeLeg {
	t.Helper()
	deadline := time.After(5 * time.Second)
	for {
		asked, count := f.told(), 0
		for _, a := range asked {
			if a == what {
				count++
			}
		}
		if count >= times {
			return f
		}
		seen := fmt.Sprint(asked)
		select {
		case <-f.news:
		case <-deadline:
			t.Fatalf("leg %s was asked %s, not %q", f.id, seen, what)
		}
	}
}

// fakeDialer hands out fake legs and lets the test wait for them.
type fakeDialer struct {
	legs     chan *fakeLeg
	goodbyes chan string
}

func (d *fakeDialer) Invite(in Invite, sink Sink) Leg {
	leg := newFakeLeg(in.Leg)
	leg.sink, leg.in = sink, in
	d.legs <- leg
	return leg
}

func (d *fakeDialer) Goodbye(kept []byte, c machine.Cause) error {
	d.goodbyes <- string(kept) + " " + string(c)
	return nil
}

func (d *fakeDialer) next(t *testing.T) *fakeLeg {
	t.Helper()
	select {
	case l := <-d.legs:
		return l
	case <-time.After(5 * time.Second):
		t.Fatal("no INVITE")
		return nil
	}
}

// g711 is what the phones of the tests speak.
var g711 = []sdp.Codec{sdp.PCMU, sdp.PCMA}

// bench is a gateway with real directory, store and media, and fake SIP.
type workbench struct {
	t    *testing.T
	gw   *Gateway
	dial *fakeDialer
	loop *media.Loop
	bind *location.Bindings
	book *presence.Book
	dir  *directory.Directory
}

func newWorkbench(t *testing.T, edit func(*Config)) *workbench {
	t.Helper()
	ctx := context.Background()
	log := slog.New(slog.DiscardHandler)
	s, err := store.OpenBolt(t.TempDir(), log)
	must(t, err)
	dir, err := directory.Open(ctx, s, "example.test", log)
	must(t, err)
	for i, name := range []string{"alice", "bob"} {
		must(t, dir.Put(ctx, directory.NewUser{
			User:     directory.User{Name: name, Number: fmt.Sprint(1001 + i), Display: name},
			Password: "correct horse", Devices: []directory.NewDevice{{ID: "desk", Display: "Desk phone", SIPPassword: "s-" + name}},
		}))
	}
	loop, err := media.Listen(media.Config{Listen: []netip.Addr{netip.MustParseAddr("127.0.0.1")}}, log)
	must(t, err)
	bind, err := location.New(ctx, "n1", s, log)
	must(t, err)
	seen, err := presence.New(presence.Config{Directory: dir, Log: log})
	must(t, err)
	w := &workbench{
		t: t, dial: &fakeDialer{legs: make(chan *fakeLeg, 16), goodbyes: make(chan string, 16)}, loop: loop, bind: bind,
		dir: dir, book: seen,
	}
	cfg := Config{
		Node: "n1", Domain: "example.test", Hosts: []string{"127.0.0.1"}, Directory: dir, Presence: seen,
		Store: s, Media: loop, Dialer: w.dial,
		Timers: Timers{TabGone: time.Second, Ended: time.Hour, KeyWait: 10 * time.Millisecond},
		Trunks: []Trunk{{Name: "pbx", Host: "127.0.0.9", Prefixes: []Prefix{{Match: "0", Strip: 1}}}},
	}
	if edit != nil {
		edit(&cfg)
	}
	w.gw, err = New(cfg, bind, log)
	must(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		must(t, w.gw.Close(ctx))
		bind.Close()
		w.book.Close()
		must(t, loop.Close())
		must(t, dir.Close())
		must(t, s.Close())
	})
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *workbench) register(user, device, instance string) {
	must(w.t, w.bind.Put(context.Background(), location.Binding{
		User: user, Device: device, Instance: instance, Contact: "sip:" + user + "@127.0.0.1:5062", Transport: "udp",
		Source: "127.0.0.1:5062", Expires: time.Now().Add(time.Hour), Refreshed: time.Now(),
	}))
}

// interwork lets the user's device be made to answer by itself.
func (w *workbench) interwork(user, device string) error {
	on := true
	_, err := w.dir.PatchDevice(context.Background(), user, device, directory.DevicePatch{Interworking: &on})
	return err
}

// peer is a phone's own media end, for real SDP.
func (w *workbench) peer() *media.RTPEnd {
	end, err := w.loop.NewRTPEnd(media.RTPOptions{Peer: netip.MustParseAddr("127.0.0.1")})
	must(w.t, err)
	w.t.Cleanup(end.Close)
	return end
}

// incoming lets bob's phone call text.
func (w *workbench) incoming(text string, codecs ...sdp.Codec) (*fakeLeg, *media.RTPEnd) {
	return w.callOf("bob", text, codecs...)
}

// callOf lets the user's phone call text.
func (w *workbench) callOf(user, text string, codecs ...sdp.Codec) (*fakeLeg, *media.RTPEnd) {
	who := policy.Identity{Address: "sip:" + user + "@example.test", Display: user, Level: policy.Proven, User: user}
	return w.from(who, text, codecs...)
}

// from lets somebody's phone call text.
func (w *workbench) from(who policy.Identity, text string, codecs ...sdp.Codec) (*fakeLeg, *media.RTPEnd) {
	end := w.peer()
	offer, err := end.Offer(codecs, sdp.SendRecv)
	must(w.t, err)
	leg := newFakeLeg(machine.LegID(randomID("l")))
	w.gw.Begin(func(sink Sink) Incoming {
		leg.sink = sink
		return Incoming{
			Leg: leg, From: who,
			Device:  "desk",
			Dialled: text, Offer: offer, Source: netip.MustParseAddrPort("127.0.0.1:5063"),
		}
	})
	return leg, end
}

func (w *workbench) answer(leg *fakeLeg, codecs ...sdp.Codec) *media.RTPEnd {
	end := w.peer()
	_, err := end.TakeOffer(leg.in.Offer)
	must(w.t, err)
	text, _, err := end.Answer(codecs, sdp.SendRecv)
	must(w.t, err)
	leg.sink(machine.Answered{LegID: leg.id, SDP: text})
	return end
}

// openTab opens a tab that collects its snapshots.
func (w *workbench) openTab(user string, r Resume) (*Socket, chan struct{}) {
	news := make(chan struct{}, 1)
	s, _, err := w.gw.OpenTab(user, r, func() {
		select {
		case news <- struct{}{}:
		default:
		}
	})
	must(w.t, err)
	return s, news
}

func (w *workbench) sees(s *Socket, news chan struct{}, what string, ok func(Snapshot) bool) Snapshot {
	w.t.Helper()
	deadline := time.After(5 * time.Second)
	for {
		snap := s.Snapshot()
		if ok(snap) {
			return snap
		}
		select {
		case <-news:
		case <-deadline:
			w.t.Fatalf("tab never saw %s: %+v", what, snap.Calls)
		}
	}
}

func inState(state string) func(Snapshot) bool {
	return func(s Snapshot) bool { return len(s.Calls) == 1 && s.Calls[0].State == state }
}

func heardWithin(t *testing.T, end *media.RTPEnd, n uint64) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); end.Stats().Received < n; {
		if time.Now().After(deadline) {
			t.Fatalf("%d packets arrived, want %d", end.Stats().Received, n)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
