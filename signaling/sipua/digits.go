package sipua

import (
	"fmt"

	"github.com/emiago/sipgo/sip"
)

// maxDigits bounds the digits that wait for their INFO.
const maxDigits = 64

// Digits sends DTMF digits by INFO (RFC 6086 2.2, application/dtmf-relay), one
// after the other: their order is that of the answers.
func (l *leg) Digits(s string) {
	l.mail.Post(func() {
		if l.state != legUp || len(l.digits)+len(s) > maxDigits {
			if !l.flooded { // said once
				l.log.Warn("sip: key tones not sent", "digits", len(s), "waiting", len(l.digits))
			}
			l.flooded = true
			return
		}
		l.flooded = false
		l.digits += s
		if !l.dialling {
			l.nextDigit()
		}
	})
}

func (l *leg) nextDigit() {
	l.dialling = l.state == legUp && l.digits != ""
	if !l.dialling {
		return
	}
	req := l.d.newRequest(sip.INFO, l.d.next())
	req.AppendHeader(sip.NewHeader("Content-Type", "application/dtmf-relay"))
	req.SetBody(fmt.Appendf(nil, "Signal=%c\r\nDuration=100\r\n", l.digits[0]))
	l.digits = l.digits[1:]
	l.send(&l.d, req, sentBy{
		response: func(_ *sent, res *sip.Response) {
			switch {
			case res.IsProvisional():
				return
			case !res.IsSuccess():
				l.log.Warn("sip: a key tone was refused, the rest is not sent", "status", res.StatusCode)
				l.digits = ""
			}
			l.nextDigit()
		},
		lost: func(err error) {
			l.log.Warn("sip: a key tone was not answered, the rest is not sent", "err", err)
			l.digits = ""
			l.nextDigit()
		},
	})
}
