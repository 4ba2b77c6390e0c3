package gateway

import (
	"log/slog"
	"slices"
	"time"

	"ringsplash/directory"
	"ringsplash/gateway/machine"
	"ringsplash/internal/sentence"
	"ringsplash/internal/throttle"
	"ringsplash/policy"
)

// refusals are the causes for which a new call is not taken at all.
var refusals = []machine.Cause{machine.CauseShuttingDown, machine.CauseOverload, machine.CauseOwnLimit, machine.CauseBusy}

// sparePairs is for how many more legs there must be ports when a new call is
// taken: its own, and some for those that run and are moved.
const sparePairs = 4

// maxLate is how late media may be, smoothed over 50 ticks, before new calls are
// refused.
const maxLate = 100 * time.Millisecond

// Room tells why no new call can be taken now, "" when one can. It is cheap:
// signaling asks before it works on a request. Calls that run do not notice.
func (g *Gateway) Room() machine.Cause {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.room()
}

// RoomFor is Room for a call to what was dialled. An emergency number always
// has room here: Begin asks who dials it.
func (g *Gateway) RoomFor(dialled string) machine.Cause {
	cause := g.Room()
	if cause != "" && g.urgent(dialled, policy.Identity{User: "whoever"}) {
		return ""
	}
	return cause
}

// room is Room, under mu.
func (g *Gateway) room() machine.Cause {
	_, free := g.cfg.Media.Pairs()
	switch {
	case g.closing:
		return machine.CauseShuttingDown
	case len(g.calls) >= g.cfg.MaxAllCalls, free < sparePairs, g.cfg.Media.Late() > maxLate,
		g.cfg.Short != nil && g.cfg.Short():
		return machine.CauseOverload
	}
	return ""
}

// Refuse counts a call that signaling refused because of Room.
func (g *Gateway) Refuse(c machine.Cause) {
	if i := slices.Index(refusals, c); i >= 0 {
		g.refused[i].Add(1)
	}
}

// Refused is how many calls were not taken since the start, by cause.
func (g *Gateway) Refused() map[machine.Cause]uint64 {
	out := map[machine.Cause]uint64{}
	for i, c := range refusals {
		out[c] = g.refused[i].Load()
	}
	return out
}

// maxUrgent is how many emergency calls one user may have at a time, besides
// all others. Nobody needs as many; without it a stolen password could fill the
// lines that nothing else bounds.
const maxUrgent = 16

// claim is on whose account a new call is counted. The zero value is on
// nobody's, and bounded by Room alone.
type claim struct {
	// payer is our user, or the address of somebody we do not know; "" for
	// trunks.
	payer string
	// limit is how many calls the payer may have begun at a time.
	limit int
	// rings is the user whom somebody wants to ring who comes neither by a trunk
	// nor as a user of ours, "" for others; stranger: nothing is proven of him.
	rings    string
	stranger bool
	// urgent: an emergency call of our user. Neither his other calls nor Room
	// count, and it is taken while draining.
	urgent bool
}

// claimOf is that of a call from SIP.
func (g *Gateway) claimOf(in Incoming) claim {
	switch {
	case in.From.User != "" && in.Replaces != "": // it dials nothing
		return g.userClaim(in.From.User, "")
	case in.From.User != "":
		return g.userClaim(in.From.User, in.Dialled)
	case in.From.Trunk != "":
		return claim{}
	}
	on := claim{rings: g.resolve(in.Dialled, in.From).user.Name, limit: g.cfg.MaxSourceCalls}
	switch {
	case standingOf(in.From) == aStranger:
		on.payer, on.stranger = "source "+throttle.SourceOf(in.Source.Addr()).String(), true
	case in.From.Domain != "":
		on.payer, on.limit = "domain "+in.From.Domain, g.nodeShare()
	default:
		on.payer = "caller " + in.From.Address
	}
	return on
}

// userClaim is that of a call in which a user of ours dials.
func (g *Gateway) userClaim(user, dialled string) claim {
	if g.urgent(dialled, policy.Identity{User: user}) {
		return claim{payer: "emergency of user " + user, limit: maxUrgent, urgent: true}
	}
	return claim{payer: "user " + user, limit: g.cfg.MaxCalls}
}

// admit registers a new call, or says why not.
func (g *Gateway) admit(c *Call, on claim) machine.Cause {
	g.mu.Lock()
	defer g.mu.Unlock()
	cause := g.room()
	if on.urgent && !g.over {
		cause = ""
	}
	if cause == "" && on.payer != "" && g.begun[on.payer] >= on.limit {
		cause = machine.CauseOwnLimit
	}
	if cause == "" && on.rings != "" {
		cause = g.mayRing(on)
	}
	if cause != "" {
		g.Refuse(cause)
		return cause
	}
	c.payer = on.payer
	g.begun[on.payer]++
	if c.rings = on.rings; c.rings != "" {
		g.rings(c, 1)
	}
	g.calls[c.id] = c
	g.began.Add(1)
	g.running.Add(1)
	return ""
}

// forget takes a call that is over off the books.
func (g *Gateway) forget(c *Call) {
	g.ringsNoMore(c)
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.calls, c.id)
	if c.outside != "" {
		g.outside.give(c.outside)
	}
	if g.begun[c.payer]--; g.begun[c.payer] <= 0 {
		delete(g.begun, c.payer)
	}
	g.tellEmpty()
}

// Drain refuses new calls from now on, but emergency calls while others run;
// the running ones go on. Tabs are told. The channel is closed when no call runs
// any more.
func (g *Gateway) Drain() (empty <-chan struct{}) {
	g.mu.Lock()
	first := !g.closing
	g.closing = true
	g.tellEmpty()
	g.mu.Unlock()
	if first {
		g.board.wakeAll()
	}
	return g.empty
}

// tellEmpty closes empty when the last call of a closing node is gone. Under mu.
func (g *Gateway) tellEmpty() {
	if !g.closing || len(g.calls) > 0 {
		return
	}
	g.over = true
	select {
	case <-g.empty:
	default:
		close(g.empty)
	}
}

// notice is what every tab shows, if anything.
func (g *Gateway) notice() (s sentence.Sentence) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closing {
		return Words.Say("notice.draining")
	}
	return s
}

// Running tells how many calls there are, and how many began since the start.
func (g *Gateway) Running() (now int, began uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.calls), g.began.Load()
}

// standing is how well it is known who calls. A call that rings keeps nobody
// from the called user who stands better than its caller.
type standing int

// Standings, from the weakest to the best.
const (
	aStranger  standing = iota // nothing is proven of him but an address
	anOutsider                 // comes by a trunk, or proved who he is
	ourUser
)

func standingOf(who policy.Identity) standing {
	switch {
	case who.User != "":
		return ourUser
	case who.Trunk == "" && !who.Verified() && who.Domain == "":
		return aStranger
	}
	return anOutsider
}

// ringing is a user whom somebody from outside lets ring; payer "" stands for
// all strangers, user "" for all users.
type ringing struct{ user, payer string }

// outsideShare is how many calls of strangers, or of one party from outside that
// proved who it is, may ring one user at a time; oneStranger how many of one
// stranger; nodeShare how many of strangers may ring at all.
func (g *Gateway) outsideShare() int { return max(1, g.cfg.MaxCalls/4) }
func (g *Gateway) oneStranger() int  { return max(1, g.outsideShare()/2) }
func (g *Gateway) nodeShare() int    { return max(1, g.cfg.MaxAllCalls/4) }

// mayRing tells why one more call from outside may not ring the user, "" when it
// may. Strangers leave a quarter of the ports to others. Under mu.
func (g *Gateway) mayRing(on claim) machine.Cause {
	bound, free := g.cfg.Media.Pairs()
	switch one := g.ringing[ringing{on.rings, on.payer}]; {
	case !on.stranger && one >= g.outsideShare():
		return machine.CauseBusy
	case !on.stranger:
		return ""
	case g.ringing[ringing{}] >= g.nodeShare(), free < (bound+free)/4:
		return machine.CauseOverload
	case one >= g.oneStranger(), g.ringing[ringing{on.rings, ""}] >= g.outsideShare():
		return machine.CauseBusy
	}
	return ""
}

// rings counts a call from outside that rings, or (-1) does not any more. Under mu.
func (g *Gateway) rings(c *Call, by int) {
	counts := []ringing{{c.rings, c.payer}}
	if c.stranger != "" {
		counts = append(counts, ringing{c.rings, ""}, ringing{})
	}
	for _, k := range counts {
		if g.ringing[k] += by; g.ringing[k] <= 0 {
			delete(g.ringing, k)
		}
	}
}

// ringsNoMore gives the place of a call from outside that was answered or is
// over to the next one.
func (g *Gateway) ringsNoMore(c *Call) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if c.rings != "" {
		g.rings(c, -1)
		c.rings = ""
	}
}

// refusedAt tells of a call from SIP that was not taken: the log its count, and
// the user whom a stranger could not even ring, one row for all of them.
func (g *Gateway) refusedAt(c *Call, in Incoming, cause machine.Cause) {
	g.tally.add(slog.LevelWarn, "calls refused", cause, "from", in.From.Address, "source", in.Source.Addr())
	if cause != machine.CauseBusy {
		return
	}
	now := time.Now()
	who := machine.PeerOf(in.From)
	g.repeats.add(g.resolve(in.Dialled, in.From).user.Name, c.stranger, directory.HistoryEntry{
		Direction: "in", Display: who.Display, Address: who.Address, Start: now, End: now,
		Missed: true, Cause: string(cause), Reason: cause.Sentence(machine.Callee).Text,
	})
}
