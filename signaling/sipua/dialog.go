package sipua

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"

	"ringsplash/signaling/sipua/message"
	"ringsplash/signaling/sipua/wire"
)

// dialogKey finds our side of a dialog: the Call-ID and our own tag. The far
// tag is checked by the leg, which may hold several early dialogs.
type dialogKey struct{ callID, tag string }

// dialog is the state of RFC 3261 12, without any I/O. Its leg's goroutine
// owns it.
type dialog struct {
	callID string
	// local and remote are From and To as we write them, tags included.
	local, remote sip.FromHeader
	// contact is where we are reached.
	contact sip.Uri
	// target is the remote target, routes the route set in the order to write.
	target sip.Uri
	routes []sip.Uri
	// localSeq is the CSeq number of our last request; remoteSeq of theirs,
	// valid once seen.
	localSeq  uint32
	remoteSeq uint32
	seen      bool
	// owner tells that we made the Call-ID (RFC 3261 14.1).
	owner bool
	// hop is how the dialog started; in-dialog requests without a route set
	// keep its socket, and its address too when sameFlow is set.
	hop wire.Hop
	// sameFlow sends everything to hop.addr, whatever the Contact says: the
	// phone registered over that flow and may be behind NAT.
	sameFlow bool
}

func (d *dialog) key() dialogKey {
	tag, _ := d.local.Params.Get("tag")
	return dialogKey{d.callID, tag}
}

// newRequest builds a request within the dialog (RFC 3261 12.2.1.1). An ACK or
// CANCEL gives the number of its INVITE, others the next one.
func (d *dialog) newRequest(method sip.RequestMethod, seq uint32) *sip.Request {
	target, routes := d.target, d.routes
	if len(routes) > 0 && !routes[0].UriParams.Has("lr") {
		// A strict router wants itself in the request line and the target last.
		target = routes[0]
		routes = append(append([]sip.Uri{}, d.routes[1:]...), d.target)
	}
	req := message.NewRequest(method, target, &d.local, &d.remote, d.callID, seq)
	for _, r := range slices.Backward(routes) {
		req.PrependHeader(&sip.RouteHeader{Address: *r.Clone()})
	}
	return req
}

// next counts our CSeq up.
func (d *dialog) next() uint32 {
	d.localSeq++
	return d.localSeq
}

// confirm takes the dialog from a 2xx to our INVITE (RFC 3261 12.1.2).
func (d *dialog) confirm(res *sip.Response) {
	d.remote.Params = nil
	if tag := message.Tag(res.To()); tag != "" && message.CleanTag(tag) {
		d.remote.Params = sip.HeaderParams{{K: "tag", V: tag}}
	}
	d.routes = recordRoute(res)
	slices.Reverse(d.routes)
	d.refresh(res.Contact())
}

// accept takes the dialog from an INVITE to us (RFC 3261 12.1.1).
func (d *dialog) accept(req *sip.Request) {
	d.routes = recordRoute(req)
	d.refresh(req.Contact())
}

// recordRoute reads the proxies that want to stay in the dialog, in the order
// of the message. One that cannot be written again is left out.
func recordRoute(m sip.Message) []sip.Uri {
	var out []sip.Uri
	for _, h := range m.GetHeaders("Record-Route") {
		if rr, ok := h.(*sip.RecordRouteHeader); ok {
			if uri, err := message.ParseURI(rr.Address.String()); err == nil {
				out = append(out, uri)
			}
		}
	}
	return out
}

// refresh takes a new remote target (RFC 3261 12.2.1.2). One that cannot be
// written into a request line is left out.
func (d *dialog) refresh(c *sip.ContactHeader) {
	if c == nil {
		return
	}
	if target, err := message.ParseURI(c.Address.String()); err == nil && target.Scheme != "tel" {
		d.target = target
	}
}

// nextHop is the URI that says where the next request goes, and whether it is
// the flow the dialog began on.
func (d *dialog) nextHop() (uri sip.Uri, flow bool) {
	if len(d.routes) > 0 {
		return d.routes[0], false
	}
	return d.target, d.sameFlow || behindNAT(d.target, d.hop)
}

// order judges the CSeq of an in-dialog request (RFC 3261 12.2.2).
func (d *dialog) order(seq uint32) seqOrder {
	switch {
	case !d.seen || seq == d.remoteSeq+1:
		return seqNext
	case seq <= d.remoteSeq:
		return seqOld
	default:
		return seqGap
	}
}

func (d *dialog) saw(seq uint32) {
	if !d.seen || seq > d.remoteSeq {
		d.seen, d.remoteSeq = true, seq
	}
}

type seqOrder int

const (
	seqNext seqOrder = iota
	seqOld
	seqGap // something before it is missing or was overtaken
)

// behindNAT tells that the Contact names a private address while the messages
// come from another, public one.
func behindNAT(target sip.Uri, h wire.Hop) bool {
	ip, err := netip.ParseAddr(strings.Trim(target.Host, "[]"))
	if err != nil || !h.Addr.IsValid() {
		return false
	}
	from := h.Addr.Addr()
	return ip.Unmap() != from && (ip.IsPrivate() || ip.IsLinkLocalUnicast()) && !from.IsPrivate() && !from.IsLoopback()
}
