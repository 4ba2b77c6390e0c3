package sentence

import (
	"encoding/json"
	"reflect"
	"testing"
)

var table = Table{
	"device.offline": "{device} is not connected.",
	"device.lost":    "{device} is not connected any more.",
	"call.ended":     "This call has ended.",
	"limit":          "{who} called {count} times, which is the limit of {count}.",
	"problem.why":    "Nothing was changed: {why}. Try again.",
}

func TestSayAndRecognise(t *testing.T) {
	for _, said := range []Sentence{
		table.Say("call.ended"),
		table.Say("device.offline", "device", "Desk phone"),
		table.Say("device.lost", "device", "Desk {phone}"),
		table.Say("device.offline", "device", "X is not connected. Y"),
		table.Say("device.offline", "device", ""),
		table.Say("limit", "who", "Bob", "count", "3"),
		table.Say("problem.why", "why", "it is. Try again. No"),
		table.Say("problem.why", "why", table.Say("call.ended")),
	} {
		if got := table.Recognise(said.Text); !reflect.DeepEqual(got, said) {
			t.Errorf("%q is recognised as %+v, want %+v", said.Text, got, said)
		}
	}
}

func TestOfSomebodyElse(t *testing.T) {
	for _, text := range []string{
		"", "This call has ended", "This call has ended. Oh.", "Nothing was changed: why?", " is not connected",
	} {
		if got := table.Recognise(text); !got.IsZero() || got.Text != text {
			t.Errorf("%q is recognised as %+v", text, got)
		}
	}
}

// What has no code goes into another sentence as its text.
func TestTextInAnother(t *testing.T) {
	s := table.Say("problem.why", "why", Sentence{Text: "it rains"})
	if s.Text != "Nothing was changed: it rains. Try again." || s.Args["why"] != "it rains" {
		t.Errorf("%+v", s)
	}
}

func TestInAnother(t *testing.T) {
	inner := table.Say("device.offline", "device", "Desk")
	s := table.Say("problem.why", "why", inner)
	if s.Text != "Nothing was changed: Desk is not connected.. Try again." {
		t.Errorf("text %q", s.Text)
	}
	b, err := json.Marshal(struct {
		Reason string   `json:"reason"`
		Said   Sentence `json:"reasonSentence,omitzero"`
		None   Sentence `json:"noneSentence,omitzero"`
	}{"x", s, Sentence{Text: "unknown"}})
	want := `{"reason":"x","reasonSentence":{"code":"problem.why","args":` +
		`{"why":{"code":"device.offline","args":{"device":"Desk"}}}}}`
	if err != nil || string(b) != want {
		t.Errorf("json %s, %v", b, err)
	}
}
