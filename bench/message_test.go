package bench

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"ringsplash/test/rig"
)

const (
	writers = 10
	// eachWrites is how many messages a user may write at once.
	eachWrites = 30
)

// BenchmarkMessage is how long a message takes from one tab to another: from the
// command to the state that shows it, both copies in the embedded store between.
func BenchmarkMessage(b *testing.B) {
	var names []string
	for i := range writers {
		names = append(names, fmt.Sprint("writer", i))
	}
	g := &rig.Gateway{HTTP: startNode(b, names...).HTTP()}
	shown := make(chan string, 1)
	reader := g.LogIn(b, rig.User{Name: "alice"}).OpenTab(b)
	reader.Follow("conversations", func(part json.RawMessage) {
		var list []struct {
			Last struct {
				Text string `json:"text"`
			} `json:"last"`
		}
		if json.Unmarshal(part, &list) == nil && len(list) > 0 {
			select {
			case shown <- list[0].Last.Text:
			default: // nobody waits
			}
		}
	})
	var took []time.Duration
	for _, name := range names {
		tab := g.LogIn(b, rig.User{Name: name}).OpenTab(b)
		for i := range eachWrites {
			if len(took) == b.N {
				break
			}
			text := fmt.Sprint(name, " ", i)
			began := time.Now()
			tab.Order("message", "to", "alice", "text", text)
			for got := ""; got != text; got = await(b, shown, "the message in the other tab") {
			}
			took = append(took, time.Since(began))
		}
	}
	report(b, "message", took)
}
