package message

import (
	"slices"

	"github.com/emiago/sipgo/sip"
)

// Within is the response to req in at most size bytes. What does not fit is
// left out, from the last header on, where a peer can do without; nil when that
// does not suffice.
func (r *Refusal) Within(req *sip.Request, size int) []byte {
	lean := &Refusal{Status: r.Status, Phrase: r.Phrase, Headers: append(slices.Clone(r.Headers), sip.NewHeader("Server", Product))}
	for {
		if answer := lean.Response(req).String(); len(answer) <= size {
			return []byte(answer)
		}
		i := len(lean.Headers) - 1
		for i >= 0 && !lean.optional(i) {
			i--
		}
		if i < 0 {
			return nil
		}
		lean.Headers = slices.Delete(lean.Headers, i, i+1)
	}
}

// optional tells whether a peer can do without header i: one that says what
// else we can do, or another challenge than the first.
func (r *Refusal) optional(i int) bool {
	switch name := r.Headers[i].Name(); name {
	case "Server", "Allow", "Accept", "Accept-Encoding", "Supported":
		return true
	default:
		return slices.ContainsFunc(r.Headers[:i], func(h sip.Header) bool { return h.Name() == name })
	}
}

// Refusal is a final response with its reason.
type Refusal struct {
	Status int
	Phrase string
	// Headers are added to the response: challenges, Retry-After.
	Headers []sip.Header
	// Why is the log line, "" for nothing worth a line (a first challenge).
	Why string
}

// Response builds the final response to req. The To tag is sipgo's own:
// replace it when the caller chose one.
func (r *Refusal) Response(req *sip.Request) *sip.Response {
	res := sip.NewResponseFromRequest(req, r.Status, r.Phrase, nil)
	for _, h := range r.Headers {
		res.AppendHeader(h)
	}
	return res
}

// BadRequest is a 400 with what is wrong.
func BadRequest(phrase string) *Refusal {
	return &Refusal{Status: sip.StatusBadRequest, Phrase: phrase}
}
