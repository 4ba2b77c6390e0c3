package gateway

import (
	"context"
	"testing"

	"ringsplash/directory"
	"ringsplash/gateway/machine"
	"ringsplash/media/sdp"
	"ringsplash/policy"
)

// The running call goes on hold, its other side hears music, and the phone
// takes the new one; with the other choice the click is refused in words.
func TestWhileBusy(t *testing.T) {
	w := newWorkbench(t, func(c *Config) { c.Policy = &fakePolicy{answer: policy.Decision{Allow: true, Grant: "self"}} })
	w.register("alice", "desk", "urn:uuid:a")
	must(t, w.interwork("alice", "desk"))
	tab, news := w.openTab("alice", Resume{})
	_, _ = w.incoming("sip:alice@example.test", sdp.PCMU)
	w.answer(w.dial.next(t), sdp.PCMU)
	first := w.sees(tab, news, "the first call", inState("connected")).Calls[0].ID
	if d := tab.Snapshot().Devices[0]; d.Answerable || d.Why == "" {
		t.Errorf("a busy phone is shown as %+v", d)
	}
	_, _ = w.incoming("sip:alice@example.test", sdp.PCMU)
	ringing := w.dial.next(t)
	second := w.sees(tab, news, "the second call", func(s Snapshot) bool { return len(s.Calls) == 2 }).Calls[1]
	click := Command{Do: "answer", Call: second.ID, Version: second.Version, On: "desk"}
	if _, err := tab.Do(context.Background(), click); err == nil || err.(*machine.CommandError).Code != "device_busy" {
		t.Fatalf("click on a busy phone: %v", err)
	}
	must(t, w.dir.SetWhileBusy(context.Background(), "alice", directory.BusyHold))
	w.sees(tab, news, "a phone that can be asked",
		func(s Snapshot) bool { return s.Devices[0].Answerable && s.Me.WhileBusy == "hold" })
	_, err := tab.Do(context.Background(), click)
	must(t, err)
	ringing.waits(t, "cancel answered_elsewhere")
	w.sees(tab, news, "the first call on hold", func(s Snapshot) bool {
		return s.Calls[0].ID == first && s.Calls[0].State == "held" && s.Calls[0].HeldBy == "me"
	})
	if auto := w.dial.next(t); len(auto.in.Headers) == 0 {
		t.Error("the phone was not asked")
	}
}

// Two phones, behind one address: the one that was clicked gets the one
// trigger; the other only ever rings.
func TestClickReachesOneInstance(t *testing.T) {
	w := newWorkbench(t, func(c *Config) { c.Policy = &fakePolicy{answer: policy.Decision{Allow: true, Grant: "self"}} })
	must(t, w.dir.Put(context.Background(), directory.NewUser{
		User: directory.User{Name: "carol"}, Password: "correct horse", Devices: []directory.NewDevice{
			{ID: "desk", SIPPassword: "one", Interworking: true}, {ID: "lab", SIPPassword: "two", Interworking: true},
		},
	}))
	w.register("carol", "desk", "urn:uuid:a")
	w.register("carol", "lab", "urn:uuid:b") // the same contact host and port
	tab, news := w.openTab("carol", Resume{})
	_, _ = w.incoming("sip:carol@example.test", sdp.PCMU)
	phones := map[string]*fakeLeg{}
	for range 2 {
		leg := w.dial.next(t)
		phones[leg.in.Binding.Device] = leg
	}
	call := w.sees(tab, news, "the call", inState("ringing")).Calls[0]
	_, err := tab.Do(context.Background(), Command{Do: "answer", Call: call.ID, Version: call.Version, On: "lab"})
	must(t, err)
	phones["lab"].waits(t, "cancel answered_elsewhere")
	auto := w.dial.next(t)
	if auto.in.Binding.Instance != "urn:uuid:b" || len(auto.in.Headers) == 0 {
		t.Fatalf("asked %+v", auto.in)
	}
	w.answer(auto, sdp.PCMU)
	phones["desk"].waits(t, "cancel answered_elsewhere")
	if n := len(w.dial.legs); n != 0 {
		t.Errorf("%d INVITEs more than the ringing ones and one trigger", n)
	}
	for name, leg := range phones {
		if len(leg.in.Headers) != 0 {
			t.Errorf("the ringing INVITE of %s carries %v", name, leg.in.Headers)
		}
	}
}
