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
	w := &workbench{
		t: t, dial: &fakeDialer{legs: make(chan *fakeLeg, 16), goodbyes: make(chan string, 16)}, loop: loop, bind: bind,
		dir: dir,
	}
	cfg := Config{
		Node: "n1", Domain: "example.test", Hosts: []string{"127.0.0.1"}, Directory: dir, Store: s, Media: loop, Dialer: w.dial,
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
	end := w.peer()
	offer, err := end.Offer(codecs, sdp.SendRecv)
	must(w.t, err)
	leg := newFakeLeg(machine.LegID(randomID("l")))
	w.gw.Begin(func(sink Sink) Incoming {
		leg.sink = sink
		return Incoming{
			Leg: leg, From: policy.Identity{Address: "sip:" + user + "@example.test", Display: user, Level: policy.Proven, User: user},
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

func TestPhoneToPhone(t *testing.T) {
	w := newWorkbench(t, nil)
	w.register("alice", "desk", "urn:uuid:a")
	caller, callerEnd := w.incoming("sip:1001@example.test", sdp.PCMA, sdp.PCMU)
	phone := w.dial.next(t)
	if phone.in.Binding == nil || phone.in.Binding.Device != "desk" || phone.in.From.Address != "sip:bob@example.test" {
		t.Fatalf("INVITE %+v", phone.in)
	}
	phone.sink(machine.Rang{LegID: phone.id, Status: 180})
	caller.waits(t, "ring")
	phoneEnd := w.answer(phone, sdp.PCMU)
	caller.waits(t, "answer")
	_, err := callerEnd.TakeAnswer(caller.sdp)
	must(t, err)
	callerEnd.Hear(media.HoldMusic)
	phoneEnd.Hear(media.HoldMusic)
	heardWithin(t, phoneEnd, 5)
	heardWithin(t, callerEnd, 5)

	phone.sink(machine.Ended{LegID: phone.id, Cause: machine.CauseHangUp})
	caller.waits(t, "hangup hang_up")
	w.history("bob", "out", false)
	w.history("alice", "in", false)
}

func (w *workbench) history(user, direction string, missed bool) directory.HistoryEntry {
	w.t.Helper()
	for deadline := time.Now().Add(5 * time.Second); ; {
		list, err := w.dir.History(context.Background(), user, "", 10)
		must(w.t, err)
		if len(list) == 1 {
			if list[0].Direction != direction || list[0].Missed != missed || list[0].Reason == "" {
				w.t.Fatalf("%s's history: %+v", user, list[0])
			}
			return list[0]
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("%s's history has %d rows", user, len(list))
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestRefusals(t *testing.T) {
	rows := []struct{ name, dialled, want string }{
		{"unknown", "sip:nobody@example.test", "reject unknown"},
		{"nobody registered", "sip:alice@example.test", "reject offline"},
		{"foreign domain", "sip:x@elsewhere.test", "reject forbidden"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			w := newWorkbench(t, nil)
			leg, _ := w.incoming(row.dialled, sdp.PCMU)
			leg.waits(t, row.want)
		})
	}
	t.Run("too many", func(t *testing.T) {
		w := newWorkbench(t, func(c *Config) { c.MaxAllCalls = 1 })
		w.register("alice", "desk", "urn:uuid:a")
		w.incoming("sip:alice@example.test", sdp.PCMU)
		w.dial.next(t)
		second, _ := w.incoming("sip:alice@example.test", sdp.PCMU)
		second.waits(t, "reject overload")
	})
	t.Run("bad offer", func(t *testing.T) {
		w := newWorkbench(t, nil)
		leg := newFakeLeg("l1")
		w.gw.Begin(func(sink Sink) Incoming {
			leg.sink = sink
			return Incoming{Leg: leg, Dialled: "sip:alice@example.test", Offer: []byte("nonsense")}
		})
		leg.waits(t, "reject bad_description")
	})
	t.Run("stranger to the trunk", func(t *testing.T) {
		w := newWorkbench(t, nil)
		end := w.peer()
		offer, err := end.Offer([]sdp.Codec{sdp.PCMU}, sdp.SendRecv)
		must(t, err)
		leg := newFakeLeg("l1")
		w.gw.Begin(func(sink Sink) Incoming {
			leg.sink = sink
			return Incoming{
				Leg: leg, Dialled: "sip:00491234@example.test", Offer: offer,
				From: policy.Identity{Address: "sip:x@elsewhere.test"},
			}
		})
		leg.waits(t, "reject unknown")
	})
}

func TestOutToTrunk(t *testing.T) {
	w := newWorkbench(t, nil)
	w.incoming("sip:0(030)12-34@example.test", sdp.PCMU)
	leg := w.dial.next(t)
	if leg.in.Trunk != "pbx" || leg.in.URI != "sip:0301234@127.0.0.9" {
		t.Fatalf("INVITE %+v", leg.in)
	}
}

func TestTabRingsAndDeclines(t *testing.T) {
	w := newWorkbench(t, nil)
	tab, news := w.openTab("alice", Resume{})
	caller, _ := w.incoming("sip:alice@example.test", sdp.G722, sdp.PCMU)
	snap := w.sees(tab, news, "ringing", inState("ringing"))
	if want := snap.Media.Want; want == nil || fmt.Sprint(want.Codecs) != "[G722 PCMU PCMA]" {
		t.Fatalf("media.want %+v", want)
	}
	_, err := tab.Do(context.Background(), Command{Do: "ringing", Call: snap.Calls[0].ID})
	must(t, err)
	caller.waits(t, "ring")
	_, err = tab.Do(context.Background(), Command{Do: "decline", Call: snap.Calls[0].ID})
	must(t, err)
	caller.waits(t, "reject declined")
	snap = w.sees(tab, news, "ended", inState("ended"))
	if snap.Calls[0].Reason != "You declined this call." || snap.Media.Want != nil {
		t.Fatalf("ended view %+v", snap.Calls[0])
	}
	if _, err := tab.Do(context.Background(), Command{Do: "hangup", Call: snap.Calls[0].ID}); err == nil ||
		err.(*machine.CommandError).Code != "ended" {
		t.Fatalf("command to an ended call: %v", err)
	}
	w.history("alice", "in", false)
}

// A PBX that gave the call to another phone of alice's says so in its CANCEL:
// she missed nothing.
func TestAnsweredElsewhereIsNotMissed(t *testing.T) {
	for cause, missed := range map[machine.Cause]bool{machine.CauseElsewhere: false, machine.CauseCallerGone: true} {
		w := newWorkbench(t, nil)
		tab, news := w.openTab("alice", Resume{})
		caller, _ := w.incoming("sip:alice@example.test", sdp.PCMU)
		w.sees(tab, news, "ringing", inState("ringing"))
		caller.sink(machine.Ended{LegID: caller.id, Cause: cause})
		w.sees(tab, news, "ended", inState("ended"))
		h := w.history("alice", "in", missed)
		if h.Cause != string(cause) || h.Reason != cause.Sentence(machine.Callee).Text {
			t.Errorf("alice reads %+v", h)
		}
		w.sees(tab, news, "the counters",
			func(s Snapshot) bool { return s.Counters.History == 1 && (s.Counters.Missed == 1) == missed })
	}
}

func TestTwoTabsOneAnswer(t *testing.T) {
	w := newWorkbench(t, nil)
	w.register("alice", "desk", "urn:uuid:a")
	one, news1 := w.openTab("alice", Resume{})
	two, news2 := w.openTab("alice", Resume{})
	caller, _ := w.incoming("sip:alice@example.test", sdp.PCMU)
	phone := w.dial.next(t)
	phone.sink(machine.Rang{LegID: phone.id, Status: 180})
	snap := w.sees(one, news1, "ringing", inState("ringing"))
	id := snap.Calls[0].ID
	_, err := one.Do(context.Background(), Command{Do: "answer", Call: id, On: "browser"})
	must(t, err)
	_, err = two.Do(context.Background(), Command{Do: "answer", Call: id, On: "browser"})
	if err == nil || err.(*machine.CommandError).Code != "already_answered" {
		t.Fatalf("second answer: %v", err)
	}
	phone.waits(t, "cancel answered_elsewhere")
	caller.waits(t, "answer")
	if v := w.sees(one, news1, "connected", inState("connected")).Calls[0]; !v.Here || *v.On != "browser" {
		t.Fatalf("tab one: %+v", v)
	}
	if v := w.sees(two, news2, "connected", inState("connected")).Calls[0]; v.Here {
		t.Fatalf("tab two: %+v", v)
	}
}

func TestTabResumesAndIsGone(t *testing.T) {
	w := newWorkbench(t, nil)
	tab, _ := w.openTab("alice", Resume{})
	caller, _ := w.incoming("sip:alice@example.test", sdp.PCMU)
	mine := Resume{Tab: tab.ID(), Secret: tab.Secret()}
	if other, _ := w.openTab("alice", mine); other.ID() == tab.ID() {
		t.Fatal("a second live socket took the tab")
	} else {
		other.Detach()
	}
	tab.Detach()
	again, news := w.openTab("alice", mine)
	if again.ID() != tab.ID() {
		t.Fatal("not resumed")
	}
	id := w.sees(again, news, "ringing", inState("ringing")).Calls[0].ID
	_, err := again.Do(context.Background(), Command{Do: "answer", Call: id, On: "browser"})
	must(t, err)
	caller.waits(t, "answer")
	if s, _ := w.openTab("bob", mine); s.ID() == tab.ID() {
		t.Fatal("another user resumed the tab")
	}
	if s, _ := w.openTab("alice", Resume{Tab: tab.ID(), Secret: "wrong"}); s.ID() == tab.ID() {
		t.Fatal("a wrong secret resumed the tab")
	}
	again.Detach()
	caller.waits(t, "hangup media_lost")
}

// A leg that panics ends its own call, with 500 to the caller; another call
// goes on.
func TestPanicEndsOneCall(t *testing.T) {
	w := newWorkbench(t, nil)
	w.register("alice", "desk", "urn:uuid:a")
	good, _ := w.incoming("sip:alice@example.test", sdp.PCMU)
	phone := w.dial.next(t)
	bad, _ := w.incoming("sip:alice@example.test", sdp.PCMU)
	bad.explodes.Store(true)
	ringing := w.dial.next(t)
	ringing.sink(machine.Rang{LegID: ringing.id, Status: 180})
	bad.waits(t, "hangup fault")
	ringing.waits(t, "hangup fault")
	w.answer(phone, sdp.PCMU)
	good.waits(t, "answer")
}

func TestStop(t *testing.T) {
	w := newWorkbench(t, nil)
	w.register("alice", "desk", "urn:uuid:a")
	caller, _ := w.incoming("sip:alice@example.test", sdp.PCMU)
	w.dial.next(t)
	must(t, w.gw.Close(context.Background()))
	caller.waits(t, "reject shutting_down")
	late, _ := w.incoming("sip:alice@example.test", sdp.PCMU)
	late.waits(t, "reject shutting_down")
}
