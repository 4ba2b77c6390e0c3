package sipua

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/gateway/machine"
	"ringsplash/signaling/sipua/message"
	"ringsplash/signaling/sipua/wire"
)

// goodbyeGap is added to the CSeq number that a dialog had when it was kept:
// more requests may have gone out since, and a number may be left out (RFC 3261
// 12.2.2).
const goodbyeGap = 1 << 16

// A phone on a connection gets its BYE once it has registered again, within
// goodbyeWait; every goodbyeLook that is looked for.
const (
	goodbyeWait = 2 * time.Minute
	goodbyeLook = 500 * time.Millisecond
)

// kept is a dialog as a BYE needs it from another process: the Call-ID, the
// tags, the CSeq, the route set, the remote target and the way there (RFC 3261
// 12.2.1.1).
type kept struct {
	V         int      `json:"v"`
	CallID    string   `json:"callId"`
	Local     tagged   `json:"local"`
	Remote    tagged   `json:"remote"`
	Contact   string   `json:"contact"`
	Target    string   `json:"target"`
	Routes    []string `json:"routes,omitempty"`
	Seq       uint32   `json:"seq"`
	Transport string   `json:"transport"`
	Peer      string   `json:"peer"`
	Socket    string   `json:"socket,omitempty"`
	Host      string   `json:"host,omitempty"`
	SameFlow  bool     `json:"sameFlow,omitempty"`
	Trunk     string   `json:"trunk,omitempty"`
	// User and Device are those of our own phone: over TCP and TLS it is told once
	// it has registered again.
	User   string `json:"user,omitempty"`
	Device string `json:"device,omitempty"`
}

// tagged is From or To without its display name.
type tagged struct {
	URI string `json:"uri"`
	Tag string `json:"tag"`
}

func taggedOf(h *sip.FromHeader) tagged {
	tag, _ := h.Params.Get("tag")
	return tagged{h.Address.String(), tag}
}

// keep tells the call how to say goodbye from another process.
func (l *leg) keep() {
	d := &l.d
	k := kept{
		V: 1, CallID: d.callID, Local: taggedOf(&d.local), Remote: taggedOf(&d.remote), Contact: d.contact.String(),
		Target: d.target.String(),
		Seq:    d.localSeq, Transport: d.hop.Transport, Peer: d.hop.Addr.String(), Host: d.hop.Host, SameFlow: d.sameFlow,
	}
	for _, r := range d.routes {
		k.Routes = append(k.Routes, r.String())
	}
	if d.hop.Sock != nil {
		k.Socket = d.hop.Sock.Addr.String()
	}
	if l.trunk != nil {
		k.Trunk = l.trunk.Name
	}
	k.User, k.Device = l.origins.phone()
	text, err := json.Marshal(k)
	if err != nil {
		l.log.Error("sip: the dialog cannot be kept for a restart", "err", err)
		return
	}
	l.tell(machine.Kept{LegID: l.id, Goodbye: text})
}

// Goodbye sends the BYE of a dialog that a killed process had (gateway.Dialer).
func (u *UA) Goodbye(text []byte, c machine.Cause) error {
	var k kept
	if err := json.Unmarshal(text, &k); err != nil {
		return err
	}
	d, err := u.revive(k)
	if err != nil {
		return err
	}
	l := u.newLeg(machine.LegID("g"+message.NewToken()), legUp, d)
	l.sink = func(machine.Event) {}
	l.trunk = u.trunks.Named(k.Trunk)
	l.settles(&l.d)
	l.origins.ofPhone(k.User, k.Device)
	until := time.Now().Add(goodbyeWait)
	l.mail.Post(func() { l.hangUpWhenBack(c, until) })
	if err := u.adopt(l); err != nil {
		l.mail.CloseIfEmpty()
		return err
	}
	go l.run()
	return nil
}

// hangUpWhenBack hangs up, on the connection of a phone of ours once it has made
// a new one.
func (l *leg) hangUpWhenBack(c machine.Cause, until time.Time) {
	user, device := l.origins.phone()
	if l.state == legUp && user != "" && l.u.access != nil && l.d.hop.Transport != "udp" && time.Now().Before(until) {
		for _, b := range l.u.access.Bindings(user) {
			if b.Device == device && l.u.alive(b) {
				l.out.asked.Binding = &b
			}
		}
		if l.out.asked.Binding == nil {
			l.after(goodbyeLook, func() { l.hangUpWhenBack(c, until) })
			return
		}
	}
	l.hangUp(c)
}

// revive makes the dialog of what was kept.
func (u *UA) revive(k kept) (dialog, error) {
	d := dialog{callID: k.CallID, localSeq: k.Seq + goodbyeGap, sameFlow: k.SameFlow}
	var wrong error
	uri := func(text string) sip.Uri {
		parsed, err := message.ParseURI(text)
		wrong = errors.Join(wrong, err)
		return parsed
	}
	header := func(p tagged) sip.FromHeader {
		h := sip.FromHeader{Address: uri(p.URI)}
		if p.Tag != "" {
			h.Params = sip.HeaderParams{{K: "tag", V: p.Tag}}
		}
		return h
	}
	d.local, d.remote, d.target, d.contact = header(k.Local), header(k.Remote), uri(k.Target), uri(k.Contact)
	for _, text := range k.Routes {
		d.routes = append(d.routes, uri(text))
	}
	peer, err := netip.ParseAddrPort(k.Peer)
	if err = errors.Join(wrong, err); err != nil {
		return d, fmt.Errorf("sip: a kept dialog: %w", err)
	}
	d.hop = wire.Hop{Transport: k.Transport, Addr: peer, Sock: u.wire.SocketFor(k.Transport, k.Socket, peer.Addr()), Host: k.Host}
	return d, nil
}
