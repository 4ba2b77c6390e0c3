package story

import (
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"weak"

	"github.com/stretchr/testify/require"

	"ringsplash/gateway/machine"
	"ringsplash/internal/sentence"
	"ringsplash/policy"
)

// state is a call of bob to alice with a leg on each side.
func storyState(id machine.CallID) *machine.State {
	s := &machine.State{ID: id, Phase: machine.Ringing, Began: time.Unix(1, 0), Legs: []machine.LegState{
		{ID: machine.LegID(id + "-bob"), Side: machine.Caller, Kind: machine.PhoneLeg, Device: "desk", Stage: machine.Trying},
		{ID: machine.LegID(id + "-alice"), Side: machine.Callee, Kind: machine.PhoneLeg, Device: "lab", Stage: machine.Trying},
	}}
	s.Parties[machine.Caller].User, s.Parties[machine.Callee].User = "bob", "alice"
	return s
}

func texts(s Story) []string {
	var out []string
	for _, e := range s.Events {
		out = append(out, e.Kind+" "+e.Text)
	}
	return out
}

// TestStoryIsToldBySides: neither side learns on which phones the other rings
// or what was decided there; a stranger learns nothing; the administrator all.
func TestStoryIsToldBySides(t *testing.T) {
	all := New()
	s := storyState("c")
	all.Begin("c", "c-bob")
	before := machine.State{Phase: machine.Initial}
	all.Tell(s, time.Unix(1, 0), machine.Changes(&before, s, machine.Input{Now: time.Unix(1, 0)}))
	rings := s.Clone()
	rings.Legs[1].Stage = machine.Alerting
	rings.Phase = machine.Answering
	all.Tell(&rings, time.Unix(2, 0),
		machine.Changes(s, &rings,
			machine.Input{Event: machine.Decided{Decision: policy.Decision{Reason: sentence.Sentence{Text: "Nobody may."}}}}))
	all.Message("c-bob", Message{Start: "INVITE sip:alice@x SIP/2.0"})
	all.Message("c-alice", Message{
		Start: "INVITE sip:alice@192.0.2.9 SIP/2.0", Sent: true,
		SDP: []byte("v=0\r\nm=audio 4000 RTP/AVP 0\r\nc=IN IP4 192.0.2.1\r\na=crypto:1 x inline:SECRETKEY\r\n"),
	})

	admin, ok := all.Read("c", "", true)
	require.True(t, ok)
	require.Len(t, admin.Legs, 2)
	require.Equal(t, []string{
		"leg phone desk: trying", "leg phone lab: trying", "call phase ringing, was initial", "call ringing",
		"decision automatic answer denied: Nobody may.", "leg phone lab: alerting, was trying", "call phase answering, was ringing",
		"sip INVITE sip:alice@x SIP/2.0", "sip INVITE sip:alice@192.0.2.9 SIP/2.0",
	}, texts(admin))
	require.Equal(t, "audio PCMU at 192.0.2.1:4000 RTP/AVP, sendrecv", admin.Events[8].SDP)

	bob, ok := all.Read("c", "bob", false)
	require.True(t, ok)
	require.Equal(t, []string{"leg phone desk: trying", "call ringing", "sip INVITE sip:alice@x SIP/2.0"}, texts(bob))
	alice, ok := all.Read("c", "alice", false)
	require.True(t, ok)
	require.Equal(t, []string{
		"leg phone lab: trying", "call ringing", "decision automatic answer denied: Nobody may.",
		"leg phone lab: alerting, was trying", "sip INVITE sip:alice@192.0.2.9 SIP/2.0",
	}, texts(alice))
	for _, who := range []string{"", "eve"} {
		_, ok = all.Read("c", who, false)
		require.False(t, ok, "%q", who)
	}
	all.End(Of(&rings))
	bob, ok = all.Read("c", "bob", false)
	require.True(t, ok, "also when it is over")
	require.Len(t, bob.Legs, 1)
	require.Equal(t, "caller", bob.Legs[0].Side)
}

// TestStoriesAreBounded: neither a call with very many messages nor very many
// calls fill the memory; a message after the end still finds its story.
// A story holds on to neither the call it tells of nor the bodies of messages.
func TestStoriesKeepNoCall(t *testing.T) {
	all := New()
	all.Begin("c", "c-bob")
	call, body := storyState("c"), []byte("v=0\r\nm=audio 4000 RTP/AVP 0\r\n")
	call.Talking = time.Unix(2, 0)
	keptCall, keptBody := weak.Make(call), weak.Make(&body[0])
	all.Tell(call, time.Time{}, []machine.Change{{Kind: "call"}})
	all.Message("c-bob", Message{Start: "INVITE sip:alice@x SIP/2.0", Sent: true, SDP: body})
	all.End(Of(call))
	runtime.GC()
	require.Nil(t, keptCall.Value())
	require.Nil(t, keptBody.Value())
	s, _ := all.Read("c", "", true)
	require.Equal(t, time.Unix(2, 0), *s.Answered)
	require.True(t, *s.Events[1].Sent)
}

// A story that is put away tells each side what it told before.
func TestArchivedStory(t *testing.T) {
	all := New()
	end := func(s *machine.State) {
		all.Begin(s.ID, s.Legs[0].ID)
		all.Tell(s, time.Time{}, []machine.Change{
			{Kind: "leg", Text: "alice's", Side: machine.CalleeOnly}, {Kind: "decision", Text: "a rule", Side: machine.AdminOnly},
		})
		all.Message(s.Legs[0].ID,
			Message{Start: "INVITE sip:alice@x SIP/2.0", Headers: []string{"To: x"}, SDP: []byte("v=0\r\nm=audio 4000 RTP/AVP 0\r\n")})
		all.End(Of(s))
	}
	told := func() (out []string) {
		for _, who := range []string{"alice", "bob", "root"} {
			s, ok := all.Read("c", who, who == "root")
			require.True(t, ok, who)
			b, err := json.Marshal(s)
			require.NoError(t, err)
			out = append(out, string(b))
		}
		return append(out, fmt.Sprint(len(all.List(1000))))
	}
	end(storyState("c"))
	before := told()
	for i := range maxLate {
		end(storyState(machine.CallID(fmt.Sprint(i))))
	}
	require.Contains(t, all.archive.of, machine.CallID("c"))
	after := told()
	require.Equal(t, before[:3], after[:3])
	require.Equal(t, fmt.Sprint(maxLate+1), after[3])
	list := all.List(1000)
	require.Equal(t, machine.CallID("c"), list[len(list)-1].ID, "the oldest is the last")
	require.Empty(t, list[len(list)-1].Legs)
	_, ok := all.Read("c", "dave", false)
	require.False(t, ok)
}

func TestStoriesAreBounded(t *testing.T) {
	all := New()
	all.Begin("c", "c-bob")
	all.Tell(storyState("c"), time.Time{}, []machine.Change{{Kind: "call"}})
	big := Message{Start: "OPTIONS sip:x SIP/2.0", Headers: []string{strings.Repeat("x", 1000)}}
	for range maxEvents {
		all.Message("c-bob", big)
	}
	s, _ := all.Read("c", "", true)
	require.Less(t, len(s.Events), maxBytes/1000)
	require.Equal(t, maxEvents+1, len(s.Events)+s.LeftOut)

	for i := range 2 * maxCount {
		id := machine.CallID(fmt.Sprint(i))
		all.Begin(id, machine.LegID(id+"-bob"))
		all.Tell(storyState(id), time.Time{}, []machine.Change{{Kind: "call"}})
		for range 40 {
			all.Message(machine.LegID(id+"-bob"), big)
		}
		all.End(Of(storyState(id)))
	}
	require.LessOrEqual(t, len(all.ended), maxLate)
	require.LessOrEqual(t, len(all.archive.order), maxCount)
	require.Len(t, all.archive.of, len(all.archive.order))
	require.LessOrEqual(t, all.archive.bytes, maxTotal)
	require.Less(t, len(all.all), maxLate+2)
	require.Less(t, len(all.legs), 2*maxLate+3)
	_, ok := all.Read("0", "", true)
	require.False(t, ok, "the oldest is forgotten")
	last := machine.CallID(fmt.Sprint(2*maxCount - 1))
	all.Message(machine.LegID(last+"-bob"), Message{Start: "SIP/2.0 200 OK"})
	s, ok = all.Read(last, "", true)
	require.True(t, ok)
	require.True(t, slices.Contains(texts(s), "sip SIP/2.0 200 OK"))

	list := all.List(5)
	require.Len(t, list, 5)
	require.Equal(t, machine.CallID("c"), list[0].ID, "running ones first")
	require.Equal(t, last, list[1].ID)
}
