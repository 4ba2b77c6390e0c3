package gateway

import (
	"log/slog"
	"net/netip"
	"time"

	"ringsplash/directory"
	"ringsplash/gateway/machine"
	"ringsplash/policy"
)

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

// sourceOf names the party behind an address: one IPv4 address, one IPv6 /64.
func sourceOf(at netip.Addr) string {
	at = at.Unmap().WithZone("")
	if at.Is6() {
		return netip.PrefixFrom(at, 64).Masked().String()
	}
	return at.String()
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
