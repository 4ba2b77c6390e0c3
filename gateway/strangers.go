package gateway

import (
	"log/slog"
	"time"

	"ringsplash/directory"
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

// ringing is a user whom a stranger lets ring; payer is the stranger, "" for
// all of them.
type ringing struct{ user, payer string }

// strangersShare is how many calls of strangers may ring one user at a time,
// oneStranger how many of them one may have.
func (g *Gateway) strangersShare() int { return max(1, g.cfg.MaxCalls/4) }
func (g *Gateway) oneStranger() int    { return max(1, g.strangersShare()/2) }

// mayRing tells whether one more call of this stranger may ring the user.
// Under mu.
func (g *Gateway) mayRing(on claim) bool {
	return on.rings == "" ||
		g.ringing[ringing{on.rings, ""}] < g.strangersShare() && g.ringing[ringing{on.rings, on.payer}] < g.oneStranger()
}

// rings counts a stranger's call that rings, or (-1) does not any more. Under mu.
func (g *Gateway) rings(c *Call, by int) {
	for _, k := range []ringing{{c.rings, ""}, {c.rings, c.payer}} {
		if g.ringing[k] += by; g.ringing[k] <= 0 {
			delete(g.ringing, k)
		}
	}
}

// ringsNoMore gives the place of a stranger's call that was answered or is over
// to the next one.
func (g *Gateway) ringsNoMore(c *Call) {
	if c.stranger == "" {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if c.rings != "" {
		g.rings(c, -1)
		c.rings = ""
	}
}

// refusedAt tells of a call from SIP that was not taken: the log its count, and
// the user whom a stranger could not even ring, one row for all of them.
func (g *Gateway) refusedAt(c *Call, in Incoming, cause Cause) {
	g.tally.add(slog.LevelWarn, "calls refused", cause, "from", in.From.Address, "source", in.Source.Addr())
	if cause != CauseBusy {
		return
	}
	now := time.Now()
	who := peerView(in.From)
	g.repeats.add(g.resolve(in.Dialled, in.From).user.Name, c.stranger, directory.HistoryEntry{
		Direction: "in", Display: who.Display, Address: who.Address, Start: now, End: now,
		Missed: true, Cause: string(cause), Reason: cause.Outcome().Callee,
	})
}
