package browser

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"ringsplash/gateway"
	"ringsplash/gateway/machine"
)

const (
	// remember is how long the reply to a command id is kept.
	remember = 10 * time.Minute
	// maxRemembered bounds the replies kept of one tab, maxWaiting the
	// commands of one tab that wait to be carried out.
	maxRemembered = 1024
	maxWaiting    = 512
	// commandWait is the longest a command may take; the gateway means to
	// answer within about a second.
	commandWait = 10 * time.Second
)

// inbox takes the commands of one tab. It carries each id out once, in the
// order of arrival, and remembers the replies; it outlives the tab's sockets.
//
// There are two queues, each with a goroutine while it has work: offer and
// candidate are on their own, so that a slow offer does not hold a hang-up back.
type inbox struct {
	base    context.Context
	log     *slog.Logger
	metrics *metrics
	running *sync.WaitGroup

	mu      sync.Mutex
	tab     Tab
	known   map[string]*taken
	order   []*taken // in the order of arrival
	ordered queue
	media   queue
	expiry  *time.Timer // runs while no socket is attached
}

// taken is one command id and what became of it.
type taken struct {
	do
	reply   []byte // nil until carried out
	done    time.Time
	waiting []*socket
}

type queue struct {
	waiting []*taken
	busy    bool // its goroutine runs
}

// take accepts a command that came over s. The reply goes to s; when the
// command was taken before, it is the first reply.
func (in *inbox) take(d do, s *socket) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if t, ok := in.known[d.ID]; ok {
		if t.reply != nil {
			s.answer(t.reply)
		} else {
			t.waiting = append(t.waiting, s)
		}
		return
	}
	q := &in.ordered
	if rules[d.Do].anyOrder {
		q = &in.media
	}
	if len(in.ordered.waiting)+len(in.media.waiting) >= maxWaiting {
		s.answer(refusal(d.ID, tooFast))
		return
	}
	in.forget(time.Now())
	t := &taken{do: d, waiting: []*socket{s}}
	in.known[d.ID] = t
	in.order = append(in.order, t)
	q.waiting = append(q.waiting, t)
	if !q.busy {
		q.busy = true
		in.running.Go(func() { in.run(q) })
	}
}

var tooFast = machine.Refuse("overload", Words.Say("command.too_fast"))

// run carries out what is in q and ends when q is empty.
func (in *inbox) run(q *queue) {
	for {
		in.mu.Lock()
		if len(q.waiting) == 0 {
			q.busy, q.waiting = false, nil
			in.mu.Unlock()
			return
		}
		t, tab := q.waiting[0], in.tab
		q.waiting = q.waiting[1:]
		in.mu.Unlock()

		answer := in.carryOut(tab, t)

		in.mu.Lock()
		t.reply, t.done = answer, time.Now()
		waiting := t.waiting
		t.waiting = nil
		t.SDP, t.Text = "", "" // only the reply is needed from here on
		in.mu.Unlock()
		for _, s := range waiting {
			s.answer(answer)
		}
	}
}

func (in *inbox) carryOut(tab Tab, t *taken) (answer []byte) {
	ctx, cancel := context.WithTimeout(in.base, commandWait)
	defer cancel()
	if ctx.Err() != nil { // shutting down: the socket that asked is gone
		return refusal(t.ID, tooFast)
	}
	if t.Do == "message" && t.Key == "" {
		t.Key = string(tab.ID()) + "/" + t.ID
	}
	result, err := safely(func() (gateway.Result, error) { return tab.Do(ctx, t.Command) })
	if err == nil {
		in.metrics.commands.WithLabelValues(t.Do, "ok").Inc()
		return encode(reply{Type: typeReply, ID: t.ID, OK: true, Result: result})
	}
	refused, known := errorOf(t.Do, err)
	if !known && in.base.Err() == nil {
		in.log.Error("a command failed", "do", t.Do, "call", t.Call, "tab", tab.ID(), "err", err)
	}
	in.metrics.commands.WithLabelValues(t.Do, refused.Code).Inc()
	return refusal(t.ID, refused)
}

// safely turns a panic into an error: one bad command must not end the node.
func safely(f func() (gateway.Result, error)) (r gateway.Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return f()
}

// forget drops replies that are old or too many, oldest first. The caller
// holds the lock.
func (in *inbox) forget(now time.Time) {
	n := 0
	for _, t := range in.order {
		if t.reply == nil || (now.Sub(t.done) < remember && len(in.order)-n < maxRemembered) {
			break
		}
		delete(in.known, t.ID)
		n++
	}
	in.order = slices.Delete(in.order, 0, n)
}

// empty tells that there is nothing worth keeping.
func (in *inbox) empty() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return len(in.order) == 0
}
