// Package event is what SIP brings besides calls: text (RFC 3428), and what
// phones subscribe to and publish. It owns no dialog of a call: sipua hands it
// requests, and it writes its own through wire.
package event

import (
	"mime"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/emiago/sipgo/sip"

	"ringsplash/signaling/sipua/message"
)

// The media types that a MESSAGE may have.
const (
	textType      = "text/plain"
	cpimType      = "message/cpim"                   // RFC 3862
	composingType = "application/im-iscomposing+xml" // RFC 3994
	imdnType      = "message/imdn+xml"               // RFC 5438
)

// Accept is the Accept header of who takes text: all kinds of Body.
const Accept = textType + ", " + cpimType + ", " + composingType + ", " + imdnType

const (
	// maxText bounds the text of a message, in bytes.
	maxText = 4096
	// maxBody bounds the whole body: what may stand around the longest text.
	maxBody = maxText + 4096
	// maxID bounds the name that somebody gave his message, in bytes.
	maxID = 256
)

// Body is what a MESSAGE says: one of text, typing or receipt. Nothing in it is
// proven: who sent it is what there is evidence for in the request around it.
type Body struct {
	// Text is what was written, "" for none: valid UTF-8 whose lines end in LF.
	Text string
	// ID is how the sender names his text (imdn.Message-ID), "" for not at all.
	ID string
	// Wants are the receipts that the sender asked for.
	Wants Wants
	// Typing tells that the sender writes, or stopped; nil for neither.
	Typing *Typing
	// Receipt tells what became of a text of ours, nil for none.
	Receipt *Receipt
	// Wrapped: it came in message/cpim, so the sender understands that.
	Wrapped bool
}

// Wants are the receipts that a sender asks for (RFC 5438 7.1.1.1).
type Wants struct{ Delivered, Failed, Displayed bool }

// ReadBody reads the body of a MESSAGE. A kind that we do not take gets 415 with
// what we take, one that is too large 413, one that is broken 400 with what is
// wrong (RFC 3261 8.2.3).
func ReadBody(req *sip.Request) (Body, *message.Refusal) {
	if len(req.Body()) > maxBody {
		return Body{}, tooLong
	}
	if e := strings.ToLower(message.Header(req, "Content-Encoding")); e != "" && e != "identity" {
		return Body{}, notTaken()
	}
	return readBody(message.Header(req, "Content-Type"), req.Body())
}

func readBody(declared string, body []byte) (Body, *message.Refusal) {
	kind, params, err := mime.ParseMediaType(declared)
	switch {
	case declared == "" && len(body) == 0:
		return Body{}, message.BadRequest("No Text")
	case declared == "":
		return Body{}, message.BadRequest("Missing Content-Type")
	case err != nil:
		return Body{}, message.BadRequest("Content-Type Not Readable")
	case kind == cpimType:
		return readCPIM(body)
	}
	return readPart(kind, params, body)
}

// readPart reads what is not wrapped, or no longer.
func readPart(kind string, params map[string]string, body []byte) (b Body, no *message.Refusal) {
	switch kind {
	case textType:
		b.Text, no = readText(params["charset"], body)
	case composingType:
		b.Typing, no = readComposing(body)
	case imdnType:
		b.Receipt, no = readReceipt(body)
	default:
		return b, notTaken()
	}
	return b, no
}

// readText is plain text in UTF-8, lines ending in LF, without the control
// characters that no text needs.
func readText(charset string, body []byte) (string, *message.Refusal) {
	var text string
	switch strings.ToLower(charset) {
	case "", "utf-8", "utf8", "us-ascii": // SIP's default is UTF-8 (RFC 3261 7.4.1)
		if !utf8.Valid(body) {
			return "", message.BadRequest("Text Is Not UTF-8")
		}
		text = string(body)
	case "iso-8859-1", "latin1":
		runes := make([]rune, len(body))
		for i, c := range body {
			runes[i] = rune(c)
		}
		text = string(runes)
	default:
		return "", notTaken()
	}
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, text)
	text = strings.TrimRight(text, " \t\n")
	switch {
	case text == "":
		return "", message.BadRequest("No Text")
	case len(text) > maxText:
		return "", tooLong
	}
	return text, nil
}

// tooLong refuses what is larger than a message may be (RFC 3261 21.4.11).
var tooLong = &message.Refusal{Status: sip.StatusRequestEntityTooLarge, Phrase: "Message Too Long, 4096 Bytes Are Taken"}

// notTaken refuses a kind of body with those that are taken (RFC 3261 21.4.13).
func notTaken() *message.Refusal {
	return &message.Refusal{
		Status: sip.StatusUnsupportedMediaType, Phrase: "Unsupported Media Type",
		Headers: []sip.Header{sip.NewHeader("Accept", Accept), sip.NewHeader("Accept-Encoding", "identity")},
	}
}

// takesCPIM tells whether the sender of m says that it takes message/cpim.
func takesCPIM(m sip.Message) bool {
	return slices.ContainsFunc(message.Tokens(m, "Accept"), func(kind string) bool {
		kind, _, _ = strings.Cut(kind, ";")
		return strings.TrimSpace(kind) == cpimType
	})
}

// Typing is a status of RFC 3994.
type Typing struct {
	On bool
	// For is how long it holds without another one.
	For time.Duration
}

// Receipt is a disposition notification (RFC 5438).
type Receipt struct {
	// ID is the Message-ID of the text it is about.
	ID    string
	State ReceiptState
}

// ReceiptState is what a Receipt says.
type ReceiptState string

// What a Receipt says. Other words of RFC 5438 say nothing about a text of ours.
const (
	ReceiptDelivered ReceiptState = "delivered"
	ReceiptFailed    ReceiptState = "failed"
	ReceiptDisplayed ReceiptState = "displayed"
	ReceiptOther     ReceiptState = "other"
)
