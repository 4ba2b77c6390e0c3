package sipua

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/gateway/machine"
	"ringsplash/signaling/sipua/message"
)

// Session timers (RFC 4028): one side refreshes the dialog before the interval
// is half over; where nothing comes, the call has ended without a word.

const (
	tagTimer       = "timer"
	statusTooSmall = 422
	maxInterval    = 24 * time.Hour
	refresherUAC   = "uac"
	refresherUAS   = "uas"
)

// refreshing is the session timer of a leg.
type refreshing struct {
	want     time.Duration // what we ask for; the far end's 422 raises it
	least    time.Duration // the Min-SE of such a 422, 0 before
	interval time.Duration // agreed, 0 before an answer
	ours     bool          // we refresh
	known    bool          // the far end knows session timers
	update   bool          // it takes UPDATE (RFC 3311)
	probing  bool          // our OPTIONS waits for its response
	due      bool          // the call was asked for a re-INVITE
	last     time.Time     // when it was agreed or refreshed last
	timer    *time.Timer
}

// sessionExpires is the value of a Session-Expires header.
type sessionExpires struct {
	interval  time.Duration
	refresher string // uac, uas or ""
}

// parseSessionExpires reads "1800;refresher=uac" (RFC 4028 4).
func parseSessionExpires(value string) (sessionExpires, bool) {
	text, params, _ := strings.Cut(value, ";")
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 32)
	if err != nil || n == 0 {
		return sessionExpires{}, false
	}
	s := sessionExpires{interval: min(time.Duration(n)*time.Second, maxInterval)}
	who, _ := message.ParamOf(params, "refresher")
	if who = strings.ToLower(who); who == refresherUAC || who == refresherUAS {
		s.refresher = who
	}
	return s, true
}

// minSE reads a Min-SE header, 0 when there is none (RFC 4028 5).
func minSE(m sip.Message) time.Duration {
	text, _, _ := strings.Cut(message.Header(m, "Min-SE"), ";")
	return min(message.RetryAfter(strings.TrimSpace(text)), maxInterval)
}

func knowsTimer(m sip.Message) bool {
	return slices.Contains(message.Tokens(m, "Supported"), tagTimer) || slices.Contains(message.Tokens(m, "Require"), tagTimer)
}

// tooShort refuses an interval below our own least (RFC 4028 9); nil when
// there is nothing to refuse.
func (u *UA) tooShort(req *sip.Request) *message.Refusal {
	se, ok := parseSessionExpires(message.Header(req, "Session-Expires"))
	if !ok || !knowsTimer(req) || se.interval >= u.cfg.MinSE {
		return nil
	}
	return &message.Refusal{
		Status: statusTooSmall, Phrase: "Session Interval Too Small",
		Headers: []sip.Header{sip.NewHeader("Min-SE", message.Seconds(u.cfg.MinSE))},
	}
}

// askTimer writes what we want into a request that sets or refreshes the timer.
func (l *leg) askTimer(req *sip.Request) {
	s := &l.se
	if s.want == 0 {
		s.want = l.u.cfg.SessionExpires
	}
	value := message.Seconds(s.want)
	if s.interval > 0 {
		who := refresherUAS
		if s.ours {
			who = refresherUAC
		}
		value = message.Seconds(s.interval) + ";refresher=" + who
	}
	req.RemoveHeader("Session-Expires")
	req.RemoveHeader("Min-SE")
	req.AppendHeader(sip.NewHeader("Session-Expires", value))
	req.AppendHeader(sip.NewHeader("Min-SE", message.Seconds(max(s.least, l.u.cfg.MinSE))))
}

// longer is req again with the interval that a 422 asks for (RFC 4028 7.3);
// nil when it asks for nothing more than we did.
func (l *leg) longer(req *sip.Request, res *sip.Response) *sip.Request {
	least := minSE(res)
	asked, _ := parseSessionExpires(message.Header(req, "Session-Expires"))
	if res.StatusCode != statusTooSmall || least <= asked.interval {
		return nil
	}
	l.se.least, l.se.want = least, least
	if l.se.interval > 0 {
		l.se.interval = least
	}
	again := message.Unsent(req)
	l.askTimer(again)
	return again
}

// agreed takes the timer from a 2xx to a request of ours. A far end that says
// nothing knows no timers: then we ask now and then whether it is there.
func (l *leg) agreed(res *sip.Response) {
	l.noteAllow(res)
	se, ok := parseSessionExpires(message.Header(res, "Session-Expires"))
	l.se.known = ok
	if !ok {
		se = sessionExpires{max(l.se.want, l.se.interval), refresherUAC}
	}
	l.arm(max(se.interval, l.u.cfg.MinSE), se.refresher != refresherUAS)
}

// agree writes the timer into a 2xx of ours to an INVITE or UPDATE (RFC 4028 9).
func (l *leg) agree(req *sip.Request, res *sip.Response) {
	l.noteAllow(req)
	known := knowsTimer(req)
	l.se.known = known
	se, asked := parseSessionExpires(message.Header(req, "Session-Expires"))
	want := max(l.u.cfg.SessionExpires, minSE(req))
	if !asked {
		se.interval = want
	}
	se.interval = min(se.interval, want)
	switch {
	case !known:
		se.refresher = refresherUAS
	case se.refresher == "" && asked:
		se.refresher = refresherUAC
	case se.refresher == "":
		se.refresher = refresherUAS
	}
	if known || asked {
		res.AppendHeader(sip.NewHeader("Session-Expires", message.Seconds(se.interval)+";refresher="+se.refresher))
	}
	if se.refresher == refresherUAC {
		res.AppendHeader(sip.NewHeader("Require", tagTimer))
	}
	l.arm(max(se.interval, l.u.cfg.MinSE), se.refresher == refresherUAS)
}

// noteAllow remembers whether the far end takes UPDATE.
func (l *leg) noteAllow(m sip.Message) {
	if len(m.GetHeaders("Allow")) > 0 {
		l.se.update = slices.Contains(message.Tokens(m, "Allow"), "update")
	}
}

// arm starts the timer anew.
func (l *leg) arm(interval time.Duration, ours bool) {
	s := &l.se
	if s.timer != nil {
		s.timer.Stop()
	}
	s.interval, s.ours, s.due, s.last = interval, ours, false, time.Now()
	if ours {
		s.timer = l.after(interval/2, l.refresh)
		return
	}
	s.timer = l.after(expiry(interval), l.unrefreshed)
}

// expiry is when the side that does not refresh gives up (RFC 4028 10).
func expiry(interval time.Duration) time.Duration {
	return interval - min(32*time.Second, interval/3)
}

// unrefreshed ends a call that nobody refreshed.
func (l *leg) unrefreshed() {
	if l.state != legUp {
		return
	}
	l.log.Warn("sip: the far end is gone: it neither refreshed the call nor answered")
	l.hangUp(machine.CauseMediaLost)
}

// refresh is our half of the timer: by UPDATE where the far end takes it, else
// the call sends a re-INVITE; a far end without timers is only asked whether it
// is there. A re-INVITE under way is a refresh, too.
func (l *leg) refresh() {
	s := &l.se
	if l.state != legUp {
		return
	}
	s.timer = l.after(max(expiry(s.interval)-time.Since(s.last), time.Millisecond), l.unrefreshed)
	switch {
	case l.ours.pending != nil || l.ours.ready || l.ours.retry != nil:
	case !s.known:
		l.probe()
	case s.update:
		req := l.d.newRequest(sip.UPDATE, l.d.next())
		l.describe(req)
		l.sendUpdate(req)
	default:
		s.due = true
		l.tell(machine.RefreshDue{LegID: l.id})
	}
}

func (l *leg) sendUpdate(req *sip.Request) {
	l.send(&l.d, req, sentBy{final: l.updateResponse, lost: func(err error) {
		if l.state == legUp && errors.Is(err, sip.ErrTransactionTimeout) {
			l.unrefreshed()
		}
	}})
}

// updateResponse takes what comes of a refresh by UPDATE. What is no success
// leaves the timer running.
func (l *leg) updateResponse(s *sent, res *sip.Response) {
	if l.state != legUp {
		return
	}
	again := l.longer(s.req, res)
	if again == nil && s.req.GetHeader("Authorization") == nil && s.req.GetHeader("Proxy-Authorization") == nil {
		again = l.authorised(s, res)
	}
	switch {
	case res.IsSuccess():
		l.retarget(res.Contact())
		l.agreed(res)
	case again != nil:
		again.CSeq().SeqNo = l.d.next()
		l.sendUpdate(again)
	case res.StatusCode == sip.StatusCallTransactionDoesNotExists, res.StatusCode == sip.StatusRequestTimeout:
		l.lost(res.StatusCode == sip.StatusRequestTimeout)
	case res.StatusCode == sip.StatusRequestPending, res.StatusCode == sip.StatusInternalServerError:
		l.after(time.Duration(100+rand.IntN(400))*time.Millisecond, func() {
			if l.se.last.Add(l.se.interval / 2).Before(time.Now()) {
				l.refresh()
			}
		})
	default:
		l.se.update = false
		l.refresh()
	}
}

// probe asks by OPTIONS whether the far end is there and knows the dialog; it
// changes nothing at a phone (RFC 3261 11).
func (l *leg) probe() {
	if l.state != legUp || l.se.probing {
		return
	}
	l.se.probing = true
	l.send(&l.d, l.d.newRequest(sip.OPTIONS, l.d.next()), sentBy{
		final: func(_ *sent, res *sip.Response) {
			l.se.probing = false
			switch {
			case l.state != legUp:
			case res.StatusCode == sip.StatusCallTransactionDoesNotExists:
				l.lost(false)
			case res.StatusCode == sip.StatusRequestTimeout:
				l.unrefreshed()
			case !l.se.known:
				l.arm(l.se.interval, true)
			}
		},
		lost: func(error) {
			l.se.probing = false
			l.unrefreshed()
		},
	})
}
