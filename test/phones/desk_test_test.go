package phones

import (
	"net/http"
	"strings"
	"testing"

	"ringsplash/test/rig"
)

// phoneTest is the answer of POST /devices/{id}/test.
type phoneTest struct {
	Worked *string
	Tried  []struct{ Method, Outcome, Said string }
	Said   string
}

func testDesk(t *testing.T, c *rig.Client, want int) (got phoneTest) {
	t.Helper()
	if status := c.Do(http.MethodPost, "/api/v1/devices/desk/test", nil, &got); status != want {
		t.Fatalf("test of the deskphone: status %d, want %d: %+v", status, want, got)
	}
	return got
}

// linphonec obeys no way of asking: a click says so in words and it rings
// again, a test of it finds nothing, and a hand is live at once.
func TestClickOnLinphone(t *testing.T) {
	t.Parallel()
	n := rig.NewNet(t)
	g := rig.Start(t, rig.Options{Also: n.Here, Timers: map[string]string{"auto_answer": "500ms"}})
	lin := g.NewLinphone(t, n, rig.Alice, calleeTone)
	bob := phone(t, g, rig.PhoneOptions{User: rig.Bob, Tone: callerTone})
	rig.Until(t, rig.Patience, "linphonec is registered", func() bool { return strings.Contains(g.Log(), "Linphone") })
	client := g.LogIn(t, rig.Alice)
	tab := client.OpenTab(t)

	got := testDesk(t, client, http.StatusOK)
	if got.Worked != nil || len(got.Tried) < 5 || !strings.Contains(got.Said, "did not answer by itself") ||
		!strings.Contains(got.Said, "Linphone answers by itself only") {
		t.Errorf("test of linphonec: %+v", got)
	}
	for _, tried := range got.Tried {
		if tried.Outcome != "rang" {
			t.Errorf("tried %+v", tried)
		}
	}

	bob.Dial("alice")
	bob.WaitEvent("CALL_RINGING")
	call := tab.InState("ringing")
	if r := tab.Do("answer", "call", call.ID, "version", call.Version, "on", "desk"); !r.OK {
		t.Fatalf("answer: %+v", r.Error)
	}
	tab.Call("with a reason", func(c rig.TabCall) bool {
		return c.State == "ringing" && strings.Contains(c.Reason, "did not answer by itself")
	})
	if bob.Saw("CALL_CLOSED") {
		t.Error("the caller fell out")
	}
	rig.Until(t, rig.Patience, "linphonec rings again and is answered by hand", func() bool {
		lin.Do("answer")
		return bob.Saw("CALL_ESTABLISHED")
	})
	bob.Hears(calleeTone)
	tab.Microphone("live")
	bob.Hangup()
	bob.WaitEvent("CALL_CLOSED")
}

// A phone that answers by itself is found out in one try, hears the splash, and
// is refused while it is in a call.
func TestTestMyDeskphone(t *testing.T) {
	t.Parallel()
	g := rig.Start(t, rig.Options{})
	desk := phone(t, g, rig.PhoneOptions{User: rig.Alice, Tone: calleeTone, Codec: "PCMU"})
	bob := phone(t, g, rig.PhoneOptions{User: rig.Bob, Tone: callerTone})
	client := g.LogIn(t, rig.Alice)
	wire := rig.StartCapture(t)
	desk.Command("answermode", "auto")
	got := testDesk(t, client, http.StatusOK)
	if got.Worked == nil || *got.Worked != "answer-mode" || len(got.Tried) != 1 || !strings.Contains(got.Said, "kept") ||
		!strings.Contains(got.Said, "No * came from it") { // baresip sends no key while it is to listen only
		t.Errorf("test of baresip: %+v", got)
	}
	desk.WaitEvent("CALL_CLOSED")
	for _, hz := range []float64{659.26, 987.77} {
		if wire.To(desk).Heard(hz) == 0 {
			t.Errorf("no splash of %g Hz went to the phone", hz)
		}
	}
	if list := decisions(t, client); len(list) != 1 || !list[0].Allow || list[0].Kind != "test" || list[0].Device != "desk" {
		t.Errorf("decisions %+v", list)
	}
	bob.Dial("alice")
	bob.WaitEvent("CALL_ESTABLISHED")
	testDesk(t, client, http.StatusConflict) // busy
	bob.Hangup()
	bob.WaitEvent("CALL_CLOSED")
}
