package gateway

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"ringsplash/gateway/machine"
	"ringsplash/internal/address"
	"ringsplash/policy"
)

// outside counts the calls of our users that leave by trunks or to foreign
// domains: they cost money, and a stolen password is used for them first. It
// may be used from any goroutine.
type outside struct {
	calls, hourly int // limits for one user

	mu    sync.Mutex
	users map[string]*outsideUse
}

type outsideUse struct {
	running int
	begun   []time.Time // in the last hour, oldest first
}

// take counts one call of the user, or says that his limit is reached.
func (o *outside) take(user string, now time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	use := o.users[user]
	if use == nil {
		use = &outsideUse{}
		o.users[user] = use
	}
	recent, _ := slices.BinarySearchFunc(use.begun, now.Add(-time.Hour), time.Time.Compare)
	use.begun = slices.Delete(use.begun, 0, recent)
	if use.running >= o.calls || len(use.begun) >= o.hourly {
		return false
	}
	use.running++
	use.begun = append(use.begun, now)
	return true
}

func (o *outside) give(user string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if use := o.users[user]; use != nil {
		use.running--
	}
}

// mayLeave is the last guard before a branch leaves the house: it is on the
// account of a user of ours, within his limits. So nothing goes from trunk to
// trunk, unless a user of this call forwards or transfers it. The first branch
// counts for the whole call. Emergency numbers are free.
func (c *Call) mayLeave(t machine.Target, side machine.Side) machine.Cause {
	if t.Kind != machine.TrunkLeg && t.Kind != machine.URILeg || c.outside != "" || c.gw.isEmergency(t) {
		return ""
	}
	if back := c.state.Back; back != "" { // by a trunk's own REFER, on nobody's account
		if t.Trunk == back {
			return ""
		}
		c.log.Error("a trunk's transfer to somewhere else was refused", "by", back, "to", t.Trunk)
		return machine.CauseForbidden
	}
	account := c.account(side)
	switch {
	case account == "":
		c.log.Error("a call to the outside is on nobody's account, and was refused", "trunk", t.Trunk)
		return machine.CauseForbidden
	case !c.gw.outside.take(account, time.Now()):
		c.log.Warn("outside calls of the user are at their limit", "user", account, "trunk", t.Trunk)
		return machine.CauseOutsideLimit
	}
	c.outside = account
	return ""
}

// account is whose call a branch on the side is: the other party's, who dialled
// or transferred, else that of the party who sends the call on.
func (c *Call) account(side machine.Side) string {
	far := c.state.Parties[side.Other()]
	return cmp.Or(far.User, far.Who.User, c.state.Parties[side].User)
}

func (g *Gateway) isEmergency(t machine.Target) bool {
	_, number, _ := address.Cut(t.URI)
	trunk, found := g.cfg.Emergency[number]
	return found && trunk == t.Trunk
}

// urgent tells whether an emergency number is called by what from dials, with
// or without the digits for an outside line.
func (g *Gateway) urgent(dialled string, from policy.Identity) bool {
	if len(g.cfg.Emergency) == 0 {
		return false
	}
	d := g.resolve(dialled, from)
	return len(d.ways) > 0 && g.isEmergency(machine.Target{Trunk: d.ways[0].trunk, URI: d.ways[0].uri})
}

// way is one trunk that takes a number, and the URI to ask it for.
type way struct{ trunk, uri string }

// ways are the trunks whose prefix matches the number longest, those that work
// first, else in the order of the configuration.
func (g *Gateway) ways(number string) []way {
	var found []way
	longest := -1
	for _, t := range g.cfg.Trunks {
		for _, p := range t.Prefixes {
			if !strings.HasPrefix(number, p.Match) || len(number) <= p.Strip || len(p.Match) < longest {
				continue
			}
			if len(p.Match) > longest {
				found, longest = nil, len(p.Match)
			}
			if !slices.ContainsFunc(found, func(w way) bool { return w.trunk == t.Name }) {
				found = append(found, way{t.Name, t.uri(p.Add + number[p.Strip:])})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b way) int { return g.downness(a.trunk) - g.downness(b.trunk) })
	return found
}

// downness is 1 for a trunk that is known not to answer: it is tried last, for
// what we know may be old.
func (g *Gateway) downness(trunk string) int {
	if g.cfg.TrunkUp == nil || g.cfg.TrunkUp(trunk) {
		return 0
	}
	return 1
}

// redirects are the branches a trunk's 3xx leads to: only numbers of our own
// dial plan that the caller could have dialled himself. A foreign address in it
// is never followed: it would be called on our user's account.
func (c *Call) redirects(e machine.Refused) []machine.Target {
	l := c.state.Leg(e.LegID)
	if l == nil || l.Kind != machine.TrunkLeg || len(e.Contacts) == 0 || c.state.Back != "" {
		return nil
	}
	who := c.state.Parties[l.Side.Other()].Who
	if who.User = c.account(l.Side); who.User == "" {
		return nil
	}
	for _, contact := range e.Contacts {
		_, number, host := address.Cut(contact)
		if host != "" && !c.gw.isUs(host) && !c.gw.isTrunk(l.Trunk, host) {
			c.log.Warn("redirection to a foreign address not followed", "trunk", l.Trunk, "to", contact)
			continue
		}
		if targets := c.targets(c.gw.resolve(number, who), machine.Target{}, who.User); len(targets) > 0 {
			c.log.Info("redirected by the trunk", "trunk", l.Trunk, "to", number)
			return targets
		}
		c.log.Warn("redirection outside of the dial plan not followed", "trunk", l.Trunk, "to", contact)
	}
	return nil
}

// backTo is where a trunk's own REFER may lead: to a user of ours, or to a name
// or number at that trunk.
func (g *Gateway) backTo(trunk, text string) destination {
	_, user, host := address.Cut(text)
	switch {
	case host == "" || g.isUs(host):
		if d := g.resolve(text, policy.Identity{Trunk: trunk}); d.user.Name != "" {
			return d
		}
	case !g.isTrunk(trunk, host):
		return destination{cause: machine.CauseForbidden, address: text}
	}
	return g.toTrunk(trunk, address.Digits(user))
}

func (g *Gateway) isTrunk(name, host string) bool {
	return address.CutHost(g.trunk(name).Host) == host ||
		slices.ContainsFunc(g.trunkAddrs(name), func(a netip.Addr) bool { return a.String() == host })
}

// trunkAddrs are the addresses of a trunk, nil when nobody knows.
func (g *Gateway) trunkAddrs(name string) []netip.Addr {
	if name == "" || g.cfg.TrunkAddrs == nil {
		return nil
	}
	return g.cfg.TrunkAddrs(name)
}
