package message

import (
	"fmt"
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"
)

const (
	// maxTagSize bounds tags and branches, in bytes.
	maxTagSize = 256
	// maxCallIDSize bounds Call-IDs, which name hosts too.
	maxCallIDSize = 1024
)

// Check finds what sipgo's parser lets through (RFC 3261 16.3); nil when req may
// go on. The numbers are the steps of RFC 3261 8.2, and of what every request
// must hold; extensions are the option tags we understand. Merged requests
// (8.2.2.2), the body (8.2.3) and unknown methods (8.2.1) are for who has the
// dialogs.
func Check(req *sip.Request, extensions []string) *Refusal {
	bad := func(phrase string, args ...any) *Refusal {
		return &Refusal{Status: sip.StatusBadRequest, Phrase: fmt.Sprintf(phrase, args...)}
	}
	// 7.1: the version.
	if req.SipVersion != "SIP/2.0" {
		req.SipVersion = "SIP/2.0" // the response is ours
		return &Refusal{Status: sip.StatusVersionNotSupported, Phrase: "Version Not Supported"}
	}
	// 8.1.1: the headers of every request, once each.
	for _, name := range []string{"From", "To", "Call-ID", "CSeq", "Max-Forwards", "Content-Length"} {
		switch n := len(req.GetHeaders(name)) + len(req.GetHeaders(compact[name])); {
		case n > 1:
			return bad("Several %s Headers", name)
		case n == 0 && name != "Max-Forwards" && name != "Content-Length":
			return bad("Missing %s", name)
		}
	}
	// 7.3.1: where a header ends.
	for _, h := range req.Headers() {
		// sipgo takes a bare LF, which another reader would take for a line end.
		if strings.ContainsAny(h.Value(), "\r\n") {
			return bad("Line End In A Header")
		}
	}
	if req.From() == nil || req.To() == nil || req.CallID() == nil || req.CSeq() == nil {
		return bad("From, To, Call-ID Or CSeq Not Readable")
	}
	// 8.2.1, 8.1.1.5: the method. sipgo has written it in capitals, but not that
	// of the CSeq.
	if !strings.EqualFold(strings.TrimSpace(string(req.CSeq().MethodName)), string(req.Method)) {
		return bad("CSeq Names Another Method")
	}
	// 8.1.1.3, 8.1.1.4, 8.1.1.7: tags, Call-ID and branch.
	if no := checkIDs(req); no != nil {
		return no
	}
	// 8.2.2.1: the Request-URI.
	switch req.Recipient.Scheme {
	case "sip", "sips", "tel":
	default:
		return &Refusal{Status: 416, Phrase: "Unsupported URI Scheme"}
	}
	if req.Recipient.Host == "" && req.Recipient.Scheme != "tel" {
		return bad("Request-URI Names No Host")
	}
	// 8.2.2.3: Require.
	return checkRequire(req, extensions)
}

// checkIDs finds identifiers that nobody needs so, of which parts are kept.
func checkIDs(req *sip.Request) *Refusal {
	for _, id := range []string{Tag(req.From()), Tag(req.To())} {
		if !CleanTag(id) {
			return BadRequest("Tag Not Readable")
		}
		if len(id) > maxTagSize {
			return BadRequest("Tag Too Long")
		}
	}
	if len(req.CallID().Value()) > maxCallIDSize {
		return BadRequest("Call-ID Too Long")
	}
	if via := req.Via(); via != nil {
		if branch, _ := via.Params.Get("branch"); len(branch) > maxTagSize {
			return BadRequest("Branch Too Long")
		}
	}
	return nil
}

// checkRequire refuses extensions we do not have (RFC 3261 8.2.2.3). The
// registrar has its own list.
func checkRequire(req *sip.Request, extensions []string) *Refusal {
	if req.IsAck() || req.IsCancel() || req.Method == sip.REGISTER {
		return nil
	}
	var unknown []string
	for _, name := range []string{"Require", "Proxy-Require"} {
		for _, tag := range Tokens(req, name) {
			if !slices.Contains(extensions, tag) {
				unknown = append(unknown, tag)
			}
		}
	}
	if unknown == nil {
		return nil
	}
	return &Refusal{
		Status: sip.StatusBadExtension, Phrase: "Bad Extension",
		Headers: []sip.Header{sip.NewHeader("Unsupported", CleanText(strings.Join(unknown, ", ")))},
	}
}

var compact = map[string]string{"From": "f", "To": "t", "Call-ID": "i", "Content-Length": "l"}
