package browser

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"ringsplash/directory"
	"ringsplash/gateway/machine"
	"ringsplash/gateway/story"
)

// TestStory: a call is told to its owner and the administrator, to nobody else;
// all calls to the administrator only.
func TestStory(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	sent := true
	r.gw.story = story.Story{
		ID: "c_1", State: "connected", Began: time.Unix(1, 0), From: machine.PeerView{Address: "sip:bob@example.test"},
		Legs: []story.Leg{{
			ID: "l_1", Side: "callee", Kind: machine.PhoneLeg, Stage: machine.Up,
			Media: &story.MediaCounters{Received: 7},
		}},
		Events: []story.Event{
			{At: time.Unix(1, 0), Kind: "call", Text: "ringing"},
			{
				At: time.Unix(2, 0), Kind: "sip", Leg: "l_1", Text: "INVITE sip:alice@example.test SIP/2.0", Sent: &sent,
				Headers: []string{"Max-Forwards: 70"},
			},
		},
	}
	for name, admin := range map[string]bool{"root": true, "bert": false} {
		if err := r.people.Put(t.Context(),
			directory.NewUser{User: directory.User{Name: name, Admin: admin}, Password: "long enough"}); err != nil {
			t.Fatal(err)
		}
	}
	alice, root, bert := r.loggedIn("alice", alicePassword), r.loggedIn("root", "long enough"), r.loggedIn("bert", "long enough")
	for _, b := range []*browserClient{alice, root} {
		a := b.send("GET", "/api/v1/calls/c_1", nil)
		if a.status != http.StatusOK || !strings.Contains(string(a.body), `"at":"1970-01-01T00:00:02.000Z"`) ||
			!strings.Contains(string(a.body), `"received":7`) {
			t.Errorf("%d %s", a.status, a.body)
		}
	}
	for path, b := range map[string]*browserClient{"/api/v1/calls/c_1": bert, "/api/v1/calls/c_2": alice} {
		if a := b.send("GET", path, nil); a.status != http.StatusNotFound {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	if a := alice.send("GET", "/api/v1/calls", nil); a.status != http.StatusForbidden {
		t.Errorf("all calls for a user: %d", a.status)
	}
	if a := root.send("GET", "/api/v1/calls?limit=2", nil); a.status != http.StatusOK || len(a.json["calls"].([]any)) != 2 ||
		strings.Contains(string(a.body), "INVITE") {
		t.Errorf("all calls: %d %s", a.status, a.body)
	}
	if a := root.send("GET", "/api/v1/calls?limit=0", nil); a.status != http.StatusBadRequest {
		t.Errorf("limit 0: %d", a.status)
	}
}
