package event

import (
	"cmp"
	"strings"

	"ringsplash/presence"
	"ringsplash/signaling/sipua/message"
)

const pidfType = "application/pidf+xml"

// activities are the words of RPID (RFC 4480 3.2) for our states.
var activities = map[presence.State]string{
	presence.Call: "on-the-phone", presence.DND: "busy", presence.Busy: "busy", presence.Away: "away",
}

// pidf writes a presence document (RFC 3863, 4479, 4480) about exactly the URI that
// was subscribed to: phones match on it. An offline one says nothing else.
func pidf(entity string, v presence.View) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\r\n" + `<presence xmlns="urn:ietf:params:xml:ns:pidf"` +
		` xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid"`)
	attribute(&b, "entity", entity)
	b.WriteString(">\r\n")
	if v.State == presence.Offline || v.State == "" {
		b.WriteString(`<tuple id="t"><status><basic>closed</basic></status></tuple>` + "\r\n</presence>\r\n")
		return b.String()
	}
	b.WriteString(`<tuple id="t"><status><basic>open</basic></status></tuple>` + "\r\n" + `<dm:person id="p">`)
	if word := activities[v.State]; word != "" {
		b.WriteString("<rpid:activities><rpid:" + word + "/></rpid:activities>")
	}
	if note := cmp.Or(v.Note, map[presence.State]string{presence.DND: "Do not disturb"}[v.State]); note != "" {
		b.WriteString("<dm:note>" + escaped(note) + "</dm:note>")
	}
	b.WriteString("</dm:person>\r\n</presence>\r\n")
	return b.String()
}

// present is a presence subscription's look. Who may not see sees somebody who is
// offline. Under mu.
func (n *Notifier) present(s sight) look {
	v, seen := n.served.Load().Seen(s.watcher, s.user)
	if !seen {
		v = presence.View{State: presence.Offline}
	}
	return look{kind: pidfType, text: pidf(s.entity, v)}
}

// states are what phones say of their users in the words of RPID. What is not here
// says nothing that others need know.
var states = map[string]presence.State{
	"on-the-phone": presence.Call, "busy": presence.Busy, "meeting": presence.Busy, "appointment": presence.Busy,
	"presentation": presence.Busy, "dnd": presence.Busy, "away": presence.Away, "meal": presence.Away,
	"vacation": presence.Away, "holiday": presence.Away, "permanent-absence": presence.Away, "sleeping": presence.Away,
	"travel": presence.Away, "in-transit": presence.Away,
}

// readPIDF reads what a phone publishes of its user: the first activity that means
// something to us, and the first note.
func readPIDF(body []byte) (p presence.Publication, no *message.Refusal) {
	list, err := elements(body)
	if err != nil || list[0].path != "presence" {
		return p, message.BadRequest("Presence Not Readable")
	}
	for _, e := range list {
		dir, name := "", e.path
		if i := strings.LastIndexByte(e.path, '/'); i >= 0 {
			dir, name = e.path[:i], e.path[i+1:]
		}
		switch {
		case strings.HasSuffix(dir, "/activities") && p.State == "":
			p.State = states[name]
		case name == "note" && p.Note == "":
			p.Note = message.Clip(strings.TrimSpace(e.text), maxNote)
		}
	}
	return p, nil
}

// maxNote bounds a phone's note, in bytes.
const maxNote = 128
