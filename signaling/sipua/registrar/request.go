package registrar

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"

	"ringsplash/signaling/sipua/message"
	"ringsplash/store"
)

// wellFormed refuses a request that lacks what sipgo's parser does not insist
// on (RFC 3261 8.1.1), before anything reads it.
func wellFormed(req *sip.Request) *message.Refusal {
	switch {
	case req.Via() == nil:
		return message.BadRequest("Missing Via")
	case req.From() == nil:
		return message.BadRequest("Missing From")
	case req.To() == nil:
		return message.BadRequest("Missing To")
	case req.CallID() == nil:
		return message.BadRequest("Missing Call-ID")
	case req.CSeq() == nil:
		return message.BadRequest("Missing CSeq")
	case strings.TrimSpace(string(req.CSeq().MethodName)) != string(req.Method):
		return message.BadRequest("CSeq Names Another Method")
	}
	for _, name := range []string{"From", "To", "Call-ID", "CSeq"} {
		if len(req.GetHeaders(name)) > 1 {
			return message.BadRequest("Two " + name)
		}
	}
	return nil
}

// storeAway is the answer when the store or the directory failed.
func storeAway(err error) *message.Refusal {
	r := &message.Refusal{Status: sip.StatusInternalServerError, Phrase: "Gateway Fault", Why: err.Error()}
	if errors.Is(err, store.ErrAway) || errors.Is(err, context.DeadlineExceeded) {
		r.Phrase = "Store Away"
		r.Headers = []sip.Header{sip.NewHeader("Retry-After", "30")}
	}
	return r
}

// unsupported refuses a request that requires an extension not among known
// (RFC 3261 8.2.2.3).
func unsupported(req *sip.Request, known ...string) *message.Refusal {
	var unknown []string
	for _, tag := range tags(req, "Require") {
		if !slices.Contains(known, strings.ToLower(tag)) {
			unknown = append(unknown, message.Clip(tag, 64))
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	return &message.Refusal{
		Status: sip.StatusBadExtension, Phrase: "Bad Extension",
		Headers: []sip.Header{sip.NewHeader("Unsupported", strings.Join(unknown, ", "))},
	}
}

// tags are the option tags of a header, at most 32 of them.
func tags(req *sip.Request, name string) []string {
	var list []string
	for _, h := range req.GetHeaders(name) {
		list = append(list, message.SplitList(h.Value())...)
	}
	return list[:min(len(list), 32)]
}

func hasTag(req *sip.Request, name, tag string) bool {
	return slices.ContainsFunc(tags(req, name), func(t string) bool { return strings.EqualFold(t, tag) })
}

// headerText is the value of a header, fit to be stored and shown, "" when
// there is none.
func headerText(req *sip.Request, name string) string {
	if h := req.GetHeader(name); h != nil {
		return message.Clip(strings.TrimSpace(h.Value()), 256)
	}
	return ""
}
