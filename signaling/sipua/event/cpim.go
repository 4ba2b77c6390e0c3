package event

import (
	"bytes"
	"fmt"
	"mime"
	"strings"
	"time"
	"unicode/utf8"

	"ringsplash/signaling/sipua/message"
)

const (
	// imdnSpace is the name space of the headers that ask for receipts (RFC 5438 6).
	imdnSpace = "urn:ietf:params:imdn"
	// maxCPIMHeaders bounds the headers of a message/cpim, maxCPIMLine each.
	maxCPIMHeaders = 32
	maxCPIMLine    = 1024
)

// readCPIM reads a message/cpim (RFC 3862 2): headers of the message, an empty
// line, headers of the content, an empty line, the content. Its From and To are
// not looked at: they prove nothing.
func readCPIM(body []byte) (Body, *message.Refusal) {
	outer, rest, no := cpimHeaders(body)
	if no != nil {
		return Body{}, no
	}
	inner, content, no := cpimHeaders(rest)
	if no != nil {
		return Body{}, no
	}
	if e := strings.ToLower(first(inner, "content-transfer-encoding")); e != "" && e != "7bit" && e != "8bit" && e != "binary" {
		return Body{}, notTaken()
	}
	declared := first(inner, "content-type")
	if declared == "" {
		declared = textType // RFC 2045 5.2
	}
	kind, params, err := mime.ParseMediaType(declared)
	if err != nil {
		return Body{}, message.BadRequest("Content-Type In CPIM Not Readable")
	}
	b, no := readPart(kind, params, content)
	if no != nil {
		return Body{}, no
	}
	b.Wrapped = true
	if b.Text != "" { // nothing but a text is answered with receipts (RFC 5438 8)
		b.ID, b.Wants, no = imdnHeaders(outer)
	}
	return b, no
}

// cpimHeader is one header; names are kept as they are, RFC 3862 3.1 tells them
// apart by case, but not every sender does.
type cpimHeader struct{ name, value string }

// cpimHeaders reads headers up to the empty line. Lines may end in LF alone.
func cpimHeaders(b []byte) (list []cpimHeader, rest []byte, no *message.Refusal) {
	for {
		line, after, found := bytes.Cut(b, []byte("\n"))
		line = bytes.TrimSuffix(line, []byte("\r"))
		switch {
		case len(line) == 0 && found:
			return list, after, nil
		case !found:
			return nil, nil, message.BadRequest("CPIM Without An Empty Line")
		case len(list) == maxCPIMHeaders || len(line) > maxCPIMLine:
			return nil, nil, message.BadRequest("CPIM Headers Too Long")
		case !utf8.Valid(line):
			return nil, nil, message.BadRequest("CPIM Header Is Not UTF-8")
		}
		name, value, ok := strings.Cut(string(line), ":")
		if !ok || !message.IsToken(strings.TrimSpace(name)) {
			return nil, nil, message.BadRequest("CPIM Header Not Readable")
		}
		list, b = append(list, cpimHeader{strings.TrimSpace(name), strings.TrimSpace(value)}), after
	}
}

// first is the value of the first header of that name, whatever its case.
func first(list []cpimHeader, name string) string {
	for _, h := range list {
		if strings.EqualFold(h.name, name) {
			return h.value
		}
	}
	return ""
}

// imdnHeaders reads Message-ID and Disposition-Notification in whatever prefix
// the name space has (RFC 3862 3.4, RFC 5438 6).
func imdnHeaders(list []cpimHeader) (id string, wants Wants, no *message.Refusal) {
	prefix := "imdn."
	for _, h := range list {
		name, uri, found := strings.Cut(h.value, "<")
		if strings.EqualFold(h.name, "NS") && found && strings.TrimSuffix(strings.TrimSpace(uri), ">") == imdnSpace {
			prefix = strings.TrimSpace(name) + "."
		}
	}
	prefix = strings.TrimPrefix(prefix, ".") // the default name space has no prefix
	id = first(list, prefix+"Message-ID")
	if len(id) > maxID || message.CleanText(id) != id {
		return "", Wants{}, message.BadRequest("Message-ID Not Readable")
	}
	for word := range strings.SplitSeq(first(list, prefix+"Disposition-Notification"), ",") {
		word, _, _ = strings.Cut(word, ";")
		switch strings.ToLower(strings.TrimSpace(word)) {
		case "positive-delivery":
			wants.Delivered = true
		case "negative-delivery":
			wants.Failed = true
		case "display":
			wants.Displayed = true
		}
	}
	if id == "" {
		wants = Wants{} // there is nothing that a receipt could name
	}
	return id, wants, nil
}

// wrap writes a message/cpim with a content of that type. from and to are URIs;
// id is ours, "" for none, wants what receipts are asked for.
func wrap(from, to string, when time.Time, id string, wants Wants, kind string, content []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "From: <%s>\r\nTo: <%s>\r\nDateTime: %s\r\n", message.CleanText(from), message.CleanText(to),
		when.UTC().Format("2006-01-02T15:04:05.000Z"))
	if id != "" {
		fmt.Fprintf(&b, "NS: imdn <%s>\r\nimdn.Message-ID: %s\r\n", imdnSpace, id)
		if words := wants.words(); words != "" {
			b.WriteString("imdn.Disposition-Notification: " + words + "\r\n")
		}
	}
	fmt.Fprintf(&b, "\r\nContent-Type: %s\r\n", kind)
	if strings.HasPrefix(kind, imdnType) {
		b.WriteString("Content-Disposition: notification\r\n") // RFC 5438 7.2.1
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n", len(content))
	b.Write(content)
	return b.Bytes()
}

func (w Wants) words() string {
	var words []string
	for _, one := range []struct {
		on   bool
		word string
	}{{w.Delivered, "positive-delivery"}, {w.Failed, "negative-delivery"}, {w.Displayed, "display"}} {
		if one.on {
			words = append(words, one.word)
		}
	}
	return strings.Join(words, ", ")
}
