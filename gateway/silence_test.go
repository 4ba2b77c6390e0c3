package gateway

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/webrtc/v3"
	"github.com/stretchr/testify/require"

	"ringsplash/gateway/story"
	"ringsplash/media"
	"ringsplash/media/sdp"
)

// unreachedOffer is the offer of a page whose checks never arrive.
func unreachedOffer(t *testing.T) Command {
	pc, err := webrtc.NewPeerConnection(webrtc.Configuration{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = pc.Close() })
	_, err = pc.AddTransceiverFromKind(webrtc.RTPCodecTypeAudio)
	require.NoError(t, err)
	offer, err := pc.CreateOffer(nil)
	require.NoError(t, err)
	return Command{Do: "offer", SDP: offer.SDP, PC: randomID("pc"), Codecs: []sdp.Codec{sdp.PCMU}}
}

// A talk in a tab whose browser does not reach our port is counted once, and its
// story says so, whether the page offered before or after the talk began, or
// never, which reads otherwise; when the sound breaks off again, that is told
// again; a call that only rings there is none.
func TestNoSoundIsTold(t *testing.T) {
	w := newWorkbench(t, func(c *Config) { c.Timers.PathWait = 50 * time.Millisecond })
	offers := func(tab *Socket) {
		_, err := tab.Do(t.Context(), unreachedOffer(t))
		require.NoError(t, err)
	}
	other, _ := w.openTab("alice", Resume{})
	offers(other)
	var missed uint64
	for _, when := range []string{"ahead", "after", "never"} {
		tab, news := w.openTab("alice", Resume{})
		caller, _ := w.incoming("sip:alice@example.test", sdp.PCMU)
		id := w.sees(tab, news, "ringing", inState("ringing")).Calls[0].ID
		words := "no sound: its browser does not reach"
		if when == "never" {
			words = "no sound: its page has not asked for any"
		}
		told := func() bool {
			told, _ := w.gw.Story(t.Context(), "alice", false, id)
			return slices.ContainsFunc(told.Events, func(e story.Event) bool { return strings.Contains(e.Text, words) })
		}
		if when == "ahead" {
			offers(tab)
			require.Never(t, told, 200*time.Millisecond, 20*time.Millisecond, "it only rings")
		}
		_, err := tab.Do(t.Context(), Command{Do: "answer", Call: id, On: "browser"})
		require.NoError(t, err)
		caller.waits(t, "answer")
		if when == "after" {
			offers(tab)
		}
		require.Eventually(t, told, 5*time.Second, 5*time.Millisecond, when)
		missed++
		require.Equal(t, missed, w.gw.Silent(), when)
		if when == "after" {
			tab.pathChanged(tab.end, media.TabConnected)
			tab.pathChanged(tab.end, media.TabDisconnected)
			missed++
			require.Eventually(t, func() bool { return w.gw.Silent() == missed }, 5*time.Second, 5*time.Millisecond, "again")
		}
		_, err = tab.Do(t.Context(), Command{Do: "hangup", Call: id})
		require.NoError(t, err)
		w.sees(tab, news, "ended", inState("ended"))
		_, err = tab.Do(t.Context(), Command{Do: "dismiss", Call: id})
		require.NoError(t, err)
	}
}
