package event

import (
	"encoding/xml"
	"hash/maphash"
	"strconv"
	"strings"

	"ringsplash/gateway/machine"
	"ringsplash/presence"
)

const dialogInfoType = "application/dialog-info+xml"

// dialogInfo is the one dialog that a lamp shows (RFC 4235). There always is one,
// terminated when nothing is: phones keep the lamp as it was otherwise.
type dialogInfo struct {
	entity    string
	id        string
	state     string // terminated, early or confirmed
	direction string // recipient, initiator, or "" for none
	dialog    Dialog // empty where it is nobody's business
	remote    party  // empty where it is nobody's business
}

// party is who a phone talks with.
type party struct{ display, address string }

// text writes the document, versionMark in the place of its version.
func (d dialogInfo) text() string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\r\n" +
		`<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="` + versionMark + `" state="full"`)
	attribute(&b, "entity", d.entity)
	b.WriteString(">\r\n<dialog")
	attribute(&b, "id", d.id)
	attribute(&b, "call-id", d.dialog.CallID)
	attribute(&b, "local-tag", d.dialog.Local)
	attribute(&b, "remote-tag", d.dialog.Remote)
	attribute(&b, "direction", d.direction)
	b.WriteString(">\r\n<state>" + d.state + "</state>\r\n")
	if d.remote.address != "" {
		side(&b, "remote", d.remote)
	}
	side(&b, "local", party{address: d.entity})
	b.WriteString("</dialog>\r\n</dialog-info>\r\n")
	return b.String()
}

// side writes local or remote (RFC 4235 4.1.6).
func side(b *strings.Builder, name string, p party) {
	b.WriteString("<" + name + "><identity")
	attribute(b, "display", p.display)
	b.WriteString(">" + escaped(p.address) + "</identity><target")
	attribute(b, "uri", p.address)
	b.WriteString("/></" + name + ">\r\n")
}

// attribute writes one that is not empty.
func attribute(b *strings.Builder, name, value string) {
	if value != "" {
		b.WriteString(" " + name + `="` + escaped(value) + `"`)
	}
}

// escaped is text as XML takes it; what XML cannot hold is replaced.
func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder does not fail
	return b.String()
}

// lamp is a dialog subscription's look. Who may not see sees nothing happen, and
// who may not pick up learns neither who calls nor what names the dialog. Who wants
// no calls is busy. Under mu.
func (n *Notifier) lamp(s sight) look {
	d := dialogInfo{entity: s.entity, id: "none", state: "terminated"}
	shown := n.served.Load()
	takes := shown.MayPickUp(s.watcher, s.user) // asked early: what it needs may have to be read first
	v, seen := shown.Seen(s.watcher, s.user)
	switch {
	case !seen, v.State == presence.Offline && s.watcher != s.user:
	case v.State == presence.DND:
		d.id, d.state = "dnd", "confirmed"
	default:
		n.light(&d, s, takes)
	}
	return look{kind: dialogInfoType, text: d.text()}
}

// light fills in what the calls of the watched user show. Under mu.
func (n *Notifier) light(d *dialogInfo, s sight, takes bool) {
	l := n.served.Load().Lamp(s.user)
	if l.State == machine.LampDark {
		return
	}
	// Not the call's own name: two who talk with each other would show it.
	d.id, d.state, d.direction = strconv.FormatUint(maphash.String(n.seed, string(l.ID)+" "+s.user), 36), "confirmed", "initiator"
	if l.Incoming {
		d.direction = "recipient"
	}
	if l.State != machine.LampRings {
		return
	}
	d.state = "early"
	if takes {
		d.dialog, _ = n.to.Dialog(l.Leg)
		d.remote = party{l.Peer.Display, l.Peer.Address}
	}
}
