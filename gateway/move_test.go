package gateway

import (
	"context"
	"testing"

	"ringsplash/media/sdp"
)

// A call that is moved to the browser is in the browser: its leg there has an
// id, so that it is shown and hears.
func TestMoveToBrowser(t *testing.T) {
	w := newWorkbench(t, nil)
	w.register("alice", "desk", "urn:uuid:a")
	tab, news := w.openTab("alice", Resume{})
	w.incoming("sip:1001@example.test", sdp.PCMU)
	phone := w.dial.next(t)
	w.answer(phone, sdp.PCMU)
	call := w.sees(tab, news, "the talk", inState("connected")).Calls[0].ID
	_, err := tab.Do(context.Background(), Command{Do: "move", Call: call, On: "browser"})
	must(t, err)
	phone.waits(t, "hangup answered_elsewhere")
	w.sees(tab, news, "the call in the browser", func(s Snapshot) bool {
		return len(s.Calls) == 1 && s.Calls[0].Here && *s.Calls[0].On == "browser" && s.Media.Want != nil
	})
}
