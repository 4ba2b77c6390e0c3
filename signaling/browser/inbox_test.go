package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ringsplash/gateway"
	"ringsplash/gateway/machine"
)

// newInbox is an inbox whose tab does what do says, and a socket that takes
// the replies.
func newInbox(t *testing.T, do func(context.Context) gateway.Result) (*inbox, func() *socket) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	gw := newPlayedGateway()
	gw.play(func(ctx context.Context, _ *playedTab, _ gateway.Command) (gateway.Result, error) {
		return do(ctx), nil
	})
	var running sync.WaitGroup
	t.Cleanup(func() { cancel(); running.Wait() })
	srv := &Server{log: slog.New(slog.DiscardHandler), conf: Config{CommandRate: 1, CommandBurst: 1}}
	in := &inbox{
		base: ctx, log: srv.log, metrics: newMetrics(newSockets(1)), running: &running, tab: &playedTab{gw: gw, id: "t_1"},
		known: map[string]*taken{},
	}
	return in, func() *socket {
		k := srv.newSocket(login{}, "")
		t.Cleanup(k.cancel)
		return k
	}
}

func take(t *testing.T, in *inbox, k *socket, id int) reply {
	t.Helper()
	in.take(do{ID: fmt.Sprint(id), Command: command("hangup")}, k)
	var r reply
	if err := json.Unmarshal(wait(t, k.replies), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestInboxForgets(t *testing.T) {
	t.Parallel()
	var done atomic.Int32
	in, newSocket := newInbox(t, func(context.Context) gateway.Result {
		return gateway.Result{Call: machine.CallID(fmt.Sprint(done.Add(1)))}
	})
	k := newSocket()
	for id := range maxRemembered + 100 {
		take(t, in, k, id)
	}
	if len(in.known) > maxRemembered || len(in.order) > maxRemembered {
		t.Errorf("%d replies are kept", len(in.known))
	}
	before := done.Load()
	if take(t, in, k, maxRemembered+99); done.Load() != before {
		t.Error("a reply just given was forgotten")
	}
	if take(t, in, k, 0); done.Load() != before+1 {
		t.Error("the oldest reply was not forgotten")
	}
	// Ten minutes later all are old.
	in.mu.Lock()
	for _, e := range in.order {
		e.done = e.done.Add(-remember)
	}
	in.mu.Unlock()
	take(t, in, k, 5000)
	if len(in.known) != 1 || len(in.order) != 1 {
		t.Errorf("%d old replies are kept", len(in.known)-1)
	}
}

func TestInboxIsBounded(t *testing.T) {
	t.Parallel()
	entered := make(chan struct{}, 1)
	in, newSocket := newInbox(t, func(ctx context.Context) gateway.Result {
		entered <- struct{}{}
		<-ctx.Done()
		return gateway.Result{}
	})
	in.take(do{ID: "first", Command: command("hangup")}, newSocket())
	wait(t, entered)
	var k *socket
	for id := range maxWaiting { // over several sockets, each of which waits for a few
		if id%100 == 0 {
			k = newSocket()
		}
		in.take(do{ID: fmt.Sprint(id), Command: command("hangup")}, k)
		if len(k.replies) != 0 {
			t.Fatalf("%d was refused", id)
		}
	}
	if r := take(t, in, newSocket(), maxWaiting); r.Error == nil || r.Error.Code != "overload" {
		t.Errorf("one too many: %+v", r)
	}
}

// The inbox of a tab without a socket goes when nobody can ask for its replies.
func TestInboxesGo(t *testing.T) {
	t.Parallel()
	in, newSocket := newInbox(t, func(context.Context) gateway.Result { return gateway.Result{} })
	ss := newSockets(1)
	k := newSocket()
	ss.attach(k, in.tab, func() *inbox { return in })
	ss.detach(k, "t_1")
	if len(ss.inboxes) != 0 {
		t.Error("an empty inbox is kept")
	}
	ss.attach(k, in.tab, func() *inbox { return in })
	take(t, in, k, 1)
	ss.detach(k, "t_1")
	if ss.inboxes["t_1"] != in || in.expiry == nil {
		t.Fatal("an inbox with replies is not kept")
	}
	if again := ss.attach(newSocket(), in.tab, nil); again != in || in.expiry != nil {
		t.Error("a resumed tab has another inbox")
	}
	ss.drop("t_1", in) // the timer was just too late to be stopped
	if ss.inboxes["t_1"] != in {
		t.Error("the inbox of a tab in use was dropped")
	}
	ss.detach(ss.holder("t_1"), "t_1")
	in.expiry.Reset(time.Nanosecond)
	eventually(t, "it is dropped", func() bool { ss.mu.Lock(); defer ss.mu.Unlock(); return len(ss.inboxes) == 0 })
}
