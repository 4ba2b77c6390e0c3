package browser

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"ringsplash/directory"
	"ringsplash/gateway/machine"
)

// What people read comes with its code, beside a text that stays as it is.
func TestSentencesComeWithTheirCodes(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	b := r.loggedIn("alice", alicePassword)
	at := time.Now()
	left := machine.Words.Say("history.transferred", "whom", "Carol", "reason", machine.CauseTransferred.Sentence(machine.Caller))
	for _, reason := range []string{left.Text, "Words of another age."} {
		h := directory.HistoryEntry{Direction: "in", Start: at, End: at, Reason: reason}
		if err := r.people.AddHistory(t.Context(), "alice", h); err != nil {
			t.Fatal(err)
		}
	}
	entry := directory.EntryDraft{Display: strings.Repeat("x", 201), Addresses: []string{"sip:bob@example.test"}}
	for _, c := range []struct {
		a    answer
		want string
	}{
		{b.send("GET", "/api/v1/history?limit=0", nil), `"sentence":{"code":"problem.bad_limit"}`},
		{
			b.send("POST", directoryPath, entry),
			`"sentence":{"code":"problem.not_valid","args":{"fault":{"code":"user.long_text"}}}`,
		},
		{
			b.send("GET", "/api/v1/history", nil),
			`"reasonSentence":{"code":"history.transferred","args":{"reason":{"code":"cause.transferred"},"whom":"Carol"}}`,
		},
	} {
		if !strings.Contains(string(c.a.body), c.want) {
			t.Errorf("answered %s, want %s", c.a.body, c.want)
		}
	}
	if n := strings.Count(string(b.send("GET", "/api/v1/history", nil).body), `"reasonSentence"`); n != 1 {
		t.Errorf("%d rows have a code", n)
	}
	p, _ := b.open(nil)
	p.send(json.RawMessage(`{"type":"do","id":"1","do":"explode"}`))
	want := `"sentence":{"code":"command.bad_request","args":{"fault":{"code":"command.unknown_do"}}}`
	if m := p.reply("1"); !strings.Contains(string(m.raw), want) {
		t.Errorf("replied %s", m.raw)
	}
}
