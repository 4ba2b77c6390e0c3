package gateway

import (
	"testing"

	"github.com/stretchr/testify/require"

	"ringsplash/gateway/machine"
	"ringsplash/media/sdp"
)

// An answer is for the caller the user saw. What else changed meanwhile does not
// matter; a version that was never shown does.
func TestAnswerOfAStaleCall(t *testing.T) {
	w := newWorkbench(t, nil)
	w.register("alice", "desk", "urn:uuid:a")
	tab, news := w.openTab("alice", Resume{})
	caller, _ := w.incoming("sip:alice@example.test", sdp.PCMU)
	seen := w.sees(tab, news, "ringing", inState("ringing")).Calls[0]
	phone := w.dial.next(t)
	text, err := w.peer().Offer([]sdp.Codec{sdp.PCMU}, sdp.SendRecv)
	require.NoError(t, err)
	phone.sink(machine.Rang{LegID: phone.id, Status: 183, SDP: text}) // the far end is heard: another version
	now := w.sees(tab, news, "early media", inState("early")).Calls[0]
	require.Greater(t, now.Version, seen.Version)

	answer := func(version uint64) error {
		_, err := tab.Do(t.Context(), Command{Do: "answer", Call: seen.ID, Version: version, On: "browser"})
		return err
	}
	var refused *machine.CommandError
	require.ErrorAs(t, answer(now.Version+1), &refused)
	require.Equal(t, "stale", refused.Code)
	require.NoError(t, answer(seen.Version))
	caller.waits(t, "answer")
}

// Who calls may change while it rings: the first caller gave it to another.
func TestCallerChangesWhileItRings(t *testing.T) {
	w := newWorkbench(t, nil)
	c := w.gw.newCall("c_test")
	c.state.Legs = []machine.LegState{}
	c.state.Parties[machine.Caller].Who.Address = "sip:bob@example.test"
	c.publish()
	first := c.version
	c.state.Parties[machine.Callee].Muted = true
	c.publish()
	asked := func(version uint64) bool {
		return c.hear(machine.Asked{Command: machine.Answer{On: "browser", Version: version}}).Stale
	}
	require.False(t, asked(first), "the same caller")
	c.state.Parties[machine.Caller].Who.Address = "sip:eve@example.test"
	c.publish()
	require.True(t, asked(first), "somebody else")
	require.False(t, asked(c.version))
	require.False(t, asked(0), "no version was given")
}
