package media

import (
	"fmt"
	"testing"
)

func TestTabTalks(t *testing.T) {
	l := newLoop(t, Config{})
	for _, tcp := range []bool{false, true} {
		for _, c := range []Codec{PCMU, PCMA, G722, Opus} {
			t.Run(fmt.Sprintf("%s/tcp=%v", c, tcp), func(t *testing.T) {
				tab, states := newTab(t, l)
				phone := newDesk(t, l, c)
				tab.Hear(phone.end)
				phone.end.Hear(tab)
				p := newPage(t, pageOptions{codec: c, tcp: tcp})
				dial(t, tab, p, nil, c)
				await(t, states, TabConnected)
				if path := tab.peer.Load().path.Load(); (path.link != nil) != tcp {
					t.Errorf("the pair is over TCP: %v", path.link != nil)
				}
				p.speak(c, 'b')
				await(t, phone.heard, fmt.Sprintf("%d b", mimes[c].PayloadType))
				await(t, p.heard, fmt.Sprintf("%d p", mimes[c].PayloadType))
				tab.Close()
				await(t, states, TabClosed)
			})
		}
	}
}
