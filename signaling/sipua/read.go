package sipua

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/gateway"
	"ringsplash/policy"
)

// This file reads what sipgo leaves as text. Everything here takes input from
// strangers; fuzz_test.go feeds it noise.

const sdpType = "application/sdp"

// tagOf is the tag of a From or To, "" when there is none.
func tagOf[H *sip.ToHeader | *sip.FromHeader](h H) string {
	var params sip.HeaderParams
	switch h := any(h).(type) {
	case *sip.ToHeader:
		if h != nil {
			params = h.Params
		}
	case *sip.FromHeader:
		if h != nil {
			params = h.Params
		}
	}
	tag, _ := params.Get("tag")
	return tag
}

// headerValue is the value of the first header of that name, "" for none.
func headerValue(m sip.Message, name string) string {
	if h := m.GetHeaders(name); len(h) > 0 {
		return h[0].Value()
	}
	return ""
}

// tokens reads the comma lists of all headers of that name, in lower case
// (Require, Supported).
func tokens(m sip.Message, name string) []string {
	var out []string
	for _, h := range m.GetHeaders(name) {
		for t := range strings.SplitSeq(h.Value(), ",") {
			if t = strings.ToLower(strings.TrimSpace(t)); t != "" {
				out = append(out, t)
			}
		}
	}
	return out
}

// sdpOf finds the session description of a message: the body, or the part of a
// multipart body (RFC 5621). It is nil when there is none; an error tells that
// the body is of a kind we cannot take (415).
func sdpOf(m sip.Message) ([]byte, error) {
	body := m.Body()
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, nil
	}
	if e := strings.ToLower(headerValue(m, "Content-Encoding")); e != "" && e != "identity" {
		return nil, fmt.Errorf("content encoding %q is not supported", e)
	}
	return sdpIn(headerValue(m, "Content-Type"), body)
}

func sdpIn(declared string, body []byte) ([]byte, error) {
	if declared == "" && bytes.HasPrefix(body, []byte("v=0")) {
		return body, nil
	}
	kind, params, err := mime.ParseMediaType(declared)
	if err != nil {
		return nil, fmt.Errorf("content type %q cannot be read", declared)
	}
	if kind == sdpType {
		return body, nil
	}
	if !strings.HasPrefix(kind, "multipart/") || params["boundary"] == "" {
		return nil, fmt.Errorf("content type %q is not supported", kind)
	}
	for r := multipart.NewReader(bytes.NewReader(body), params["boundary"]); ; {
		part, err := r.NextRawPart()
		if err != nil {
			return nil, fmt.Errorf("no %s part in the %s body", sdpType, kind)
		}
		if t, _, err := mime.ParseMediaType(part.Header.Get("Content-Type")); err == nil && t == sdpType {
			return io.ReadAll(part)
		}
	}
}

// cancelCause is why a CANCEL ends a call, by its Reason headers (RFC 3326 2):
// somebody took the call elsewhere, as SIP 200 or Q.850 26 ("non-selected user
// clearing", ITU-T Q.850 2.2.2) says, or the caller gave up.
func cancelCause(cancel *sip.Request) gateway.Cause {
	for _, h := range cancel.GetHeaders("Reason") {
		for _, one := range splitList(h.Value()) {
			if answeredElsewhere(one) {
				return gateway.CauseElsewhere
			}
		}
	}
	return gateway.CauseCallerGone
}

// answeredElsewhere reads one value of a Reason header.
func answeredElsewhere(reason string) bool {
	protocol, rest, _ := strings.Cut(reason, ";")
	want := map[string]string{"sip": "200", "q.850": "26"}[strings.ToLower(strings.TrimSpace(protocol))]
	for p := range strings.SplitSeq(rest, ";") {
		name, v, _ := strings.Cut(p, "=")
		if strings.EqualFold(strings.TrimSpace(name), "cause") {
			return want != "" && strings.TrimSpace(v) == want
		}
	}
	return false
}

// retryAfter reads a Retry-After header (RFC 3261 20.33); 0 when there is none.
func retryAfter(value string) time.Duration {
	end := strings.IndexFunc(value, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(value)
	}
	n, err := strconv.ParseUint(value[:end], 10, 32)
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Second
}

// answerMode reads Answer-Mode and Priv-Answer-Mode (RFC 5373 4.3).
func answerMode(m sip.Message) gateway.AnswerMode {
	auto, require := parseAnswerMode(headerValue(m, "Answer-Mode"))
	priv, privRequire := parseAnswerMode(headerValue(m, "Priv-Answer-Mode"))
	if !auto { // beside Auto the privileged one counts as absent, as it is never let in
		require = privRequire && priv
	}
	return gateway.AnswerMode{Auto: auto, Priv: priv, Require: require}
}

func parseAnswerMode(value string) (auto, require bool) {
	mode, params, _ := strings.Cut(value, ";")
	auto = strings.EqualFold(strings.TrimSpace(mode), "auto")
	for p := range strings.SplitSeq(params, ";") {
		if strings.EqualFold(strings.TrimSpace(p), "require") {
			require = true
		}
	}
	return auto, require
}

// dtmfDigit reads the body of an INFO: application/dtmf-relay
// ("Signal=5\r\nDuration=160") or application/dtmf ("5"). ok is false when it
// holds no digit.
func dtmfDigit(kind string, body []byte) (digit byte, ok bool) {
	text := string(body)
	if kind == "application/dtmf-relay" {
		signal := ""
		for line := range strings.Lines(text) {
			name, v, found := strings.Cut(line, "=")
			if found && strings.EqualFold(strings.TrimSpace(name), "signal") {
				signal = v
				break
			}
		}
		text = signal
	}
	switch text = strings.ToUpper(strings.TrimSpace(text)); {
	case len(text) == 1 && strings.Contains("0123456789*#ABCD", text):
		return text[0], true
	case text == "10": // some phones send the event number (RFC 4733 3.2)
		return '*', true
	case text == "11":
		return '#', true
	}
	return 0, false
}

// fromIdentity is what a From line claims: unverified.
func fromIdentity(req *sip.Request) policy.Identity {
	f := req.From()
	id := policy.Identity{How: "from", Level: policy.Unverified}
	if f == nil {
		return id
	}
	id.Display = unquoteDisplay(f.DisplayName)
	switch f.Address.Scheme {
	case "tel":
		id.Address = cleanText("tel:" + f.Address.Raw())
	case "sip", "sips":
		id.Address = cleanText("sip:" + f.Address.User + "@" + strings.ToLower(f.Address.Host))
	}
	return id
}

// behindNAT tells that the Contact names a private address while the messages
// come from another, public one.
func behindNAT(target sip.Uri, h hop) bool {
	ip, err := netip.ParseAddr(strings.Trim(target.Host, "[]"))
	if err != nil || !h.addr.IsValid() {
		return false
	}
	from := h.addr.Addr()
	return ip.Unmap() != from && (ip.IsPrivate() || ip.IsLinkLocalUnicast()) && !from.IsPrivate() && !from.IsLoopback()
}
