package gateway

import (
	"cmp"
	"context"
	"time"

	"ringsplash/directory"
	"ringsplash/gateway/machine"
	"ringsplash/gateway/profile"
	"ringsplash/internal/mailbox"
	"ringsplash/internal/sentence"
	"ringsplash/media"
	"ringsplash/media/sdp"
	"ringsplash/policy"
)

// PhoneTest is what Test my deskphone found out.
type PhoneTest struct {
	Device string `json:"device"`
	// Worked is the method that made the phone answer by itself and is kept
	// for it, nil for none.
	Worked *string       `json:"worked"`
	Tried  []TriedMethod `json:"tried"`
	// Said is the outcome in words, with what to do next.
	Said         string            `json:"said"`
	SaidSentence sentence.Sentence `json:"saidSentence,omitzero"`
}

func (t *PhoneTest) say(s sentence.Sentence) { t.Said, t.SaidSentence = s.Text, s }

// TriedMethod is one trigger sent to the phone, with what came of it.
type TriedMethod struct {
	Method  string      `json:"method"`
	Outcome TestOutcome `json:"outcome"`
	Said    string      `json:"said"`

	SaidSentence sentence.Sentence `json:"saidSentence,omitzero"`
}

func (t *TriedMethod) say(s sentence.Sentence) { t.Said, t.SaidSentence = s.Text, s }

// TestOutcome is what a phone did with a trigger.
type TestOutcome string

// Outcomes of a trigger.
const (
	TestAnswered    TestOutcome = "answered"    // by itself, or by a hand: nobody can tell
	TestRang        TestOutcome = "rang"        // and nothing more
	TestRefused     TestOutcome = "refused"     // with a final response
	TestUnreachable TestOutcome = "unreachable" // no reaction at all
	TestStopped     TestOutcome = "stopped"     // the one who asked went away
)

// phoneTest is a test under way: straight down, no call and no other party.
type phoneTest struct {
	gw           *Gateway
	user, device string
	display      string
	mute         profile.MuteMode
	key          string // the un-mute key its profile has, "" for none
	seen         bool   // it came
	remote       sdp.Direction
	result       PhoneTest
}

// testRun is a test under way, as others see it. Under Gateway.mu.
type testRun struct {
	stop  context.CancelFunc
	press string // the key that is to be pressed now, "" for none
}

// byeWait bounds how long the final of a leg that is hung up is awaited.
const byeWait = 2 * time.Second

// TestPhone asks the user's own idle phone to answer by itself, in one way
// after the other, until it does: each is a decision of its own with one
// INVITE. The way that works is kept for the phone. It blocks, a few seconds
// for each way; when ctx ends it hangs up and returns. A refusal is a
// *CommandError: not_found, device_offline, device_busy, forbidden or overload.
func (g *Gateway) TestPhone(ctx context.Context, user, device string) (PhoneTest, error) {
	d, ok := g.cfg.Directory.Device(user, device)
	if !ok {
		return PhoneTest{}, denied("not_found", "phonetest.no_phone")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := g.beginTest(user, device, cancel); err != nil {
		return PhoneTest{}, err
	}
	defer g.endTest(user, device)
	target := g.phoneOf(user, device)
	if target == nil {
		return PhoneTest{}, denied("device_offline", "phonetest.offline", "device", d.Display)
	}
	p := &phoneTest{
		gw: g, user: user, device: device, display: d.Display, mute: target.Profile.Mute,
		key: g.keyToTest(d, target.Binding),
	}
	p.result = PhoneTest{Device: device, Tried: []TriedMethod{}}
	for _, m := range target.Profile.Candidates(g.cfg.Methods) {
		tried, refused := p.try(ctx, m)
		if refused != nil {
			return PhoneTest{}, refused
		}
		p.result.Tried = append(p.result.Tried, tried)
		if tried.Outcome == TestAnswered {
			p.keep(ctx, m)
			return p.result, nil
		}
		if tried.Outcome == TestUnreachable || tried.Outcome == TestStopped {
			p.result.say(Words.Say("phonetest.no_reaction", "device", d.Display))
			return p.result, nil
		}
	}
	said := Words.Say("phonetest.none_worked", "device", d.Display)
	if note := target.Profile.Note; note.Text != "" {
		said = Words.Say("phonetest.note", "said", said, "note", note)
	}
	p.result.say(said)
	return p.result, nil
}

// keep remembers the method for the phone.
func (p *phoneTest) keep(ctx context.Context, m profile.Method) {
	p.result.say(p.saidOfKey(Words.Say("phonetest.works", "device", p.display, "way", m.Said)))
	p.result.Worked = &m.Name
	if m.Name == "" { // the profile's own headers: there is nothing to keep
		name := "profile"
		p.result.Worked = &name
	}
	err := p.gw.cfg.Directory.Learn(ctx, p.user, p.device,
		directory.Learned{Method: m.Name, Mute: string(p.mute), Key: p.learnedKey()})
	if err != nil {
		p.gw.log.Warn("what a phone test found out is not kept", "user", p.user, "device", p.device, "err", err)
		p.result.say(Words.Say("phonetest.not_kept", "device", p.display, "way", m.Said))
	}
}

// try sends one trigger, and a second one in mode gate when the phone refuses
// to listen only. A *CommandError ends the test.
func (p *phoneTest) try(ctx context.Context, m profile.Method) (TriedMethod, *machine.CommandError) {
	tried, status, refused := p.ask(ctx, m)
	if refused == nil && p.mute == profile.MuteSDP && (status == 488 || status == 606) {
		p.mute = profile.MuteGate
		tried, _, refused = p.ask(ctx, m)
	}
	p.gw.log.Info("a phone was tested", "user", p.user, "device", p.device, "method", m.Name, "outcome", tried.Outcome)
	return tried, refused
}

// ask is one decision and one INVITE with a trigger. status is that of a
// refusal.
func (p *phoneTest) ask(ctx context.Context, m profile.Method) (tried TriedMethod, status int, refused *machine.CommandError) {
	tried = TriedMethod{Method: m.Name}
	tried.Method = cmp.Or(tried.Method, "profile")
	target := p.gw.phoneOf(p.user, p.device)
	if target == nil {
		tried.Outcome = TestUnreachable
		tried.say(Words.Say("phonetest.gone"))
		return tried, 0, nil
	}
	if refused := p.allowed(ctx, target); refused != nil {
		return tried, 0, refused
	}
	end, err := p.gw.cfg.Media.NewRTPEnd(media.RTPOptions{Peer: p.gw.peerOf(*target), Shut: true})
	if err != nil {
		return tried, 0, denied("overload", "phonetest.no_room")
	}
	defer end.Close()
	dir := sdp.SendOnly
	if p.mute == profile.MuteGate {
		dir = sdp.SendRecv
	}
	offer, err := end.Offer(sdp.Offerable([]sdp.Codec{sdp.PCMU, sdp.PCMA, sdp.G722, sdp.Opus}), dir)
	if err != nil {
		return tried, 0, denied("fault", "phonetest.fault")
	}
	box := mailbox.New[machine.Event]()
	me := p.self()
	leg := p.gw.cfg.Dialer.Invite(Invite{
		Leg: target.Leg, Binding: target.Binding, From: me, To: me.Address, Offer: offer, Headers: m.Headers,
	}, func(e machine.Event) { box.Post(e) })
	tried.Outcome, status = p.watch(ctx, leg, box, end)
	tried.say(Words.Say("phonetest." + string(tried.Outcome)))
	if tried.Outcome == TestRefused {
		tried.say(Words.Say("phonetest.refused", "status", status))
	}
	return tried, status, nil
}

func (p *phoneTest) self() policy.Identity {
	u, _ := p.gw.cfg.Directory.User(p.user)
	return policy.Identity{
		Address: "sip:" + p.user + "@" + p.gw.cfg.Domain, Display: u.Display, Level: policy.Self, How: "tab",
		User: p.user,
	}
}

// allowed asks the policy, which records its word before the INVITE.
func (p *phoneTest) allowed(ctx context.Context, target *machine.Target) *machine.CommandError {
	if p.gw.cfg.Policy == nil {
		return denied("forbidden", "phonetest.not_set_up")
	}
	ctx, cancel := context.WithTimeout(ctx, decideFor)
	defer cancel()
	d := p.gw.cfg.Policy.Decide(ctx, policy.Question{
		Requester: p.self(), Owner: p.user, Device: p.device, Instance: target.Binding.Instance, Kind: policy.Test, At: time.Now(),
	})
	if !d.Allow {
		return machine.Refuse("forbidden", d.Reason)
	}
	return nil
}

// watch follows the leg to its end: splash and hang up when the phone answers,
// CANCEL when it does not in time.
func (p *phoneTest) watch(ctx context.Context, leg Leg, box *mailbox.Box[machine.Event], end *media.RTPEnd) (TestOutcome, int) {
	outcome, taking := TestUnreachable, false
	limit := time.NewTimer(p.gw.cfg.Timers.AutoAnswer)
	defer limit.Stop()
	for {
		select {
		case <-ctx.Done():
			leg.HangUp(machine.CauseHangUp)
			p.await(box)
			return TestStopped, 0
		case <-limit.C:
			if taking { // nor did it react to the CANCEL
				leg.HangUp(machine.CauseHangUp)
				return outcome, 0
			}
			taking = true
			leg.Cancel(machine.CauseElsewhere)
			limit.Reset(byeWait)
			continue
		case <-box.Ready():
		}
		for _, e := range box.Drain() {
			switch e := e.(type) {
			case machine.Rang:
				outcome = TestRang
			case machine.Answered:
				if !taking { // else it crossed the CANCEL
					p.sound(ctx, end, e.SDP)
					outcome = TestAnswered
					if p.awaitKey(ctx, leg, box, end) {
						return outcome, 0
					}
				}
				leg.HangUp(machine.CauseHangUp)
				p.await(box)
				return outcome, 0
			case machine.Refused:
				return outcome.refused(e.Status, taking), e.Status
			case machine.Ended:
				return outcome, 0
			}
		}
	}
}

// refused is the outcome when a final response comes: that of a CANCEL, and a
// phone's silence, say nothing.
func (o TestOutcome) refused(status int, taking bool) TestOutcome {
	if taking || status == 408 && o == TestUnreachable {
		return o
	}
	return TestRefused
}

// sound plays the splash to the phone and waits for its end.
func (p *phoneTest) sound(ctx context.Context, end *media.RTPEnd, text []byte) {
	sound, err := end.TakeAnswer(text)
	if err != nil {
		return
	}
	p.remote = sound.Remote
	if sound.Remote == sdp.Inactive {
		p.mute = profile.MuteGate // it refuses to listen only; the next call offers it sendrecv
	}
	over := make(chan struct{})
	end.PlayOnce(p.gw.cfg.Splash, func() { close(over) })
	select {
	case <-over:
	case <-ctx.Done():
	}
}

// await waits for the leg's last event, so that the phone is idle again.
func (p *phoneTest) await(box *mailbox.Box[machine.Event]) {
	limit := time.NewTimer(byeWait)
	defer limit.Stop()
	for {
		for _, e := range box.Drain() {
			switch e.(type) {
			case machine.Ended, machine.Refused:
				return
			}
		}
		select {
		case <-box.Ready():
		case <-limit.C:
			return
		}
	}
}

// beginTest takes the phone, when it is idle.
func (g *Gateway) beginTest(user, device string, stop context.CancelFunc) *machine.CommandError {
	if calls, _ := g.board.callsOn(user, device, ""); len(calls) > 0 || g.board.rings(user) {
		return denied("device_busy", "phonetest.in_use")
	}
	if refused := g.takePhone(user+"/"+device, stop); refused != nil {
		return refused
	}
	g.board.wake(user)
	return nil
}

func (g *Gateway) takePhone(key string, stop context.CancelFunc) *machine.CommandError {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.closing:
		return denied("overload", "phonetest.restarting")
	case g.tests[key] != nil:
		return denied("device_busy", "phonetest.running")
	}
	g.tests[key] = &testRun{stop: stop}
	g.running.Add(1)
	return nil
}

func (g *Gateway) endTest(user, device string) {
	g.mu.Lock()
	delete(g.tests, user+"/"+device)
	g.mu.Unlock()
	g.board.wake(user)
	g.running.Done()
}

// tested tells whether the phone is being tested.
func (g *Gateway) tested(user, device string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.tests[user+"/"+device] != nil
}
