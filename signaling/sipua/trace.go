package sipua

import (
	"fmt"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/gateway/story"
	"ringsplash/signaling/sipua/message"
)

// secretHeaders are told by their name only: an answer to a challenge can be
// tried offline against guessed passwords.
var secretHeaders = map[string]bool{
	"authorization": true, "proxy-authorization": true, "www-authenticate": true, "proxy-authenticate": true,
	"authentication-info": true,
}

// traceLine bounds one header of a traced message.
const traceLine = 1024

// trace hands a message of the leg to the story of its call: headers without
// secrets, and of the body what it is; sessions are described elsewhere, a
// digit may be a PIN.
func (l *leg) trace(sent bool, m sip.Message) {
	if l.u.to.Trace == nil {
		return
	}
	out := story.Message{At: time.Now(), Sent: sent, Peer: sip.NetworkToLower(m.Transport()) + " " + m.Source()}
	if sent {
		out.Peer = sip.NetworkToLower(m.Transport()) + " " + m.Destination()
	}
	switch m := m.(type) {
	case *sip.Request:
		out.Start = message.Clip(message.CleanText(string(m.Method)+" "+m.Recipient.String()+" SIP/2.0"), traceLine)
		out.Headers = plainHeaders(m.Headers())
	case *sip.Response:
		out.Start = message.Clip(message.CleanText(fmt.Sprintf("SIP/2.0 %d %s", m.StatusCode, m.Reason)), traceLine)
		out.Headers = plainHeaders(m.Headers())
	}
	if sdp, err := message.SDP(m); err == nil {
		out.SDP = sdp
	}
	l.u.to.Trace(l.id, out)
}

func plainHeaders(headers []sip.Header) []string {
	out := make([]string, 0, len(headers))
	for _, h := range headers {
		value := "(left out)"
		if !secretHeaders[strings.ToLower(h.Name())] {
			value = message.Clip(message.CleanText(h.Value()), traceLine)
		}
		out = append(out, message.CleanText(h.Name())+": "+value)
	}
	return out
}
