package gateway

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"ringsplash/gateway/machine"
	"ringsplash/internal/sentence"
	"ringsplash/media/sdp"
	"ringsplash/policy"
)

// fakePolicy decides as it is told and notes what it was asked.
type fakePolicy struct {
	mu     sync.Mutex
	answer policy.Decision
	asked  []policy.Question
	// revoked are the grants taken back: owner, grant, requester.
	revoked []string
	unmuted []policy.Unmute
}

func (f *fakePolicy) Unmuted(u policy.Unmute) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.unmuted = append(f.unmuted, u)
}

func (f *fakePolicy) Revoke(_ context.Context, owner, grant string, requester policy.Identity) (policy.Revocation, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.revoked = append(f.revoked, owner, grant, requester.Address)
	return policy.Revocation{Group: policy.Group(grant)}, nil
}

func (f *fakePolicy) Decide(_ context.Context, q policy.Question) policy.Decision {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, q)
	return f.answer
}

// Bob's tab asks alice's phone to answer by itself: her tabs see at once who
// and why, and hanging up takes the grant back.
func TestIntercom(t *testing.T) {
	p := &fakePolicy{answer: policy.Decision{
		Allow: true, Grant: "friends",
		Reason: sentence.Sentence{Text: "The requester is on the friends list."},
	}}
	w := newWorkbench(t, func(c *Config) { c.Policy = p })
	w.register("alice", "desk", "urn:uuid:a")
	must(t, w.interwork("alice", "desk"))
	tab, news := w.openTab("alice", Resume{})
	bob, _ := w.openTab("bob", Resume{})
	r, err := bob.Do(context.Background(), Command{Do: "call", To: "alice", Intercom: true})
	must(t, err)
	phone := w.dial.next(t)
	if len(phone.in.Headers) == 0 {
		t.Fatal("the INVITE carries no trigger")
	}
	if q := p.asked[0]; q.Kind != policy.Intercom || q.Requester.User != "bob" || q.Owner != "alice" || q.Device != "desk" {
		t.Errorf("asked %+v", q)
	}
	w.answer(phone, "PCMU")
	snap := w.sees(tab, news, "the automatic answer", func(s Snapshot) bool { return len(s.Calls) == 1 && s.Calls[0].Auto != nil })
	auto := *snap.Calls[0].Auto
	if auto.Kind != policy.Intercom || auto.Grant != "friends" || auto.Reason == "" || auto.By.Address != "sip:bob@example.test" ||
		!auto.By.Verified {
		t.Errorf("auto %+v", auto)
	}
	if his := bob.Snapshot(); his.Calls[0].Auto != nil {
		t.Error("the requester is told of the owner's automatic answer")
	}
	got, err := tab.Do(context.Background(), Command{Do: "hangup", Call: r.Call, RemoveGrant: true})
	must(t, err)
	if !strings.Contains(got.Said, "friends") || strings.Join(p.revoked, " ") != "alice friends sip:bob@example.test" {
		t.Errorf("said %q, revoked %v", got.Said, p.revoked)
	}
	phone.waits(t, "hangup hang_up")
}

func TestIntercomDeniedRings(t *testing.T) {
	w := newWorkbench(t, func(c *Config) {
		c.Policy = &fakePolicy{answer: policy.Decision{Reason: sentence.Sentence{Text: "no"}}}
	})
	w.register("alice", "desk", "urn:uuid:a")
	must(t, w.interwork("alice", "desk"))
	bob, news := w.openTab("bob", Resume{})
	r, err := bob.Do(context.Background(), Command{Do: "call", To: "alice", Intercom: true})
	must(t, err)
	phone := w.dial.next(t)
	if len(phone.in.Headers) != 0 {
		t.Fatalf("a denied intercom sent a trigger: %v", phone.in.Headers)
	}
	w.answer(phone, "PCMU")
	snap := w.sees(bob, news, "the call", inState("connected"))
	if snap.Calls[0].Auto != nil {
		t.Error("an answer by hand is shown as automatic")
	}
	// There is no grant to remove; the call goes on.
	var refused *machine.CommandError
	_, err = bob.Do(context.Background(), Command{Do: "hangup", Call: r.Call, RemoveGrant: true})
	if !errors.As(err, &refused) || refused.Code != "wrong_state" {
		t.Errorf("removeGrant without a grant: %v", err)
	}
	w.sees(bob, news, "the call going on", inState("connected"))
}

func TestIntercomStaysInside(t *testing.T) {
	w := newWorkbench(t, nil)
	bob, _ := w.openTab("bob", Resume{})
	var refused *machine.CommandError
	if _, err := bob.Do(context.Background(), Command{Do: "call", To: "01234", Intercom: true}); !errors.As(err, &refused) ||
		refused.Code != "not_available" {
		t.Errorf("intercom to a trunk: %v", err)
	}
	// To oneself it would be an answer without the right to one.
	w.register("bob", "lab", "urn:uuid:b")
	if _, err := bob.Do(t.Context(), Command{Do: "call", To: "bob", Intercom: true}); !errors.As(err, &refused) ||
		refused.Code != "not_available" {
		t.Errorf("intercom to oneself: %v", err)
	}
}

// While the caller's own phone is rung the one he asks for moves, or gets into
// another call: what counts is where it is when it is asked.
func TestIntercomFindsThePhoneAnew(t *testing.T) {
	for _, busy := range []bool{false, true} {
		w := newWorkbench(t, func(c *Config) {
			c.Policy = &fakePolicy{answer: policy.Decision{Allow: true, Grant: "friends"}}
		})
		w.register("alice", "desk", "urn:uuid:a")
		w.register("bob", "desk", "urn:uuid:b")
		must(t, w.interwork("alice", "desk"))
		alice, news := w.openTab("alice", Resume{})
		bob, _ := w.openTab("bob", Resume{})
		_, err := bob.Do(context.Background(), Command{Do: "call", To: "alice", From: "desk", Intercom: true})
		must(t, err)
		own := w.dial.next(t)
		if busy {
			_, _ = w.incoming("sip:alice@example.test", sdp.PCMU)
			w.answer(w.dial.next(t), sdp.PCMU)
			w.sees(alice, news, "the other call", func(s Snapshot) bool {
				return slices.ContainsFunc(s.Calls, func(v machine.CallView) bool { return v.State == "connected" })
			})
		}
		moved := w.bind.Of("alice")[0]
		moved.Contact = "sip:alice@127.0.0.1:5099"
		must(t, w.bind.Put(context.Background(), moved))
		w.answer(own, sdp.PCMU)
		if phone := w.dial.next(t); phone.in.Binding.Contact != moved.Contact || busy == (len(phone.in.Headers) > 0) {
			t.Errorf("busy %v: asked %+v with %v", busy, phone.in.Binding, phone.in.Headers)
		}
	}
}
