package gateway

import (
	"context"
	"errors"
	"testing"
	"time"

	"ringsplash/gateway/machine"
	"ringsplash/media/sdp"
)

// seen waits until the watch shows what ok wants.
func (w *workbench) seen(watch *Watch, news <-chan struct{}, what string, ok func([]machine.CallView) bool) machine.CallView {
	w.t.Helper()
	deadline := time.After(5 * time.Second)
	for {
		if calls := watch.Snapshot().Calls; ok(calls) {
			return calls[0]
		}
		select {
		case <-news:
		case <-deadline:
			w.t.Fatalf("never: %s, but %+v", what, watch.Snapshot().Calls)
		}
	}
}

// bobDoes is the code by which a command without a tab is refused, "" for none.
func (w *workbench) bobDoes(c Command) string {
	w.t.Helper()
	_, err := w.gw.Do(context.Background(), "bob", c)
	var refused *machine.CommandError
	if err != nil && !errors.As(err, &refused) {
		w.t.Fatal(err)
	}
	if refused == nil {
		return ""
	}
	return refused.Code
}

// shows tells whether there is one call in that state.
func shows(state, microphone string) func([]machine.CallView) bool {
	return func(calls []machine.CallView) bool {
		return len(calls) == 1 && calls[0].State == state && calls[0].Microphone == microphone
	}
}

// A program calls from bob's phone, and the same commands as a tab's work on
// the call; what needs a browser's sound is refused.
func TestCommandsWithoutATab(t *testing.T) {
	w := newWorkbench(t, nil)
	w.register("bob", "desk", "i-bob")
	w.register("alice", "desk", "i-alice")
	ctx := context.Background()
	news := make(chan struct{}, 1)
	watch, err := w.gw.Watch("bob", func() {
		select {
		case news <- struct{}{}:
		default:
		}
	})
	must(t, err)
	defer watch.Close()
	for want, c := range map[string]Command{
		"not_available": {Do: "call", To: "alice"}, "bad_request": {Do: "offer"}, "not_found": {Do: "call", To: "nobody", From: "desk"},
		"device_offline": {Do: "call", To: "alice", From: "sofa"}, "no_such_call": {Do: "hangup", Call: "c_x"},
	} {
		if got := w.bobDoes(c); got != want {
			t.Errorf("%+v: %q, want %q", c, got, want)
		}
	}
	made, err := w.gw.Do(ctx, "bob", Command{Do: "call", To: "alice", From: "desk"})
	must(t, err)
	own := w.dial.next(t)
	w.answer(own, sdp.PCMU)
	far := w.dial.next(t)
	w.answer(far, sdp.PCMU)
	if v := w.seen(watch, news, "the talk", shows("connected", "live")); v.ID != made.Call || v.Here || *v.On != "desk" {
		t.Errorf("it is shown as %+v", v)
	}
	if snap := watch.Snapshot(); snap.Me.Tabs != 0 || snap.Media.Want != nil {
		t.Errorf("a watch counts as a tab: %+v", snap)
	}
	for _, step := range []struct {
		do, state, microphone string
	}{{"hold", "held", "live"}, {"resume", "connected", "live"}, {"mute", "connected", "muted"}, {"unmute", "connected", "live"}} {
		if got := w.bobDoes(Command{Do: step.do, Call: made.Call}); got != "" {
			t.Fatalf("%s: %s", step.do, got)
		}
		w.seen(watch, news, step.do, shows(step.state, step.microphone))
	}
	for _, c := range []Command{
		{Do: "move", Call: made.Call, On: "browser"},
		{Do: "answer", Call: made.Call, On: "browser", Version: 1},
	} {
		if got := w.bobDoes(c); got != "not_available" {
			t.Errorf("%+v: %q", c, got)
		}
	}
	if _, err := w.gw.Do(ctx, "carol", Command{Do: "hangup", Call: made.Call}); err == nil {
		t.Error("a stranger hangs up")
	}
	if got := w.bobDoes(Command{Do: "hangup", Call: made.Call}); got != "" {
		t.Errorf("hangup: %s", got)
	}
	far.waits(t, "hangup "+string(machine.CauseHangUp))
	w.seen(watch, news, "the end", func(calls []machine.CallView) bool { return len(calls) == 1 && calls[0].State == "ended" })
}

// Each new state of a user's call is told once, to each of its users.
func TestToldOfEachState(t *testing.T) {
	told := make(chan string, 100)
	w := newWorkbench(t, func(c *Config) {
		c.Tell = func(user string, v machine.CallView) { told <- user + " " + v.State + " " + v.Direction }
	})
	w.register("alice", "desk", "i-alice")
	caller, _ := w.incoming("alice", sdp.PCMU)
	far := w.dial.next(t)
	w.answer(far, sdp.PCMU)
	caller.waits(t, "answer")
	w.gw.board.find("alice", w.gw.board.callsOf("alice")[0].id).post(machine.Asked{User: "alice", Command: machine.Hold{On: true}})
	caller.sink(machine.Ended{LegID: caller.id, Cause: machine.CauseHangUp})
	far.waits(t, "hangup "+string(machine.CauseHangUp))
	got := map[string]int{}
	for range 8 {
		select {
		case one := <-told:
			got[one]++
		case <-time.After(5 * time.Second):
			t.Fatalf("told only %v", got)
		}
	}
	for _, state := range []string{"ringing", "connected", "held", "ended"} {
		if got["alice "+state+" in"] != 1 || got["bob "+state+" out"] != 1 {
			t.Errorf("told %v", got)
		}
	}
}

// Resuming by a program leaves the other calls of the user alone: it has no
// one microphone that they would share.
func TestResumeWithoutATabHoldsNothing(t *testing.T) {
	w := newWorkbench(t, nil)
	w.register("bob", "desk", "i-bob")
	w.register("alice", "desk", "i-alice")
	watch, err := w.gw.Watch("bob", func() {})
	must(t, err)
	defer watch.Close()
	news := make(chan struct{}, 1)
	watch.tab.wake = func() {
		select {
		case news <- struct{}{}:
		default:
		}
	}
	var ids []machine.CallID
	for range 2 {
		made, err := w.gw.Do(context.Background(), "bob", Command{Do: "call", To: "alice", From: "desk"})
		must(t, err)
		w.answer(w.dial.next(t), sdp.PCMU)
		w.answer(w.dial.next(t), sdp.PCMU)
		ids = append(ids, made.Call)
		w.seen(watch, news, "the talk", func(calls []machine.CallView) bool {
			return len(calls) == len(ids) && calls[len(ids)-1].State == "connected"
		})
	}
	_, err = w.gw.Do(context.Background(), "bob", Command{Do: "resume", Call: ids[0]})
	must(t, err)
	// What the other call was asked before this is done with it.
	_, err = w.gw.Do(context.Background(), "bob", Command{Do: "mute", Call: ids[1]})
	must(t, err)
	w.seen(watch, news, "muted", func(calls []machine.CallView) bool { return calls[1].Microphone == "muted" })
	if v := watch.Snapshot().Calls[1]; v.HeldBy != "" {
		t.Errorf("the other call is %+v", v)
	}
}
