package event

import (
	"fmt"
	"mime/multipart"
	"net/textproto"
	"strconv"
	"strings"
)

// rlmi is what a NOTIFY of a list says (RFC 4662 5).
type rlmi struct {
	uri       string
	version   uint32
	whole     bool // it names every member
	resources []resource
	// token is in the boundary and the ids of the parts: nobody whose words are in
	// the parts knows it. host is ours.
	token, host string
}

// resource is one member of a list. One without body is told of by another NOTIFY.
type resource struct {
	uri, name string
	body      look
}

// look writes the list and the documents of its members as one body.
func (r rlmi) look() look {
	var b strings.Builder
	w := multipart.NewWriter(&b)
	_ = w.SetBoundary("list-" + r.token) // which may be one
	r.part(w, "list", "application/rlmi+xml", r.text())
	for i, one := range r.resources {
		if one.body.text != "" {
			r.part(w, strconv.Itoa(i), one.body.kind, one.body.text)
		}
	}
	_ = w.Close() // into memory, which takes all
	return look{
		kind: fmt.Sprintf(`multipart/related;type="application/rlmi+xml";start="<%s>";boundary="%s"`, r.id("list"), w.Boundary()),
		text: b.String(),
	}
}

// id names a part of this body, as no part of another is called.
func (r rlmi) id(part string) string { return part + "." + r.token + "@" + r.host }

func (r rlmi) part(w *multipart.Writer, id, kind, text string) {
	part, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Transfer-Encoding": {"binary"}, "Content-ID": {"<" + r.id(id) + ">"}, "Content-Type": {kind},
	})
	if err == nil { // into memory, which takes all
		_, _ = part.Write([]byte(text))
	}
}

// text writes the list itself.
func (r rlmi) text() string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\r\n" + `<list xmlns="urn:ietf:params:xml:ns:rlmi"`)
	attribute(&b, "uri", r.uri)
	fmt.Fprintf(&b, ` version="%d" fullState="%t">`+"\r\n", r.version, r.whole)
	for i, one := range r.resources {
		b.WriteString("<resource")
		attribute(&b, "uri", one.uri)
		b.WriteString(">")
		if one.name != "" {
			b.WriteString("<name>" + escaped(one.name) + "</name>")
		}
		if one.body.text == "" {
			b.WriteString(`<instance id="i" state="pending"/></resource>` + "\r\n")
			continue
		}
		b.WriteString(`<instance id="i" state="active"`)
		attribute(&b, "cid", r.id(strconv.Itoa(i)))
		b.WriteString("/></resource>\r\n")
	}
	b.WriteString("</list>\r\n")
	return b.String()
}
