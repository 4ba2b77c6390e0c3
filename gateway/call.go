package gateway

import (
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"runtime/debug"
	"sync"
	"time"

	"ringsplash/media"
)

// Call is one running call: a mailbox and the one goroutine that writes its
// state. What is not State is rebuilt from it: legs, ends, timers.
type Call struct {
	id  CallID
	gw  *Gateway
	log *slog.Logger
	box *Mailbox[Event]
	// payer is on whose account the call is counted. Under Gateway.mu.
	payer string

	// The rest belongs to the goroutine.
	state    State
	legs     map[LegID]Leg
	ends     map[LegID]*media.RTPEnd
	sdp      map[LegID][]byte // our last answer, repeated in the 200 after a 183
	hearing  map[LegID]heard
	owners   map[LegID]*owner
	given    map[LegID]*owner       // legs another call has now
	handed   [2]bool                // parties another call has now
	were     [2]Party               // the parties when the call was last shown
	unmutes  map[LegID]media.Unmute // the owner's un-mutes that wait for their phone
	deciding sync.WaitGroup
	timers   map[string]*time.Timer
	armed    map[string]int // how often each timer was started or stopped
	outside  string         // the user on whose account the call leaves the house
	version  uint64
	shown    [2]CallView
}

// placed is a call asked for from SIP. It becomes Begun once it is known where
// it goes.
type placed struct{ In Incoming }

func (placed) event() {}

func (g *Gateway) newCallID() CallID { return CallID(g.cfg.NewID("c")) }

func (g *Gateway) newCall(id CallID) *Call {
	return &Call{
		id: id, gw: g, log: g.log.With("call", id), box: NewMailbox[Event](),
		state: State{V: 1, ID: id, Phase: Initial},
		legs:  map[LegID]Leg{}, ends: map[LegID]*media.RTPEnd{}, sdp: map[LegID][]byte{},
		owners: map[LegID]*owner{}, given: map[LegID]*owner{}, hearing: map[LegID]heard{}, unmutes: map[LegID]media.Unmute{}, timers: map[string]*time.Timer{}, armed: map[string]int{},
	}
}

// Begin starts a call that SIP asked for. build is called once, before Begin
// returns, with the sink of the new call. When the node takes no more calls
// the leg is rejected. Begin does not block.
func (g *Gateway) Begin(build func(sink Sink) Incoming) {
	c := g.newCall(g.newCallID())
	own := &owner{}
	own.call.Store(c)
	in := build(own.post)
	if cause := g.admit(c, g.claimOf(in)); cause != "" {
		in.Leg.Reject(cause)
		g.log.Warn("call refused", "call", c.id, "cause", cause, "from", in.From.Address)
		return
	}
	g.stories.begin(c.id, in.Leg.ID())
	c.legs[in.Leg.ID()] = in.Leg
	c.owned(in.Leg.ID(), own)
	c.post(placed{in})
	go c.run()
}

func (c *Call) post(e Event) { c.box.Post(e) }

// run is the call's goroutine. A panic ends this call and no other.
func (c *Call) run() {
	defer c.gw.running.Done()
	defer c.tearDown()
	defer func() {
		if p := recover(); p != nil {
			c.log.Error("call failed by a fault of ours; it was ended", "panic", p, "stack", string(debug.Stack()))
			c.dropAll(CauseFault)
		}
	}()
	for {
		for _, e := range c.box.Take() {
			c.step(e)
		}
		if c.state.Phase == Terminated {
			return
		}
	}
}

// step takes one event through media, the machine, and back out.
func (c *Call) step(e Event) {
	if ask, ok := e.(retold); ok {
		ask.reply <- c.retell()
		return
	}
	if c.forward(e) {
		return
	}
	if due, ok := e.(ranOut); ok {
		if due.number != c.armed[due.timer] {
			return // stopped meanwhile
		}
		e = Expired{due.timer}
	}
	in := c.hear(e)
	before := c.state
	var commands []command
	c.state, commands = next(c.state, in, c.gw.cfg.Timers)
	c.gw.stories.tell(&c.state, changes(&before, &c.state, in)) // before a leg can have messages
	for _, cmd := range commands {
		c.perform(cmd)
	}
	if h, ok := e.(handover); ok && c.state.leg(h.Leg.ID) == nil {
		c.stranded(h.Party)
	}
	c.route()
	c.giveBack()
	c.publish()
	c.logChanges(&before)
}

// ranOut is Expired as a timer posts it: it may have been stopped before the
// call comes to it.
type ranOut struct {
	timer  string
	number int
}

func (ranOut) event() {}

// arm stops a timer and, if start is true, starts it anew.
func (c *Call) arm(timer string, start bool, after time.Duration) {
	if t := c.timers[timer]; t != nil {
		t.Stop()
		delete(c.timers, timer)
	}
	c.armed[timer]++
	if start {
		due := ranOut{timer, c.armed[timer]}
		c.timers[timer] = time.AfterFunc(after, func() { c.post(due) })
	}
}

// giveBack frees the media of legs that are over: a call may be long, and ports
// are few.
func (c *Call) giveBack() {
	for _, l := range c.state.Legs {
		if end := c.ends[l.ID]; end != nil && l.Stage == Gone {
			end.Close()
		}
	}
}

// logChanges writes one line for each change of the call's or a leg's state.
func (c *Call) logChanges(before *State) {
	for _, l := range c.state.Legs {
		var was Stage
		if old := before.leg(l.ID); old != nil {
			was = old.Stage
		}
		if was != l.Stage {
			c.log.Info("leg state", "leg", l.ID, "kind", l.Kind, "device", l.Device, "from", was, "to", l.Stage)
		}
	}
	if c.state.Phase == before.Phase {
		return
	}
	args := []any{"from", before.Phase, "to", c.state.Phase}
	if c.state.Phase == Terminated {
		args = append(args, "cause", c.state.Cause, "reason", c.state.Cause.sentence(Caller))
	}
	c.log.Info("call state", args...)
}

// hear turns what came in into what the machine may know: addresses resolved,
// SDP read by media.
func (c *Call) hear(e Event) input {
	in := input{Event: e, Now: time.Now()}
	var err error
	switch e := e.(type) {
	case placed:
		in.Event = c.place(e)
	case handover:
		c.takeOver(e)
		in.Event = e.Joined
	case Referred:
		in.Fresh = c.gw.newCallID()
		if e.Replaces != "" {
			in.Other = c.gw.callWith(e.Replaces)
		}
	case Refused:
		in.Redirect = c.redirects(e)
	case Rang:
		if len(e.SDP) > 0 {
			in.Sound, err = c.takeAnswer(e.Leg, e.SDP)
		}
	case Answered:
		in.Sound, err = c.takeAnswer(e.Leg, e.SDP)
		if w := c.state.Wish.Target; w != nil { // it may be elsewhere, or busy, since the caller's own phone was rung
			in.Target = c.phoneOf(c.state.Parties[Callee].User, w.Device)
		}
	case Reoffered:
		if e.Status < 300 && len(e.SDP) > 0 {
			in.Sound, err = c.takeAnswer(e.Leg, e.SDP)
		}
	case Offered:
		if end := c.ends[e.Leg]; end != nil && len(e.SDP) > 0 {
			in.Sound, err = end.TakeOffer(e.SDP)
		}
	case Asked:
		in.Other, in.Fresh, in.Again = e.Command.With, c.gw.newCallID(), LegID(c.gw.cfg.NewID("l"))
		if on := e.Command.On; on != "" && on != "browser" {
			in.Target = c.phoneOf(e.User, on)
		}
	case Expired:
		if e.Timer == watchTimer {
			in.Silent = c.silent(in.Now, c.gw.cfg.Timers.MediaLost)
		}
	case TabMedia:
		c.forgetRoutes(e.Tab)
	case Digit:
		c.passDigit(e)
	case Keyed:
		c.passKeys(e.Leg)
	}
	if err != nil {
		c.log.Warn("session description not usable", "leg", legOf(e), "err", err)
		in.Fault = faultOf(err)
	}
	return in
}

func faultOf(err error) Cause {
	switch {
	case errors.Is(err, media.ErrNoCodec), errors.Is(err, media.ErrBadSDP):
		return CauseNoCodec
	case errors.Is(err, media.ErrNoPort):
		return CauseOverload
	}
	return CauseFault
}

func legOf(e Event) LegID {
	switch e := e.(type) {
	case Rang:
		return e.Leg
	case Answered:
		return e.Leg
	case Offered:
		return e.Leg
	case Reoffered:
		return e.Leg
	case Refused:
		return e.Leg
	case Ended:
		return e.Leg
	case RefreshDue:
		return e.Leg
	case Referred:
		return e.Leg
	case Digit:
		return e.Leg
	case Keyed:
		return e.Leg
	case Faulted:
		return e.Leg
	case SplashOver:
		return e.Leg
	}
	return ""
}

func (c *Call) takeAnswer(id LegID, sdp []byte) (media.Negotiated, error) {
	end := c.ends[id]
	if end == nil {
		return media.Negotiated{}, fmt.Errorf("leg %s has no media end", id)
	}
	if l := c.state.leg(id); l != nil && l.Stage == Gone {
		return media.Negotiated{}, nil // its 2xx crossed our goodbye
	}
	return end.TakeAnswer(sdp)
}

// passDigit relays a digit that came as INFO to the other side.
func (c *Call) passDigit(e Digit) {
	l := c.state.leg(e.Leg)
	if l == nil || c.state.Phase != Established {
		return
	}
	if end := c.ends[l.ID]; end != nil && end.Gate().State() != media.GateOpen {
		return
	}
	if o := c.owners[l.ID]; o != nil && o.keys.sends() {
		return
	}
	if far := c.state.audio(l.Side.other()); far != nil {
		_ = c.keyIn(far, string(e.Digit)) // a far end without DTMF hears nothing
	}
}

func (c *Call) perform(cmd command) {
	var err error
	switch cmd := cmd.(type) {
	case invite:
		err = c.invite(cmd)
	case ring:
		c.legs[cmd.Leg].Ring(nil)
	case early:
		var sdp []byte
		if sdp, _, err = c.ends[cmd.Leg].Answer(cmd.Codecs, media.SendRecv); err == nil {
			c.sdp[cmd.Leg] = sdp
			c.legs[cmd.Leg].Ring(sdp)
		}
	case answer:
		err = c.answer(cmd)
	case answerLate:
		var sdp []byte
		if sdp, err = c.ends[cmd.Leg].Offer(cmd.Codecs, cmd.Direction); err == nil {
			c.legs[cmd.Leg].Answer(sdp)
		}
	case reject:
		if leg := c.legs[cmd.Leg]; leg != nil {
			leg.Reject(cmd.Cause)
		}
	case takeBack:
		c.legs[cmd.Leg].Cancel(cmd.Cause)
	case hangUp:
		if leg := c.legs[cmd.Leg]; leg != nil {
			leg.HangUp(cmd.Cause)
		}
	case reoffer:
		var sdp []byte
		if sdp, err = c.ends[cmd.Leg].Offer(cmd.Codecs, cmd.Direction); err == nil {
			c.legs[cmd.Leg].Reoffer(sdp)
		}
	case consult:
		c.consult(cmd)
	case tell:
		c.tell(cmd)
	case give:
		c.give(cmd)
	case report:
		if leg := c.legs[cmd.Leg]; leg != nil {
			leg.Report(cmd.Status, cmd.Phrase)
		}
	case probe:
		c.legs[cmd.Leg].Probe()
	case startTimer:
		c.arm(cmd.Timer, true, cmd.After)
	case stopTimer:
		c.arm(cmd.Timer, false, 0)
	case reply:
		c.gw.reply(cmd.ID, cmd.Err)
	case digits:
		c.gw.reply(cmd.ID, c.sendDigits(cmd))
	case decide:
		c.decide(cmd)
	case holdOthers:
		c.holdOthers(c.state.Parties[cmd.Side].User, cmd.Device)
	case shutGate, wantGate, openGate:
		c.workGate(cmd)
	case talk:
		c.legs[cmd.Leg].Talk()
	case splash:
		c.splash(cmd)
	case learn:
		c.learn(cmd)
	}
	if err != nil {
		c.log.Warn("leg failed on our side", "command", fmt.Sprintf("%T", cmd), "err", err)
		c.post(Faulted{commandLeg(cmd), faultOf(err)})
	}
}

func commandLeg(cmd command) LegID {
	switch cmd := cmd.(type) {
	case invite:
		return cmd.Target.Leg
	case early:
		return cmd.Leg
	case answer:
		return cmd.Leg
	case answerLate:
		return cmd.Leg
	case reoffer:
		return cmd.Leg
	}
	return ""
}

func (c *Call) invite(cmd invite) error {
	t := cmd.Target
	l := c.state.leg(t.Leg)
	if cause := c.mayLeave(t, l.Side); cause != "" {
		c.post(Faulted{t.Leg, cause})
		return nil
	}
	opts := media.RTPOptions{Peer: c.gw.peerOf(t), Shut: cmd.Trigger}
	if t.Trunk != "" {
		opts.Trunk = true
		opts.MediaFrom = c.gw.mediaFrom(t.Trunk)
	}
	end, err := c.gw.cfg.Media.NewRTPEnd(opts)
	if err != nil {
		return err
	}
	c.ends[t.Leg] = end
	own := c.own(t.Leg)
	own.listen(t.Leg, end)
	sdp, err := end.Offer(cmd.Codecs, cmd.Direction)
	if err != nil {
		return err
	}
	in := Invite{
		Leg: t.Leg, Binding: t.Binding, Trunk: t.Trunk, URI: t.URI,
		From: c.state.Parties[l.Side.other()].Who, To: c.state.To, Offer: sdp,
	}
	if t.Kind != TrunkLeg {
		in.From = in.From.Shown()
	}
	if cmd.Trigger {
		in.Headers = t.Profile.Headers
		if t.Profile.FromOwner {
			in.From = c.state.Parties[l.Side].Who
		}
	}
	c.legs[t.Leg] = c.gw.cfg.Dialer.Invite(in, own.post)
	return nil
}

// answer accepts a pending offer. The 200 after a 183 repeats what the 183 said
// (RFC 3261 13.2.1).
func (c *Call) answer(cmd answer) error {
	sdp, told := c.sdp[cmd.Leg]
	if !told {
		var err error
		if sdp, _, err = c.ends[cmd.Leg].Answer(cmd.Codecs, cmd.Direction); err != nil {
			return err
		}
	}
	delete(c.sdp, cmd.Leg)
	c.legs[cmd.Leg].Answer(sdp)
	return nil
}

func (c *Call) sendDigits(cmd digits) *CommandError {
	l := c.state.leg(cmd.Leg)
	if l == nil || c.end(cmd.Leg) == nil {
		return errWrongState
	}
	if err := c.keyIn(l, cmd.Digits); err != nil {
		return refuse("no_dtmf", "The other side does not understand key tones.")
	}
	return nil
}

// keyIn sends digits to a leg as telephone-events where these were negotiated,
// to an answered SIP device by INFO otherwise, and never as both.
func (c *Call) keyIn(l *LegState, digits string) error {
	end := c.end(l.ID)
	switch sip := c.legs[l.ID]; {
	case end == nil:
		return media.ErrNoDTMF
	case !end.DTMF() && sip != nil && l.Stage == Up:
		sip.Digits(digits)
		return nil
	}
	return end.SendDigits(digits)
}

// end returns the audio end of a leg, nil while a tab has none.
func (c *Call) end(id LegID) *media.End {
	if end := c.ends[id]; end != nil {
		return end.End
	}
	if l := c.state.leg(id); l != nil && l.Kind == TabLeg {
		if t := c.gw.board.tab(l.Tab); t != nil {
			return t.audio()
		}
	}
	return nil
}

// route makes who hears whom as the state says, changing only what differs.
func (c *Call) route() {
	want := routes(&c.state)
	for id := range c.hearing {
		if _, ok := want[id]; !ok {
			want[id] = heard{}
		}
	}
	for id, h := range want {
		if old, ok := c.hearing[id]; ok && old == h {
			continue
		}
		if c.point(id, h) {
			c.hearing[id] = h
		}
	}
}

// point lets one leg hear h; false when an end it needs is not there yet.
func (c *Call) point(id LegID, h heard) bool {
	var src media.Source
	switch {
	case h.Tone != "":
		src = tones[h.Tone]
	case h.Leg != "":
		from := c.end(h.Leg)
		if from == nil {
			return false
		}
		src = from
	}
	if l := c.state.leg(id); l != nil && l.Kind == TabLeg {
		t := c.gw.board.tab(l.Tab)
		return t != nil && t.hear(c.id, src)
	}
	end := c.end(id)
	if end == nil {
		return false
	}
	end.Hear(src)
	return true
}

var tones = map[toneName]media.Source{
	toneMusic: media.HoldMusic, toneSilence: media.Silence, toneRingback: media.Ringback,
}

// forgetRoutes makes route set everything again that touches the tab, whose
// end is another one now.
func (c *Call) forgetRoutes(tab TabID) {
	l := c.state.tabLeg(tab)
	if l == nil {
		return
	}
	delete(c.hearing, l.ID)
	for id, h := range c.hearing {
		if h.Leg == l.ID {
			delete(c.hearing, id)
		}
	}
}

// publish shows the call to the users among its parties, when it looks
// different from before.
func (c *Call) publish() {
	if c.state.Legs == nil {
		return
	}
	c.parted()
	var views [2]CallView
	for side := range views {
		views[side] = show(&c.state, Side(side))
	}
	if reflect.DeepEqual(views, c.shown) && c.version > 0 {
		c.gw.board.needs(c, &c.state)
		return
	}
	c.shown = views
	c.version++
	c.gw.board.publish(c, &c.state, views, c.version)
}

// dropAll hangs up every leg at once, when the state cannot be trusted.
func (c *Call) dropAll(cause Cause) {
	for _, leg := range c.legs {
		leg.HangUp(cause)
	}
	if t := c.state.Transfer; t != nil {
		c.tell(tell{t.To, JoinOver{c.id, cause}})
	}
	if c.state.Waits != "" {
		c.tell(tell{c.state.Waits, JoinFailed{c.id, cause}})
	}
	c.state.Phase, c.state.Cause = Terminated, cause
	c.publish()
}

// tearDown is the one place where a call's things are given back.
func (c *Call) tearDown() {
	defer c.deciding.Wait()
	for _, t := range c.timers {
		t.Stop()
	}
	c.gw.stories.end(c.retell())
	for id := range c.hearing {
		c.point(id, heard{})
	}
	for _, end := range c.ends {
		end.Close()
	}
	c.gw.forget(c)
	for _, e := range c.box.Close() {
		c.afterwards(e)
	}
	c.disown()
	c.gw.board.over(c.id)
	c.remember()
}

// afterwards answers what was posted too late for the loop.
func (c *Call) afterwards(e Event) {
	if c.forward(e) {
		return
	}
	if h, ok := e.(handover); ok {
		if h.dialog != nil {
			h.dialog.HangUp(CauseTransferred)
			h.end.Close()
		}
		c.stranded(h.Party)
	}
	_, commands := next(c.state, input{Event: e, Now: time.Now()}, c.gw.cfg.Timers)
	for _, cmd := range commands {
		switch cmd := cmd.(type) {
		case reply:
			c.gw.reply(cmd.ID, cmd.Err)
		case tell:
			c.tell(cmd)
		case hangUp:
			if leg := c.legs[cmd.Leg]; leg != nil {
				leg.HangUp(cmd.Cause)
			}
		case reject:
			if leg := c.legs[cmd.Leg]; leg != nil {
				leg.Reject(cmd.Cause)
			}
		}
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
		v := show(&s, Side(side))
		missed := v.Direction == "in" && s.Talking.IsZero() && s.Cause != CauseDeclined
		c.recall(p, v, v.On, missed)
	}
}
