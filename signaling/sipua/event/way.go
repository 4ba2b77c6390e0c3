package event

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/chat"
	"ringsplash/location"
	"ringsplash/signaling/sipua/message"
	"ringsplash/signaling/sipua/trunk"
	"ringsplash/signaling/sipua/wire"
)

const (
	// datagramMax is how large a request may be that goes by UDP (RFC 3428 8),
	// viaSize about what its transport adds.
	datagramMax = 1300
	viaSize     = 150
	// partSize is how long a text for a phone may be in one piece, in bytes,
	// leastPart how long in any case.
	partSize  = 1300
	leastPart = 160
)

var (
	errNoWay    = errors.New("there is none")
	errNoSocket = errors.New("there is no UDP socket that leads there: add one to sip.listen")
)

// content is a body with its type.
type content struct {
	kind string
	body []byte
}

// way is how a MESSAGE gets to a phone or a far end, and what stands in it.
type way struct {
	hop     wire.Hop
	target  sip.Uri
	routes  []sip.Uri
	from    sip.FromHeader
	to      sip.FromHeader
	trunk   *trunk.Trunk // whose challenges are answered; nil for none
	assert  string       // P-Asserted-Identity, "" for none
	outside bool         // a far end, no phone of ours
	peer    string       // names whose abilities are remembered
}

// wayToPhone is the flow that a phone registered over (RFC 5626 5.3).
func (t *Texts) wayToPhone(b location.Binding, from, to chat.Party) (w way, err error) {
	use, hop, err := t.to.FlowFor(b)
	if err != nil {
		return w, err
	}
	if hop.Transport == "udp" && hop.Sock == nil {
		return w, errNoSocket
	}
	w = way{hop: hop, peer: phoneOf(b.User, b.Device)}
	if w.target, err = message.ParseURI(use.Contact); err != nil {
		return w, err
	}
	for _, p := range use.Path {
		route, err := message.ParseURI(p)
		if err != nil {
			return w, err
		}
		w.routes = append(w.routes, route)
	}
	return w, w.name(from, to)
}

// wayOut leads to a far end: through a trunk, whatever host the URI names, or to
// a foreign domain that is allowed.
func (t *Texts) wayOut(ctx context.Context, one chat.Way, from, to chat.Party) (w way, err error) {
	w = way{outside: true, peer: to.Address}
	if w.target, err = message.ParseURI(one.URI); err != nil {
		return w, err
	}
	if err := w.name(from, to); err != nil {
		return w, err
	}
	if one.Trunk != "" {
		return w, t.throughTrunk(&w, one.Trunk)
	}
	if w.target.Scheme == "tel" {
		return w, errors.New("a tel: number needs a trunk")
	}
	if !t.to.MayDial(w.target.Host) {
		return w, fmt.Errorf("the domain %s is not in sip.allow_domains", w.target.Host)
	}
	transport, err := message.Transport(w.target, "udp")
	if err != nil {
		return w, err
	}
	addr, err := t.to.Wire.Resolve(ctx, transport, w.target)
	if err != nil {
		return w, err
	}
	w.hop = wire.Hop{Transport: transport, Addr: addr, Sock: t.to.Wire.SocketFor(transport, "", addr.Addr()), Host: w.target.Host}
	if transport == "udp" && w.hop.Sock == nil {
		return w, errNoSocket
	}
	return w, nil
}

func (t *Texts) throughTrunk(w *way, name string) (err error) {
	if w.trunk = t.to.Trunks.Named(name); w.trunk == nil {
		return fmt.Errorf("there is no trunk %q: add it to the configuration", name)
	}
	if w.target.Scheme == "tel" {
		w.target = w.trunk.Number(w.target)
	}
	if w.trunk.TakesIdentity(w.trunk.Transport) {
		w.assert = "<" + w.from.Address.String() + ">" // RFC 3325 9.1
	}
	if w.trunk.Account != "" { // a registrar lets its account write as itself only
		if w.from.Address, err = message.ParseURI(w.trunk.Account); err != nil {
			return err
		}
	}
	if w.hop, err = w.trunk.Hop(); err == nil && w.hop.Transport == "udp" && w.hop.Sock == nil {
		return errNoSocket
	}
	return err
}

// name writes who it is from and for.
func (w *way) name(from, to chat.Party) (err error) {
	if w.from.Address, err = message.ParseURI(from.Address); err != nil {
		w.from.Address = sip.Uri{Scheme: "sip", User: "anonymous", Host: "anonymous.invalid"}
	}
	w.from.DisplayName = message.QuoteDisplay(from.Display)
	if w.to.Address, err = message.ParseURI(to.Address); err != nil {
		w.to.Address = *w.target.Clone()
	}
	return nil
}

// request is a MESSAGE as it goes that way (RFC 3428 4). Nothing in it is copied
// from another message, and nothing in it can make a phone answer; there is no
// Contact, for there is no dialog.
func (w way) request(c content, written time.Time) *sip.Request {
	from := w.from
	from.Params = sip.HeaderParams{{K: "tag", V: message.NewToken()}}
	req := message.NewRequest(sip.MESSAGE, w.target, &from, &w.to, message.NewToken(), 1)
	for i := range w.routes {
		req.PrependHeader(&sip.RouteHeader{Address: *w.routes[len(w.routes)-1-i].Clone()})
	}
	if w.assert != "" {
		req.AppendHeader(sip.NewHeader("P-Asserted-Identity", w.assert))
	}
	if time.Since(written) > waited {
		req.AppendHeader(dated(written))
	}
	kind := sip.ContentTypeHeader(c.kind)
	req.AppendHeader(&kind)
	req.SetBody(c.body)
	return req
}

// room is how long a part of a text may be.
func (w way) room(written time.Time) int {
	if w.hop.Transport != "udp" {
		return partSize
	}
	return max(datagramMax-viaSize-len(w.request(content{plainType, nil}, written).String()), leastPart)
}

// fits tells whether req may go as it is. To a far end it goes over TCP when it
// is large and the far end takes that; w is changed then.
func (t *Texts) fits(w *way, req *sip.Request) bool {
	if w.hop.Transport != "udp" || len(req.String())+viaSize <= datagramMax {
		return true
	}
	if !w.outside {
		return false
	}
	hop := t.to.Wire.Fitting(w.hop, req)
	if hop.Transport == "udp" {
		return false
	}
	w.hop = hop
	return true
}
