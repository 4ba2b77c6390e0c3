package gateway

import (
	"cmp"
	"log/slog"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"ringsplash/directory"
	"ringsplash/gateway/machine"
	"ringsplash/internal/address"
	"ringsplash/media"
	"ringsplash/media/sdp"
	"ringsplash/policy"
)

// destination is where a dialled text leads: one of user, ways and uri, or
// the cause why nowhere.
type destination struct {
	user directory.User
	ways []way // trunks, to be tried one after the other
	uri  string
	// display and address show the destination to the caller.
	display, address string
	cause            machine.Cause
}

// resolve follows the dial plan: emergency list, URI, our name or number,
// longest trunk prefix. Only proven users may leave our domain.
func (g *Gateway) resolve(text string, from policy.Identity) destination {
	scheme, user, host := address.Cut(text)
	if host != "" && !g.isUs(host) {
		return g.resolveForeign(scheme, user, host, from)
	}
	plain := address.Digits(user)
	if trunk, ok := g.cfg.Emergency[plain]; ok && from.User != "" {
		return g.toTrunk(trunk, plain)
	}
	if u, ok := g.cfg.Directory.User(strings.ToLower(user)); ok {
		return g.toUser(u)
	}
	if u, ok := g.cfg.Directory.UserByNumber(plain); ok {
		return g.toUser(u)
	}
	if from.User == "" { // trunk to trunk and strangers to trunks: never
		return destination{cause: machine.CauseUnknown, address: text}
	}
	if ways := g.ways(plain); len(ways) > 0 {
		_, number, _ := address.Cut(ways[0].uri)
		return byTrunks(number, ways...)
	}
	return destination{cause: machine.CauseUnknown, address: text, display: plain}
}

func (g *Gateway) resolveForeign(scheme, user, host string, from policy.Identity) destination {
	uri := scheme + ":" + user + "@" + host
	if from.User != "" && slices.Contains(g.cfg.AllowDomains, host) {
		return destination{address: uri, display: user, uri: uri}
	}
	return destination{address: uri, display: user, cause: machine.CauseForbidden}
}

func (g *Gateway) isUs(host string) bool {
	return strings.EqualFold(host, g.cfg.Domain) ||
		slices.ContainsFunc(g.cfg.Hosts, func(h string) bool { return strings.EqualFold(h, host) })
}

func (g *Gateway) toUser(u directory.User) destination {
	return destination{user: u, display: cmp.Or(u.Display, u.Name), address: "sip:" + u.Name + "@" + g.cfg.Domain}
}

// toTrunk asks one trunk for a number as it is.
func (g *Gateway) toTrunk(name, number string) destination {
	if t := g.trunk(name); t.Name != "" {
		return byTrunks(number, way{name, t.uri(number)})
	}
	return destination{cause: machine.CauseTrunkDown, address: "tel:" + number, display: number}
}

// byTrunks leads to a number by the first trunk that takes it.
func byTrunks(number string, ways ...way) destination {
	return destination{ways: ways, display: number, address: "tel:" + number}
}

// trunk is the trunk of that name, the zero one when there is none.
func (g *Gateway) trunk(name string) Trunk {
	for _, t := range g.cfg.Trunks {
		if t.Name == name {
			return t
		}
	}
	return Trunk{}
}

func (t Trunk) uri(number string) string { return "sip:" + url.PathEscape(number) + "@" + t.Host }

// place answers where a call from SIP goes, and takes the caller's offer.
func (c *Call) place(p placed) machine.Begun {
	in := p.In
	kind := machine.URILeg
	switch {
	case in.From.Trunk != "":
		kind = machine.TrunkLeg
	case in.From.User != "":
		kind = machine.PhoneLeg
		c.gw.activity.add(in.From.User, in.Device)
	}
	b := machine.Begun{From: in.From, Caller: machine.Target{Leg: in.Leg.ID(), Kind: kind, Device: in.Device, Trunk: in.From.Trunk}}
	b.Offered, b.Cause = c.takeCaller(in)
	b.Late = len(in.Offer) == 0
	if in.Replaces != "" {
		b.Replaces, b.Other, b.PickUp = in.Replaces, c.gw.callWith(in.Replaces), in.PickUp
		if in.PickUp != "" && b.Cause == "" && !c.gw.MayPickUp(in.From.User, in.PickUp) {
			b.Cause = machine.CauseForbidden
		}
		return b
	}
	b = c.aim(b, in.Dialled)
	if in.AnswerMode.Auto || in.AnswerMode.Priv {
		kind := policy.ThirdParty
		if !in.AnswerMode.Auto { // privileged is never let in, so beside Auto it counts as absent (RFC 5373 4.3)
			kind = policy.Privileged
		}
		b.Wish = c.wish(kind, in.AnswerMode.Require, b)
	}
	return b
}

// MayPickUp tells whether a user may take the calls that ring another: only his
// own, unless the configuration says more.
func (g *Gateway) MayPickUp(user, of string) bool {
	return user != "" && (user == of || g.cfg.MayPickUp != nil && g.cfg.MayPickUp(user, of))
}

// wish reads what the requester asked for. The seam to policy is decide: the
// phone rings in the ordinary way unless that allows more.
func (c *Call) wish(kind policy.Kind, require bool, b machine.Begun) machine.Wish {
	w := machine.Wish{Kind: kind, Require: require, Again: newLegID()}
	for _, d := range c.gw.cfg.Directory.Devices(b.Callee.User) {
		if d.Primary {
			w.Target = c.phoneOf(b.Callee.User, d.ID)
		}
	}
	return w
}

// takeCaller makes the caller's end and takes his offer, if he made one.
func (c *Call) takeCaller(in Incoming) ([]sdp.Codec, machine.Cause) {
	trunk := in.From.Trunk
	opts := media.RTPOptions{Peer: in.Source.Addr(), Trunk: trunk != "", MediaFrom: c.gw.trunk(trunk).MediaFrom}
	end, err := c.gw.cfg.Media.NewRTPEnd(opts)
	if err != nil {
		c.log.Warn("no media for the caller", "err", err)
		return nil, faultOf(err)
	}
	c.live(in.Leg.ID()).end = end
	if own := c.live(in.Leg.ID()).owner; own != nil {
		own.listen(in.Leg.ID(), end)
	}
	if len(in.Offer) == 0 { // ours goes out with the 200; every phone takes G.711
		return []sdp.Codec{sdp.PCMU, sdp.PCMA, sdp.G722, sdp.Opus}, ""
	}
	sound, err := end.TakeOffer(in.Offer)
	if err != nil {
		if c.level() == slog.LevelInfo { // a stranger's are counted
			c.log.Warn("caller's offer not usable", "err", err)
		}
		return nil, faultOf(err)
	}
	return sound.Codecs, ""
}

// dial answers where a tab's call goes. From a device, that phone rings first.
func (c *Call) dial(t *Tab, cmd Command) machine.Begun {
	b := c.dialFrom(t, cmd)
	if cmd.Intercom && b.Cause == "" {
		b.Wish = c.wish(policy.Intercom, false, b)
	}
	return b
}

func (c *Call) dialFrom(t *Tab, cmd Command) machine.Begun {
	u, _ := c.gw.cfg.Directory.User(t.user)
	from := policy.Identity{
		Address: "sip:" + u.Name + "@" + c.gw.cfg.Domain, Display: u.Display, Level: policy.Self, How: "tab",
		User: u.Name,
	}
	b := machine.Begun{From: from, Offered: machine.EveryCodec()}
	leg := newLegID()
	if cmd.From == "" || cmd.From == "browser" {
		b.Caller = machine.Target{Leg: leg, Kind: machine.TabLeg, Tab: t.id}
		return c.aim(b, cmd.To)
	}
	b.Ask = true
	for _, one := range c.gw.bindings.Targets(t.user) {
		if one.Device == cmd.From {
			b.Caller = machine.Target{Leg: leg, Kind: machine.PhoneLeg, Device: one.Device, Binding: &one}
			return c.aim(b, cmd.To)
		}
	}
	b.Caller, b.Cause = machine.Target{Leg: leg, Kind: machine.PhoneLeg, Device: cmd.From}, machine.CauseOffline
	return b
}

// aim fills in the called party and its branches.
func (c *Call) aim(b machine.Begun, text string) machine.Begun {
	return c.aimAt(b, c.gw.resolve(text, b.From))
}

func (c *Call) aimAt(b machine.Begun, d destination) machine.Begun {
	b.To = d.address
	b.Callee = machine.Party{User: d.user.Name, Who: policy.Identity{Address: d.address, Display: d.display, User: d.user.Name}}
	if d.user.Name != "" {
		b.Callee.Who.Level, b.Callee.Who.How = policy.Proven, "directory"
	}
	b.Cause = cmp.Or(b.Cause, d.cause, c.gw.disturbs(b.From.User, d.user))
	if b.Cause == "" && c.gw.board.busy(d.user.Name, c.standing, c.gw.cfg.MaxCalls) {
		b.Cause = machine.CauseBusy
	}
	if b.Cause == "" {
		b.Targets = c.targets(d, b.Caller, b.From.User)
	}
	return b
}

// targets are the branches to try for a destination that has no cause.
func (c *Call) targets(d destination, caller machine.Target, callerUser string) (out []machine.Target) {
	for _, w := range d.ways {
		out = append(out, machine.Target{Leg: newLegID(), Kind: machine.TrunkLeg, Trunk: w.trunk, URI: w.uri})
	}
	switch {
	case d.uri != "":
		out = append(out, machine.Target{Leg: newLegID(), Kind: machine.URILeg, URI: d.uri})
	case d.user.Name != "":
		out = c.gw.devicesOf(d.user.Name, callerUser, caller)
	}
	return out
}

// devicesOf lists a user's phones and tabs, without the one that calls.
func (g *Gateway) devicesOf(user, callerUser string, caller machine.Target) []machine.Target {
	var out []machine.Target
	for _, one := range g.bindings.Targets(user) {
		if user != callerUser || caller.Kind != machine.PhoneLeg || caller.Device != one.Device {
			out = append(out, machine.Target{Leg: newLegID(), Kind: machine.PhoneLeg, Device: one.Device, Binding: &one})
		}
	}
	for _, tab := range g.board.tabsOf(user) {
		if tab != caller.Tab {
			out = append(out, machine.Target{Leg: newLegID(), Kind: machine.TabLeg, Tab: tab})
		}
	}
	return out
}

// peerOf is the address signalling to the target goes to.
func (g *Gateway) peerOf(t machine.Target) netip.Addr {
	if t.Binding != nil {
		if ap, err := netip.ParseAddrPort(t.Binding.Source); err == nil {
			return ap.Addr().Unmap()
		}
	}
	if t.Trunk != "" {
		if addrs := g.trunkAddrs(t.Trunk); len(addrs) > 0 {
			return addrs[0]
		}
		return netip.Addr{} // the branch will fail
	}
	_, _, host := address.Cut(t.URI)
	addr, _ := netip.ParseAddr(host)
	return addr
}
