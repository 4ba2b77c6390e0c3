package browser

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"ringsplash/gateway/machine"
)

// Of a message over the limit little is read once it is refused.
func TestTooLongIsNotReadToItsEnd(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	p, m := r.loggedIn("alice", alicePassword).open(nil)
	tab := r.gw.tab(t)
	k := r.srv.sockets.holder(m.Tab.ID)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	w, err := p.conn.Writer(ctx, websocket.MessageText)
	if err != nil {
		t.Fatal(err)
	}
	const whole = 64 << 20
	sent := 0
	for chunk := []byte(strings.Repeat(" ", 64<<10)); err == nil && sent < whole; sent += len(chunk) {
		_, err = w.Write(chunk)
	}
	if err == nil || ctx.Err() != nil {
		t.Errorf("the gateway took %d MiB: %v", sent>>20, ctx.Err())
	}
	wait(t, tab.detached)
	if read := maxAfterEnd - k.wire.left.Load(); read > 4<<20 {
		t.Errorf("%d bytes were read after the refusal", read)
	}
	if text := r.log.String(); !strings.Contains(text, "a tab broke the protocol") {
		t.Errorf("no word of it in the log: %s", text)
	}
}

// A state that changes all the time leaves no faster than a tab reads it, and
// than anybody could see.
func TestLongStatesArePaced(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	p, _ := r.loggedIn("alice", alicePassword).open(nil)
	tab := r.gw.tab(t)
	const changes = 2000
	calls := make([]machine.CallView, 30)
	for i := range calls {
		calls[i] = machine.CallView{ID: machine.CallID(fmt.Sprint("c_", i)), Version: 1, Direction: "in", State: "ended"}
	}
	began := time.Now()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := 1; i <= changes; i++ {
			tab.show(func(s *snapshot) {
				s.Calls = append([]machine.CallView(nil), calls...)
				s.Calls[0].Version = uint64(i)
			})
		}
	}()
	p.do("1", command("hangup")) // the tab is answered meanwhile
	states, replied := 0, false
	for last := uint64(0); last != changes || !replied; {
		if m := p.read(); m.Type == typeReply {
			replied = true
		} else {
			states++
			last = m.Calls[0].Version
		}
	}
	<-done
	if most := 2 + int(time.Since(began)*statePace/time.Second)/longState; states > most {
		t.Errorf("%d states left for %d changes, not %d at most", states, changes, most)
	}
}
