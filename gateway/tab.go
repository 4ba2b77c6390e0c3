package gateway

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"ringsplash/directory"
	"ringsplash/gateway/machine"
	"ringsplash/internal/sentence"
	"ringsplash/location"
	"ringsplash/media"
	"ringsplash/store"
)

// Resume is how a page-load chain proves that it is the tab it says.
type Resume struct {
	Tab    machine.TabID `json:"tab"`
	Secret string        `json:"secret"`
	// Page is a value the page made when it was loaded: a socket of the same
	// page replaces the tab's live one, another page gets a tab of its own.
	Page string `json:"page,omitempty"`
}

// Tab is one page-load chain of a user's softphone: a remote control, and a
// leg only while it carries media. Its methods may be called from any goroutine.
type Tab struct {
	id     machine.TabID
	secret string
	user   string
	gw     *Gateway

	offering sync.Mutex // one offer at a time

	mu         sync.Mutex
	wake       func()
	page       string
	attached   uint64 // counts sockets; 0 while none is live
	sockets    uint64
	end        *media.TabEnd
	pc         string // the page's name for the PeerConnection of end
	generation uint64
	focus      machine.CallID // the call whose audio the tab's end has
	path       media.TabState // of end, "" before it told one
	outages    int            // how often path was up
	gone       *time.Timer
	idle       *time.Timer
	silence    *time.Timer // runs while a PeerConnection is missed
	closing    sync.WaitGroup
}

// Socket is a tab with the one WebSocket that serves it now.
type Socket struct {
	*Tab
	number uint64
}

// OpenTab gives a socket its tab: the one it resumes (true), or a new one.
// wake says that Snapshot changed; it must not block. OpenTab does no I/O.
func (g *Gateway) OpenTab(user string, r Resume, wake func()) (*Socket, bool, error) {
	if _, ok := g.cfg.Directory.User(user); !ok {
		return nil, false, denied("forbidden", "command.user_gone")
	}
	if t := g.board.tab(r.Tab); t != nil && t.user == user && subtle.ConstantTimeCompare([]byte(t.secret), []byte(r.Secret)) == 1 {
		if s := t.attach(r.Page, wake); s != nil {
			g.tabCame(t)
			return s, true, nil
		}
	}
	t := &Tab{id: machine.TabID(g.cfg.NewID("t")), secret: randomID("s"), user: user, gw: g, generation: 1}
	s := t.attach(r.Page, wake)
	g.board.addTab(t)
	g.tabCame(t)
	g.later("tab record", func(ctx context.Context) error {
		text, err := json.Marshal(map[string]any{"v": 1, "node": g.cfg.Node})
		if err != nil {
			return err
		}
		_, err = g.cfg.Store.Put(ctx, t.key(), text, store.AnyVersion, 24*time.Hour)
		return err
	})
	return s, false, nil
}

func (t *Tab) key() string { return "tab/" + t.user + "/" + string(t.id) }

// tabCame lets the user's ringing calls ring in the tab.
func (g *Gateway) tabCame(t *Tab) {
	for _, c := range g.board.callsOf(t.user) {
		c.post(machine.TabCame{User: t.user, Tab: t.id, Leg: machine.LegID(g.cfg.NewID("l"))})
	}
}

// attach makes a socket the live one, unless another page holds the tab.
func (t *Tab) attach(page string, wake func()) *Socket {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.attached != 0 && (page == "" || page != t.page) {
		return nil
	}
	if t.gone != nil {
		t.gone.Stop()
		t.gone = nil
	}
	t.sockets++
	t.attached, t.page, t.wake = t.sockets, page, wake
	return &Socket{Tab: t, number: t.sockets}
}

// ID is what the page keeps, with Secret, to resume.
func (t *Tab) ID() machine.TabID { return t.id }

// Secret proves that a page is the one that had the tab.
func (t *Tab) Secret() string { return t.secret }

// Detach says that the socket is gone. The tab has Timers.TabGone to return.
func (s *Socket) Detach() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.attached != s.number {
		return
	}
	s.attached, s.wake = 0, nil
	s.gone = time.AfterFunc(s.gw.cfg.Timers.TabGone, s.Tab.remove)
}

// remove takes the tab down for good: its ringing stops, a call in it ends.
func (t *Tab) remove() {
	t.mu.Lock()
	end := t.end
	t.end = nil
	if t.gone != nil {
		t.gone.Stop()
	}
	if t.idle != nil {
		t.idle.Stop()
	}
	t.heard()
	t.mu.Unlock()
	calls := t.gw.board.callsOf(t.user)
	if !t.gw.board.removeTab(t) {
		return
	}
	for _, c := range calls {
		c.post(machine.TabGone{Tab: t.id})
	}
	if end != nil {
		end.Close()
	}
	t.closing.Wait()
}

// nudge wakes the socket.
func (t *Tab) nudge() {
	t.mu.Lock()
	wake := t.wake
	t.mu.Unlock()
	if wake != nil {
		wake()
	}
}

// audio is the tab's audio end, nil while it has no PeerConnection.
func (t *Tab) audio() *media.End {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.end == nil {
		return nil
	}
	return t.end.End
}

// hear lets the tab hear src for a call. The last call that gave it something
// to hear has the tab; another's nil changes nothing. False when there is no
// PeerConnection yet.
func (t *Tab) hear(call machine.CallID, src media.Source) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if src == nil {
		if t.focus != call {
			return true
		}
		t.focus = ""
	} else {
		t.focus = call
	}
	if t.end == nil {
		if src != nil {
			t.watchPath()
		}
		return src == nil
	}
	t.end.Hear(src)
	return true
}

// Snapshot is all parts, for this tab.
func (t *Tab) Snapshot() Snapshot {
	calls, want, counters, tabs := t.gw.board.shownTo(t)
	counters.Directory = t.gw.cfg.Directory.EntriesVersion(t.user)
	s := Snapshot{Calls: calls, Counters: counters, Presence: []PresenceView{}}
	s.Me = t.gw.me(t.user, tabs)
	s.Devices = t.gw.devices(t.user)
	for _, d := range s.Devices {
		s.Me.Interworking = s.Me.Interworking || d.Interworking
	}
	s.Media.Port, s.Media.ICEServers = t.gw.cfg.Media.WebRTCAddr().Port(), t.gw.cfg.ICEServers
	t.mu.Lock()
	defer t.mu.Unlock()
	if want != nil {
		s.Media.Want = &MediaWant{Codecs: want, Generation: t.generation}
	}
	t.watchIdle(want != nil)
	return s
}

// watchIdle closes a PeerConnection nobody has needed for a while. Under mu.
func (t *Tab) watchIdle(needed bool) {
	switch {
	case needed && t.idle != nil:
		t.idle.Stop()
		t.idle = nil
	case !needed && t.idle == nil && t.end != nil:
		end := t.end
		t.idle = time.AfterFunc(t.gw.cfg.Timers.PCIdle, func() { t.lose(end) })
	}
}

func (g *Gateway) me(user string, tabs int) MeView {
	u, _ := g.cfg.Directory.User(user)
	if u.WhileBusy == "" {
		u.WhileBusy = directory.BusyRing
	}
	notice := g.notice()
	return MeView{
		Name: user, Number: u.Number, Display: u.Display, Address: "sip:" + user + "@" + g.cfg.Domain, Tabs: tabs,
		WhileBusy: u.WhileBusy, DoNotDisturb: u.DoNotDisturb, NoticeSentence: notice, Notice: notice.Text,
	}
}

// devices lists the user's deskphones with what can be done with each now.
func (g *Gateway) devices(user string) []DeviceView {
	live := map[string]location.Binding{}
	for _, b := range g.bindings.Targets(user) {
		if _, ok := live[b.Device]; !ok {
			live[b.Device] = b
		}
	}
	out := []DeviceView{}
	owner, _ := g.cfg.Directory.User(user)
	for _, d := range g.cfg.Directory.Devices(user) {
		v := DeviceView{
			ID: d.ID, Display: d.Display, Instance: d.Instance, Interworking: d.Interworking,
			Primary: d.Primary, Profile: d.Profile, UserAgent: d.UserAgent, Fixed: owner.Fixed,
			Method: d.Learned.Method, Testing: g.tested(user, d.ID), Press: g.toPress(user, d.ID),
		}
		b, ok := live[d.ID]
		v.Live, v.UserAgent = ok, b.UserAgent
		if ok && d.Interworking {
			if p := g.profileOf(user, b); p.KeyNamed {
				v.UnmuteKey = p.UnmuteKey
			}
		}
		others, holdable := g.board.callsOn(user, d.ID, "")
		busy := len(others) > 0 && !(holdable && g.holds(user))
		switch {
		case !ok:
			v.WhySentence = Words.Say("device.offline", "device", d.Display)
		case !d.Interworking:
			v.WhySentence = noInterworking(owner.Fixed)
		case g.cfg.Policy == nil:
			v.WhySentence = Words.Say("device.not_set_up")
		case v.Testing:
			v.WhySentence = Words.Say("device.testing", "device", d.Display)
		case busy:
			v.WhySentence = Words.Say("device.busy", "device", d.Display)
		default:
			v.Answerable = true
		}
		v.Why = v.WhySentence.Text
		out = append(out, v)
	}
	return out
}

// noInterworking says why a phone does not answer at a click; fixed: only the
// administrator can change that.
func noInterworking(fixed bool) sentence.Sentence {
	if fixed {
		return Words.Say("device.interworking_fixed")
	}
	return Words.Say("device.interworking_off")
}

// Devices is the user's deskphones as his tabs see them.
func (g *Gateway) Devices(user string) []DeviceView { return g.devices(user) }

// Do carries out a command. It blocks until the call has taken it, at most
// about a second; refusals are *CommandError.
func (t *Tab) Do(ctx context.Context, c Command) (Result, error) {
	switch c.Do {
	case "call":
		return t.place(c)
	case "offer":
		return t.offer(c)
	case "candidate":
		return Result{}, t.candidate(c)
	case "dismiss":
		t.gw.board.drop(t.user, c.Call)
		return Result{}, nil
	case "seen":
		t.gw.board.seen(t.user)
		return Result{}, nil
	case "message":
		return Result{}, machine.ErrNotYet
	case "digits":
		if err := checkDigits(c.Digits); err != nil {
			return Result{}, err
		}
	}
	asked := c.ofCall()
	if asked == nil {
		return Result{}, denied("bad_request", "command.not_known")
	}
	call := t.gw.board.find(t.user, c.Call)
	if call == nil {
		return Result{}, denied("no_such_call", "command.call_over")
	}
	if c.Do == "resume" || (c.Do == "answer" || c.Do == "move") && c.On == "browser" {
		t.holdOthers(c.Call)
	}
	if c.Do == "transfer" && c.To != "" {
		if err := t.gw.mayDial(t.user, c.To); err != nil {
			return Result{}, err
		}
	}
	e := machine.Asked{User: t.user, Tab: t.id, Command: asked}
	if asked == (machine.HangUp{}) && c.RemoveGrant {
		return t.gw.hangUpAndRevoke(ctx, call, e)
	}
	return Result{}, t.gw.ask(ctx, call, e)
}

func checkDigits(text string) error {
	ok := len(text) > 0 && len(text) <= 64
	for _, r := range text {
		ok = ok && (r >= '0' && r <= '9' || r == '*' || r == '#' || r >= 'A' && r <= 'D')
	}
	if !ok {
		return denied("bad_request", "command.bad_digits")
	}
	return nil
}

// holdOthers puts the other calls in this tab on hold: one microphone, one
// conversation.
func (t *Tab) holdOthers(but machine.CallID) {
	if t.id == "" {
		return
	}
	for _, c := range t.gw.board.othersIn(t, but) {
		c.post(machine.Asked{User: t.user, Tab: t.id, Command: machine.Hold{On: true}})
	}
}

// place starts an outgoing call. What can be refused at once is an error of
// the command; what comes later ends the call with its sentence.
func (t *Tab) place(c Command) (Result, error) {
	if len(c.To) == 0 || len(c.To) > 256 {
		return Result{}, denied("bad_request", "command.enter_number")
	}
	on := t.gw.userClaim(t.user, c.To)
	if !on.urgent && t.gw.board.engaged(t.user) >= t.gw.cfg.MaxCalls {
		return Result{}, machine.Refuse("too_many_calls", machine.CauseOwnLimit.Sentence(machine.Caller))
	}
	call := t.gw.newCall(t.gw.newCallID())
	begun := call.dial(t, c)
	switch cause := begun.Cause; {
	case cause != "":
		return Result{}, machine.Refuse(commandCode(cause), cause.Sentence(machine.Caller))
	case c.Intercom && begun.Callee.User == "":
		return Result{}, denied("not_available", "command.intercom_outside")
	case c.Intercom && begun.Callee.User == t.user: // it would open his own phone without the right to
		return Result{}, denied("not_available", "command.intercom_own")
	}
	if cause := t.gw.admit(call, on); cause != "" {
		return Result{}, machine.Refuse(commandCode(cause), cause.Sentence(machine.Caller))
	}
	if c.From == "" || c.From == "browser" {
		t.holdOthers(call.id)
	}
	t.gw.stories.Begin(call.id, "")
	call.post(begun)
	go call.run()
	return Result{Call: call.id}, nil
}

func commandCode(c machine.Cause) string {
	switch c {
	case machine.CauseUnknown:
		return "not_found"
	case machine.CauseTrunkDown:
		return "trunk_down"
	case machine.CauseOverload, machine.CauseShuttingDown:
		return "overload"
	case machine.CauseBusy, machine.CauseOwnLimit, machine.CauseOutsideLimit:
		return "too_many_calls"
	case machine.CauseOffline:
		return "device_offline"
	case machine.CauseForbidden:
		return "forbidden"
	}
	return "fault"
}

// offer answers the page's offer: for its present PeerConnection, or for a new
// one that replaces it.
func (t *Tab) offer(c Command) (Result, error) {
	t.offering.Lock()
	defer t.offering.Unlock()
	t.mu.Lock()
	end, known := t.end, t.end != nil && t.pc == c.PC
	t.mu.Unlock()
	if !known {
		var err error
		if end, err = t.newEnd(c.PC, end); err != nil {
			return Result{}, err
		}
	}
	sdp, err := end.TakeOffer(c.SDP, offeredCodecs(c.Codecs))
	switch {
	case errors.Is(err, media.ErrNoCodec):
		return Result{}, denied("no_codec", "command.no_codec")
	case errors.Is(err, media.ErrBadSDP):
		return Result{}, denied("bad_sdp", "command.bad_offer")
	case err != nil:
		t.gw.log.Warn("tab's offer failed", "tab", t.id, "err", err)
		return Result{}, denied("fault", "command.sound_fault")
	}
	return Result{SDP: sdp}, nil
}

// newEnd replaces the tab's end and points the calls to the new one.
func (t *Tab) newEnd(pc string, old *media.TabEnd) (*media.TabEnd, error) {
	var self atomic.Pointer[media.TabEnd]
	end, err := t.gw.cfg.Media.NewTabEnd(func(s media.TabState) {
		t.pathChanged(self.Load(), s)
		if s == media.TabFailed || s == media.TabClosed {
			t.lose(self.Load())
		}
	})
	if err != nil {
		return nil, denied("overload", "command.no_room_for_sound")
	}
	self.Store(end)
	t.mu.Lock()
	t.end, t.pc, t.focus, t.path = end, pc, "", ""
	t.watchPath()
	t.mu.Unlock()
	if old != nil {
		old.Close()
	}
	for _, c := range t.gw.board.callsOf(t.user) {
		c.post(machine.TabMedia{Tab: t.id})
	}
	return end, nil
}

// lose drops an end whose other side is gone; the page makes a new one.
func (t *Tab) lose(end *media.TabEnd) {
	t.mu.Lock()
	if t.end != end || end == nil {
		t.mu.Unlock()
		return
	}
	t.end, t.pc, t.focus, t.idle, t.path = nil, "", "", nil, ""
	t.generation++
	t.closing.Add(1)
	t.mu.Unlock()
	go func() { // not on the media path's own goroutine, which Close waits for
		defer t.closing.Done()
		end.Close()
	}()
	for _, c := range t.gw.board.callsOf(t.user) {
		c.post(machine.TabMedia{Tab: t.id})
	}
	t.nudge()
}

func offeredCodecs(names []string) []media.Codec {
	all := []media.Codec{media.Opus, media.G722, media.PCMU, media.PCMA}
	var out []media.Codec
	for _, n := range names {
		if slices.Contains(all, media.Codec(n)) && !slices.Contains(out, media.Codec(n)) {
			out = append(out, media.Codec(n))
		}
	}
	if len(out) == 0 {
		return all
	}
	return out
}

func (t *Tab) candidate(c Command) error {
	t.mu.Lock()
	end, same := t.end, t.pc == c.PC
	t.mu.Unlock()
	if end == nil || !same || c.Candidate == "" {
		return nil // of a connection that was replaced meanwhile
	}
	if err := end.AddCandidate(c.Candidate); err != nil {
		return denied("bad_request", "command.bad_candidate")
	}
	return nil
}
