package sipua

import (
	"slices"

	"github.com/emiago/sipgo/sip"

	"ringsplash/gateway"
	"ringsplash/signaling/sipua/message"
)

// talker remembers the early dialog of a ringing phone that can be told by
// NOTIFY to go off-hook (Event: talk, which no RFC has; phones say so in
// Allow-Events of their 180). It tells whether the response is one.
func (l *leg) talker(res *sip.Response) bool {
	can := slices.Contains(message.Tokens(res, "Allow-Events"), "talk")
	if !can || len(l.out.early) != 1 || message.Tag(res.To()) != l.out.early[0] {
		return false // behind a fork nobody knows whose phone would go off-hook
	}
	early := l.d
	early.confirm(res)
	l.out.talk = &early
	return true
}

// Talk tells the ringing phone to go off-hook.
func (l *leg) Talk() { l.mail.Post(l.talk) }

func (l *leg) talk() {
	if l.state != legCalling || l.out.talk == nil || l.out.cancel != "" {
		return
	}
	req := l.out.talk.newRequest(sip.NOTIFY, l.d.next())
	req.AppendHeader(sip.NewHeader("Event", "talk"))
	req.AppendHeader(sip.NewHeader("Subscription-State", "terminated;reason=noresource"))
	l.send(l.out.talk, req, sentBy{final: func(_ *sent, res *sip.Response) {
		if !res.IsSuccess() {
			l.log.Warn("sip: the phone refused Event: talk, although it had named it", "status", res.StatusCode)
		}
	}})
}

var _ gateway.Leg = (*leg)(nil)
