package sipua

import (
	"net/netip"
	"strings"

	"github.com/emiago/sipgo/sip"

	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/policy"
	"ringsplash/signaling/sipua/message"
	"ringsplash/signaling/sipua/wire"
)

// cancelCause is why a CANCEL ends a call, by its Reason headers (RFC 3326 2):
// somebody took the call elsewhere, as SIP 200 or Q.850 26 ("non-selected user
// clearing", ITU-T Q.850 2.2.2) says, or the caller gave up.
func cancelCause(cancel *sip.Request) machine.Cause {
	for _, h := range cancel.GetHeaders("Reason") {
		for _, one := range message.SplitList(h.Value()) {
			if answeredElsewhere(one) {
				return machine.CauseElsewhere
			}
		}
	}
	return machine.CauseCallerGone
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

// answerMode reads Answer-Mode and Priv-Answer-Mode (RFC 5373 4.3).
func answerMode(m sip.Message) gateway.AnswerMode {
	auto, require := parseAnswerMode(message.Header(m, "Answer-Mode"))
	priv, privRequire := parseAnswerMode(message.Header(m, "Priv-Answer-Mode"))
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

// fromIdentity is what a From line claims: unverified.
func fromIdentity(req *sip.Request) policy.Identity {
	f := req.From()
	id := policy.Identity{How: "from", Level: policy.Unverified}
	if f == nil {
		return id
	}
	id.Display = message.UnquoteDisplay(f.DisplayName)
	switch f.Address.Scheme {
	case "tel":
		id.Address = message.CleanText("tel:" + f.Address.Raw())
	case "sip", "sips":
		id.Address = message.CleanText("sip:" + f.Address.User + "@" + strings.ToLower(f.Address.Host))
	}
	return id
}

// behindNAT tells that the Contact names a private address while the messages
// come from another, public one.
func behindNAT(target sip.Uri, h wire.Hop) bool {
	ip, err := netip.ParseAddr(strings.Trim(target.Host, "[]"))
	if err != nil || !h.Addr.IsValid() {
		return false
	}
	from := h.Addr.Addr()
	return ip.Unmap() != from && (ip.IsPrivate() || ip.IsLinkLocalUnicast()) && !from.IsPrivate() && !from.IsLoopback()
}
