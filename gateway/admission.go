package gateway

import (
	"slices"

	"ringsplash/policy"
)

// refusals are the causes for which a new call is not taken at all.
var refusals = []Cause{CauseShuttingDown, CauseOverload, CauseOwnLimit}

// sparePairs is for how many more legs there must be ports when a new call is
// taken: its own, and some for those that run and are moved.
const sparePairs = 4

// Room tells why no new call can be taken now, "" when one can. It is cheap:
// signaling asks before it works on a request. Calls that run do not notice.
func (g *Gateway) Room() Cause {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.room()
}

// room is Room, under mu.
func (g *Gateway) room() Cause {
	_, free := g.cfg.Media.Pairs()
	switch {
	case g.closing:
		return CauseShuttingDown
	case len(g.calls) >= g.cfg.MaxAllCalls, free < sparePairs, g.cfg.Media.Late() > g.cfg.MaxLate:
		return CauseOverload
	}
	return ""
}

// Refuse counts a call that signaling refused because of Room.
func (g *Gateway) Refuse(c Cause) {
	if i := slices.Index(refusals, c); i >= 0 {
		g.refused[i].Add(1)
	}
}

// Refused is how many calls were not taken since the start, by cause.
func (g *Gateway) Refused() map[Cause]uint64 {
	out := map[Cause]uint64{}
	for i, c := range refusals {
		out[c] = g.refused[i].Load()
	}
	return out
}

// payer is on whose account a call is counted: our user's, or the address of
// somebody we do not know. Trunks have none.
func payer(in Incoming) string {
	switch {
	case in.From.User != "":
		return "user " + in.From.User
	case in.From.Trunk == "" && in.From.Level == policy.Unverified:
		return "source " + in.Source.Addr().String()
	}
	return ""
}

// admit registers a new call, or says why not. limit is how many calls its
// payer may have begun at a time.
func (g *Gateway) admit(c *Call, payer string, limit int) Cause {
	g.mu.Lock()
	defer g.mu.Unlock()
	cause := g.room()
	if cause == "" && payer != "" && g.begun[payer] >= limit {
		cause = CauseOwnLimit
	}
	if cause != "" {
		g.Refuse(cause)
		return cause
	}
	c.payer = payer
	g.begun[payer]++
	g.calls[c.id] = c
	g.began.Add(1)
	g.running.Add(1)
	return ""
}

// forget takes a call that is over off the books.
func (g *Gateway) forget(c *Call) {
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

// Drain refuses new calls from now on; the running ones go on. Tabs are told.
// The channel is closed when no call runs any more.
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
	select {
	case <-g.empty:
	default:
		close(g.empty)
	}
}

// notice is what every tab shows, "" for nothing.
func (g *Gateway) notice() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closing {
		return "The gateway is being restarted. Calls that run may go on for a while; for new ones try again in a minute."
	}
	return ""
}

// Running tells how many calls there are, and how many began since the start.
func (g *Gateway) Running() (now int, began uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.calls), g.began.Load()
}
