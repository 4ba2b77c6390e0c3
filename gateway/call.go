package gateway

import (
	"context"
	"log/slog"
	"reflect"
	"runtime/debug"
	"sync"
	"time"

	"ringsplash/gateway/machine"
	"ringsplash/internal/mailbox"
	"ringsplash/internal/throttle"
	"ringsplash/media"
)

// Call is one running call: a mailbox and the one goroutine that writes its
// state. What is not State is rebuilt from it: legs, ends, timers.
type Call struct {
	id  machine.CallID
	gw  *Gateway
	log *slog.Logger
	box *mailbox.Box[machine.Event]
	// payer is on whose account the call is counted. Under Gateway.mu.
	payer string
	// rings is the user whom this call of a stranger rings, "" once it does not.
	// Under Gateway.mu.
	rings string
	// standing is that of who began it; stranger is his address when nothing else
	// is known of him, else "".
	standing standing
	stranger string

	// The rest belongs to the goroutine.
	state     machine.State
	legs      map[machine.LegID]*liveLeg
	handed    [2]bool          // parties another call has now
	were      [2]machine.Party // the parties when the call was last shown
	deciding  sync.WaitGroup
	timers    map[string]*time.Timer
	armed     map[string]int // how often each timer was started or stopped
	outside   string         // the user on whose account the call leaves the house
	soundless outage         // the missing sound that was told last
	version   uint64
	caller    uint64 // the version since which the called side sees who calls now
	noted     []byte // the record of the call in the store, nil for none
	shown     [2]machine.CallView
	names     [2]string // the addresses whose names were asked for
	calls     machine.PeerView
}

// liveLeg is what the call has of one leg beside its state. It goes to another
// call whole.
type liveLeg struct {
	dialog Leg            // nil of a tab
	end    *media.RTPEnd  // nil of a tab
	sdp    []byte         // our last answer, repeated in the 200 after a 183
	hears  *machine.Heard // what it was pointed at, nil for nothing yet
	unmute media.Unmute   // its owner's, which waits for the phone
	owner  *owner         // nil of a tab
	given  *owner         // another call has the leg now
}

// live is the live part of a leg, made when there is none.
func (c *Call) live(id machine.LegID) *liveLeg {
	l := c.legs[id]
	if l == nil {
		l = &liveLeg{}
		c.legs[id] = l
	}
	return l
}

// placed is a call asked for from SIP. It becomes Begun once it is known where
// it goes.
type placed struct{ In Incoming }

func newCallID() machine.CallID { return machine.CallID(randomID("c")) }
func newLegID() machine.LegID   { return machine.LegID(randomID("l")) }

func (g *Gateway) newCall(id machine.CallID) *Call {
	return &Call{
		id: id, gw: g, log: g.log.With("call", id), box: mailbox.New[machine.Event](), standing: ourUser,
		state: machine.State{V: 1, ID: id, Phase: machine.Initial},
		legs:  map[machine.LegID]*liveLeg{}, timers: map[string]*time.Timer{}, armed: map[string]int{},
	}
}

// Begin starts a call that SIP asked for. build is called once, before Begin
// returns, with the sink of the new call. When the node takes no more calls
// the leg is rejected. Begin does not block.
func (g *Gateway) Begin(build func(sink Sink) Incoming) {
	c := g.newCall(newCallID())
	own := &owner{}
	own.call.Store(c)
	in := build(own.post)
	if c.standing = standingOf(in.From); c.standing == aStranger {
		c.stranger = throttle.SourceOf(in.Source.Addr()).String()
	}
	if cause := g.admit(c, g.claimOf(in)); cause != "" {
		in.Leg.Reject(cause)
		g.refusedAt(c, in, cause)
		return
	}
	g.stories.Begin(c.id, in.Leg.ID())
	c.live(in.Leg.ID()).dialog = in.Leg
	c.owned(in.Leg.ID(), own)
	c.post(placed{in})
	go c.run()
}

func (c *Call) post(e machine.Event) { c.box.Post(e) }

// run is the call's goroutine. A panic ends this call and no other.
func (c *Call) run() {
	defer c.gw.running.Done()
	defer c.tearDown()
	defer func() {
		if p := recover(); p != nil {
			c.log.Error("call failed by a fault of ours; it was ended", "panic", p, "stack", string(debug.Stack()))
			c.dropAll(machine.CauseFault)
		}
	}()
	for {
		for _, e := range c.box.Take() {
			c.step(e)
		}
		if c.state.Phase == machine.Terminated {
			return
		}
	}
}

// step takes one event through media, the machine, and back out.
func (c *Call) step(e machine.Event) {
	if c.forward(e) {
		return
	}
	switch got := e.(type) {
	case retold:
		got.reply <- c.retell()
		return
	case ranOut:
		if got.number != c.armed[got.timer] {
			return // stopped meanwhile
		}
		e = machine.Expired{Timer: got.timer}
	case machine.Kept:
		if own := c.live(got.LegID).owner; own != nil {
			own.goodbye = got.Goodbye
		}
		c.note()
		return
	}
	in := c.hear(e)
	before := c.state
	var commands []machine.Effect
	c.state, commands = machine.Next(c.state, in, c.gw.cfg.Timers.Limits)
	c.gw.stories.Tell(&c.state, in.Now, machine.Changes(&before, &c.state, in)) // before a leg can have messages
	if p := c.state.Phase; p != before.Phase && (p == machine.Established || p == machine.Terminated) {
		c.gw.ringsNoMore(c) // before the caller hears of it, and may ask anew
	}
	for _, cmd := range commands {
		c.perform(cmd)
	}
	if h, ok := e.(handover); ok && c.state.Leg(h.Leg.ID) == nil {
		c.stranded(h.Party)
	}
	c.route()
	c.giveBack()
	c.nameParties()
	c.publish()
	c.note()
	c.logChanges(&before)
}

// giveBack frees the media of legs that are over: a call may be long, and ports
// are few.
func (c *Call) giveBack() {
	for _, l := range c.state.Legs {
		if end := c.live(l.ID).end; end != nil && l.Stage == machine.Gone {
			end.Close()
		}
	}
}

// logChanges writes one line for each change of the call's or a leg's state.
func (c *Call) logChanges(before *machine.State) {
	for _, l := range c.state.Legs {
		var was machine.Stage
		if old := before.Leg(l.ID); old != nil {
			was = old.Stage
		}
		if was != l.Stage {
			c.log.Log(context.Background(), c.level(), "leg state", "leg", l.ID, "kind", l.Kind, "device", l.Device, "from", was, "to",
				l.Stage)
		}
	}
	if c.state.Phase == before.Phase {
		return
	}
	args := []any{"from", before.Phase, "to", c.state.Phase}
	if c.state.Phase == machine.Terminated && c.level() < slog.LevelInfo {
		c.gw.tally.add(slog.LevelInfo, "calls of strangers ended unanswered", c.state.Cause, "source", c.stranger, "to", c.state.To,
			"call", c.id)
	}
	if c.state.Phase == machine.Terminated {
		args = append(args, "cause", c.state.Cause, "reason", c.state.Cause.Sentence(machine.Caller).Text)
	}
	c.log.Log(context.Background(), c.level(), "call state", args...)
}

// level is how loud the call's ordinary lines are: of strangers there may be
// very many, so they are counted until somebody answers.
func (c *Call) level() slog.Level {
	if c.stranger != "" && c.state.Talking.IsZero() {
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// publish shows the call to the users among its parties, when it looks
// different from before.
func (c *Call) publish() {
	if c.state.Legs == nil {
		return
	}
	c.parted()
	var views [2]machine.CallView
	for side := range views {
		views[side] = machine.View(&c.state, machine.Side(side))
	}
	if reflect.DeepEqual(views, c.shown) && c.version > 0 {
		c.gw.board.needs(c, &c.state)
		return
	}
	c.version++
	if who := machine.PeerOf(c.state.Parties[machine.Caller].Who); who != c.calls { // whatever name it is shown with
		c.caller, c.calls = c.version, who
	}
	c.shown = views
	c.gw.board.publish(c, &c.state, views, c.version)
}

// dropAll hangs up every leg at once, when the state cannot be trusted.
func (c *Call) dropAll(cause machine.Cause) {
	for _, l := range c.legs {
		if l.dialog != nil {
			l.dialog.HangUp(cause)
		}
	}
	if t := c.state.Transfer; t != nil {
		c.tell(machine.Tell{To: t.To, Event: machine.JoinOver{From: c.id, Cause: cause}})
	}
	if c.state.Waits != "" {
		c.tell(machine.Tell{To: c.state.Waits, Event: machine.JoinFailed{Call: c.id, Cause: cause}})
	}
	c.state.Phase, c.state.Cause = machine.Terminated, cause
	c.publish()
}

// tearDown is the one place where a call's things are given back.
func (c *Call) tearDown() {
	defer c.deciding.Wait()
	for _, t := range c.timers {
		t.Stop()
	}
	c.gw.stories.End(c.retell())
	for id, l := range c.legs {
		if l.hears != nil {
			c.point(id, machine.Heard{})
		}
	}
	for _, l := range c.legs { // when nobody hears them any more
		if l.end != nil {
			l.end.Close()
		}
	}
	c.gw.forget(c)
	for _, e := range c.box.Close() {
		c.afterwards(e)
	}
	c.disown()
	c.unnote()
	c.gw.board.over(c.id)
	c.remember()
}

// afterwards answers what was posted too late for the loop.
func (c *Call) afterwards(e machine.Event) {
	if c.forward(e) {
		return
	}
	if h, ok := e.(handover); ok {
		if h.live.dialog != nil {
			h.live.dialog.HangUp(machine.CauseTransferred)
			h.live.end.Close()
		}
		c.stranded(h.Party)
	}
	_, commands := machine.Next(c.state, machine.Input{Event: e, Now: time.Now()}, c.gw.cfg.Timers.Limits)
	for _, cmd := range commands {
		c.perform(cmd)
	}
}

// remember writes the call into the history of the users among its parties; of
// one who was transferred away the other call does.
func (c *Call) remember() {
	s := c.state
	if s.Began.IsZero() {
		return
	}
	for side, p := range s.Parties {
		if p.User == "" || c.handed[side] {
			continue
		}
		v := machine.View(&s, machine.Side(side))
		missed := v.Direction == "in" && s.Talking.IsZero() && s.Cause != machine.CauseDeclined && s.Cause != machine.CauseElsewhere
		c.keepRow(p, v, v.On, missed)
	}
}

// ranOut is Expired as a timer posts it: it may have been stopped before the
// call comes to it.
type ranOut struct {
	timer  string
	number int
}

// arm stops a timer and, if start is true, starts it anew.
func (c *Call) arm(timer string, start bool, after time.Duration) {
	stop(c.timers[timer])
	delete(c.timers, timer)
	c.armed[timer]++
	if start {
		due := ranOut{timer, c.armed[timer]}
		c.timers[timer] = time.AfterFunc(after, func() { c.post(due) })
	}
}

// stop ends a timer that may never have run.
func stop(t *time.Timer) {
	if t != nil {
		t.Stop()
	}
}
