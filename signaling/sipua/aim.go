package sipua

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"

	"ringsplash/gateway"
	"ringsplash/location"
	"ringsplash/signaling/sipua/message"
	"ringsplash/signaling/sipua/wire"
)

// aim fills in the dialog: where the INVITE goes and who it is from. An error says
// why the branch cannot start, the status how its call is told.
func (l *leg) aim(in gateway.Invite) (status int, err error) {
	l.out.asked = in
	switch {
	case in.Binding != nil:
		status, err = l.aimAtBinding(in.Binding)
	case in.Trunk != "":
		status, err = l.aimAtTrunk(in.Trunk, in.URI)
	default:
		status, err = l.aimAtURI(in.URI)
	}
	if err != nil {
		return status, err
	}
	shown := in.From.Shown() // in From, which nobody hides on the way
	if l.trunk != nil && l.trunk.Account != "" {
		// A registrar lets its account call as itself only.
		shown.Address = l.trunk.Account
	}
	from, err := message.ParseURI(shown.Address)
	if err != nil {
		from = sip.Uri{Scheme: "sip", User: "anonymous", Host: "anonymous.invalid"}
	}
	l.d.local.Address = from
	l.d.local.DisplayName = message.QuoteDisplay(shown.Display)
	to, err := message.ParseURI(in.To)
	if err != nil {
		to = l.d.target
	}
	l.d.remote.Address = *to.Clone()
	l.d.contact = l.u.wire.ContactURI(string(l.id), l.d.hop)
	return 0, nil
}

// aimAtBinding uses the flow the phone registered over (RFC 5626 5.3).
func (l *leg) aimAtBinding(b *location.Binding) (status int, err error) {
	use, h, err := l.u.flowFor(*b)
	if err != nil {
		return sip.StatusRequestTimeout, err
	}
	target, err := message.ParseURI(use.Contact)
	if err != nil {
		return sip.StatusServiceUnavailable, err
	}
	l.d.target, l.d.routes, l.d.hop, l.d.sameFlow = target, nil, h, h.Host == ""
	for _, p := range use.Path {
		hop, err := message.ParseURI(p)
		if err != nil {
			return sip.StatusServiceUnavailable, err
		}
		l.d.routes = append(l.d.routes, hop)
	}
	l.out.asked.Binding = &use
	l.origins.ofPhone(use.User, use.Device)
	return 0, nil
}

// aimAtTrunk sends through a trunk, whatever host the URI names.
func (l *leg) aimAtTrunk(name, uri string) (status int, err error) {
	t := l.u.trunks.Named(name)
	if t == nil {
		return sip.StatusServiceUnavailable, fmt.Errorf("there is no trunk %q: add it to the configuration", name)
	}
	target, err := message.ParseURI(uri)
	if err != nil {
		return sip.StatusNotFound, err
	}
	if target.Scheme == "tel" {
		target = t.Number(target)
	}
	h, err := t.Hop(l.out.passed...)
	if err != nil {
		return sip.StatusServiceUnavailable, err
	}
	l.trunk, l.d.target, l.d.hop = t, target, h
	l.origins.ofTrunk(t)
	return 0, nil
}

// aimAtURI calls a foreign domain directly, when it is allowed.
func (l *leg) aimAtURI(uri string) (status int, err error) {
	target, err := message.ParseURI(uri)
	if err != nil {
		return sip.StatusNotFound, err
	}
	if target.Scheme == "tel" {
		return sip.StatusNotFound, errors.New("a tel: number needs a trunk")
	}
	if !l.u.mayDial(target.Host) {
		return sip.StatusForbidden, fmt.Errorf("the domain %s is not in sip.allow_domains", target.Host)
	}
	transport, err := message.Transport(target, "udp")
	if err != nil {
		return sip.StatusServiceUnavailable, err
	}
	addr, err := l.u.wire.Resolve(l.u.stop, transport, target)
	if err != nil {
		return sip.StatusNotFound, err
	}
	l.d.target = target
	l.d.hop = wire.Hop{Transport: transport, Addr: addr, Sock: l.u.wire.SocketFor(transport, "", addr.Addr()), Host: target.Host}
	return 0, nil
}

func (u *UA) mayDial(host string) bool {
	return slices.ContainsFunc(u.cfg.AllowDomains, func(d string) bool {
		return strings.EqualFold(strings.Trim(d, "[]"), strings.Trim(host, "[]"))
	})
}

// writeInvite writes the INVITE. Nothing in it is copied from another message.
func (l *leg) writeInvite(in gateway.Invite) *sip.Request {
	req := l.d.newRequest(sip.INVITE, l.d.next())
	l.describe(req)
	if in.From.Private && l.trunk != nil { // the trunk keeps it to itself (RFC 3323 4.2, RFC 3325 7)
		req.AppendHeader(sip.NewHeader("Privacy", "id"))
	}
	if t := l.trunk; t != nil && t.TakesIdentity(l.d.hop.Transport) && in.From.Verified() {
		if _, err := message.ParseURI(in.From.Address); err == nil {
			value := "<" + in.From.Address + ">"
			if name := message.QuoteDisplay(in.From.Display); name != "" {
				value = `"` + name + `" ` + value
			}
			req.AppendHeader(sip.NewHeader("P-Asserted-Identity", value)) // RFC 3325 9.1
		}
	}
	for _, h := range in.Headers {
		if len(h.Name) <= 64 && message.IsToken(h.Name) {
			req.AppendHeader(sip.NewHeader(h.Name, message.CleanText(h.Value)))
		}
	}
	setSDP(req, in.Offer)
	return req
}

// describe adds the headers of every INVITE and UPDATE of ours.
func (l *leg) describe(req *sip.Request) {
	req.AppendHeader(&sip.ContactHeader{Address: l.d.contact})
	req.AppendHeader(sip.NewHeader("Allow", l.u.allowed()))
	req.AppendHeader(sip.NewHeader("Accept", message.SDPType))
	req.AppendHeader(sip.NewHeader("Supported", strings.Join(extensions, ", ")))
	l.askTimer(req)
}

func setSDP(m sip.Message, sdp []byte) {
	if len(sdp) == 0 {
		m.SetBody(nil)
		return
	}
	kind := sip.ContentTypeHeader(message.SDPType)
	m.AppendHeader(&kind)
	m.SetBody(sdp)
}
