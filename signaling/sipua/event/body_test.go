package event

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
)

// cpim joins the lines of a message/cpim.
func cpim(lines ...string) string { return strings.Join(lines, "\r\n") }

var typingForMinute = &Typing{On: true, For: time.Minute}

const composing = `<?xml version="1.0" encoding="UTF-8"?>
<isComposing xmlns="urn:ietf:params:xml:ns:im-iscomposing" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <state>active</state><contenttype>text/plain</contenttype><refresh>60</refresh></isComposing>`

const delivered = `<imdn xmlns="urn:ietf:params:xml:ns:imdn"><message-id>34jk324j</message-id>
<datetime>2008-04-04T12:16:49-05:00</datetime><delivery-notification><status><delivered/></status></delivery-notification></imdn>`

// bodies are what MESSAGEs carry, and what is read.
var bodies = []struct {
	name, kind, body string
	want             Body
	refused          int
}{
	{name: "text", kind: "text/plain", body: "hello", want: Body{Text: "hello"}},
	{name: "UTF-8", kind: "text/plain;charset=UTF-8", body: "Grüße 👩🏽‍🚀\r\nline\r\n", want: Body{Text: "Grüße 👩🏽‍🚀\nline"}},
	{name: "Latin 1", kind: "Text/Plain; charset=ISO-8859-1", body: "Gr\xfc\xdfe", want: Body{Text: "Grüße"}},
	{name: "controls", kind: "text/plain", body: "a\x00\x1b[31m\tb\x7f", want: Body{Text: "a[31m\tb"}},
	{name: "not UTF-8", kind: "text/plain", body: "Gr\xfc\xdfe", refused: 400},
	{name: "another charset", kind: "text/plain;charset=utf-16", body: "a\x00", refused: 415},
	{name: "nothing", refused: 400},
	{name: "blanks", kind: "text/plain", body: " \r\n", refused: 400},
	{name: "no type", body: "hello", refused: 400},
	{name: "broken type", kind: "text/;;", body: "hello", refused: 400},
	{name: "HTML", kind: "text/html", body: "<b>hello</b>", refused: 415},
	{name: "multipart", kind: "multipart/mixed;boundary=x", body: "--x--", refused: 415},
	{name: "longest", kind: "text/plain", body: strings.Repeat("x", maxText), want: Body{Text: strings.Repeat("x", maxText)}},
	{name: "too long", kind: "text/plain", body: strings.Repeat("x", maxText+1), refused: 413},
	{name: "far too long", kind: "text/plain", body: strings.Repeat("x", maxBody+1), refused: 413},
	{
		name: "CPIM", kind: "Message/CPIM",
		body: cpim("From: Mallory <sip:alice@example.test>", "To: <im:bob@example.test>", "DateTime: 2026-11-30T13:40:00-08:00",
			"NS: imdn <urn:ietf:params:imdn>", "imdn.Message-ID: 34jk324j",
			"imdn.Disposition-Notification: positive-delivery, Negative-Delivery;x=y, display", "",
			"Content-Type: text/plain; charset=utf-8", "Content-Length: 5", "", "hello"),
		want: Body{Text: "hello", ID: "34jk324j", Wants: Wants{true, true, true}, Wrapped: true},
	},
	{
		name: "CPIM with another prefix, LF alone, no type", kind: "message/cpim",
		body: "From: <sip:a@b>\nNS: x <urn:ietf:params:imdn>\nx.Message-ID: 1\nx.Disposition-Notification: display\n\n\nhi",
		want: Body{Text: "hi", ID: "1", Wants: Wants{Displayed: true}, Wrapped: true},
	},
	{
		name: "receipts for what has no name", kind: "message/cpim",
		body: cpim("imdn.Disposition-Notification: display", "", "Content-Type: text/plain", "", "hi"),
		want: Body{Text: "hi", Wrapped: true},
	},
	{name: "CPIM without content", kind: "message/cpim", body: cpim("From: <sip:a@b>", "", "hello"), refused: 400},
	{name: "CPIM of lines", kind: "message/cpim", body: strings.Repeat("A: b\r\n", maxCPIMHeaders+1) + "\r\n\r\nx", refused: 400},
	{name: "CPIM of HTML", kind: "message/cpim", body: cpim("A: b", "", "Content-Type: text/html", "", "x"), refused: 415},
	{name: "CPIM in CPIM", kind: "message/cpim", body: cpim("A: b", "", "Content-Type: message/cpim", "", "x"), refused: 415},
	{
		name: "CPIM in base64", kind: "message/cpim", refused: 415,
		body: cpim("A: b", "", "Content-Type: text/plain", "Content-Transfer-Encoding: base64", "", "aGk="),
	},
	{name: "long ID", kind: "message/cpim", body: "imdn.Message-ID: " + strings.Repeat("x", 300) + "\n\n\nhi", refused: 400},
	{name: "typing", kind: "application/im-iscomposing+xml", body: composing, want: Body{Typing: typingForMinute}},
	{
		name: "typing in CPIM", kind: "message/cpim",
		body: cpim("A: b", "", "Content-Type: application/im-iscomposing+xml", "", composing),
		want: Body{Typing: typingForMinute, Wrapped: true},
	},
	{
		name: "idle, in seconds of no sense", kind: composingType,
		body: "<isComposing><state>idle</state><refresh>4000000</refresh></isComposing>",
		want: Body{Typing: &Typing{For: 2 * time.Minute}},
	},
	{name: "no state", kind: composingType, body: "<isComposing></isComposing>", refused: 400},
	{name: "no XML", kind: composingType, body: "typing", refused: 400},
	{name: "a document type", kind: composingType, body: "<!DOCTYPE x [<!ENTITY a \"b\">]>" + composing[39:], refused: 400},
	{name: "deep", kind: composingType, body: strings.Repeat("<isComposing>", 20), refused: 400},
	{name: "wide", kind: composingType, body: "<isComposing>" + strings.Repeat("<a/>", 300) + "</isComposing>", refused: 400},
	{
		name: "delivered", kind: "message/imdn+xml", body: delivered,
		want: Body{Receipt: &Receipt{ID: "34jk324j", State: ReceiptDelivered}},
	},
	{
		name: "displayed", kind: "message/imdn+xml",
		body: "<imdn><message-id>1</message-id><display-notification><status><displayed/></status></display-notification></imdn>",
		want: Body{Receipt: &Receipt{ID: "1", State: ReceiptDisplayed}},
	},
	{
		name: "failed", kind: "message/imdn+xml",
		body: "<imdn><message-id>1</message-id><delivery-notification><status><failed/></status></delivery-notification></imdn>",
		want: Body{Receipt: &Receipt{ID: "1", State: ReceiptFailed}},
	},
	{
		name: "something else about it", kind: "message/imdn+xml",
		body: "<imdn><message-id>1</message-id><processing-notification><status><stored/></status></processing-notification></imdn>",
		want: Body{Receipt: &Receipt{ID: "1", State: ReceiptOther}},
	},
	{
		name: "a receipt in CPIM names no text and asks for none", kind: "message/cpim",
		body: cpim("imdn.Message-ID: 9", "imdn.Disposition-Notification: display", "", "Content-Type: message/imdn+xml", "", delivered),
		want: Body{Receipt: &Receipt{ID: "34jk324j", State: ReceiptDelivered}, Wrapped: true},
	},
	{name: "about nothing", kind: "message/imdn+xml", body: "<imdn></imdn>", refused: 400},
}

func TestReadBody(t *testing.T) {
	for _, c := range bodies {
		req := sip.NewRequest(sip.MESSAGE, sip.Uri{Scheme: "sip", User: "alice", Host: "example.test"})
		if c.kind != "" {
			req.AppendHeader(sip.NewHeader("Content-Type", c.kind))
		}
		req.SetBody([]byte(c.body))
		got, no := ReadBody(req)
		switch {
		case no == nil && c.refused != 0, no != nil && no.Status != c.refused:
			t.Errorf("%s: refused with %v, want %d", c.name, no, c.refused)
		case no != nil && no.Status == 415 && (len(no.Headers) == 0 || no.Headers[0].Value() != Accept):
			t.Errorf("%s: 415 does not say what is taken: %v", c.name, no.Headers)
		case no == nil && !reflect.DeepEqual(got, c.want):
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestReadBodyEncoded(t *testing.T) {
	req := sip.NewRequest(sip.MESSAGE, sip.Uri{Scheme: "sip", Host: "example.test"})
	req.AppendHeader(sip.NewHeader("Content-Type", "text/plain"))
	req.AppendHeader(sip.NewHeader("Content-Encoding", "gzip"))
	req.SetBody([]byte("hello"))
	if _, no := ReadBody(req); no == nil || no.Status != 415 {
		t.Errorf("gzip is refused with %v", no)
	}
}

// What we write is what we read.
func TestWriteBody(t *testing.T) {
	when := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	wants := Wants{Delivered: true, Failed: true}
	wrapped := func(id string, kind string, content []byte) Body {
		t.Helper()
		b, no := readBody(cpimType, wrap("sip:a@example.test", "sip:b@example.test", when, id, wants, kind, content))
		if no != nil {
			t.Fatalf("%s: %v", kind, no)
		}
		return b
	}
	want := Body{Text: "Grüße", ID: "01J", Wants: wants, Wrapped: true}
	if b := wrapped("01J", "text/plain;charset=UTF-8", []byte("Grüße")); !reflect.DeepEqual(b, want) {
		t.Errorf("a text: %+v", b)
	}
	for _, on := range []bool{true, false} {
		if b := wrapped("", composingType, writeComposing(on)); b.Typing == nil || b.Typing.On != on {
			t.Errorf("typing %v: %+v", on, b)
		}
	}
	for _, state := range []ReceiptState{ReceiptDelivered, ReceiptFailed, ReceiptDisplayed} {
		b := wrapped("", imdnType, writeReceipt("<&1", state, when))
		if b.Receipt == nil || *b.Receipt != (Receipt{ID: "<&1", State: state}) {
			t.Errorf("%s: %+v", state, b.Receipt)
		}
	}
}
