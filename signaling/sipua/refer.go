package sipua

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/gateway/machine"
	"ringsplash/signaling/sipua/message"
)

const (
	tagReplaces    = "replaces"
	tagNoReferSub  = "norefersub"
	sipfragType    = "message/sipfrag;version=2.0"
	subscribedFor  = 180 * time.Second // longer than anybody rings
	notifyPatience = time.Second       // how long a BYE waits for the answer to a NOTIFY
)

// referral is a REFER of the far end under way (RFC 3515).
type referral struct {
	r        *inbound
	accepted bool
	quiet    bool   // it wants no NOTIFYs (RFC 4488)
	id       string // the id of its subscription, "" for the first REFER
}

// replaced names a dialog of ours as the far end sees it (RFC 3891 6.1): the
// tags are those of our side and of theirs.
type replaced struct {
	callID, local, remote string
	earlyOnly             bool
	swapped               bool // the tags came in the other order
}

// parseReplaces reads "12345@host;to-tag=6472;from-tag=25345". The header goes
// to us, so its to-tag is our own.
func parseReplaces(value string) (replaced, bool) {
	callID, params, _ := strings.Cut(value, ";")
	r := replaced{callID: strings.TrimSpace(callID)}
	r.local, _ = message.ParamOf(params, "to-tag")
	r.remote, _ = message.ParamOf(params, "from-tag")
	_, r.earlyOnly = message.ParamOf(params, "early-only")
	return r, r.callID != "" && r.local != "" && r.remote != "" && len(value) <= 2048
}

// referTo is whom a REFER names.
type referTo struct {
	uri      string // without headers
	attended bool
	replaces replaced
}

// parseReferTo reads a Refer-To (RFC 3515 2.1). Of the headers in its URI only
// Replaces counts (RFC 5589 7): whatever else is there, a trigger above all,
// never gets into a request of ours.
func parseReferTo(value string) (referTo, error) {
	text := strings.TrimSpace(value)
	if i := strings.IndexByte(text, '<'); i >= 0 {
		text, _, _ = strings.Cut(text[i+1:], ">")
	}
	plain, headers, _ := strings.Cut(text, "?")
	uri, err := message.ParseURI(plain)
	if err != nil {
		return referTo{}, err
	}
	if m, ok := uri.UriParams.Get("method"); ok && !strings.EqualFold(m, "INVITE") {
		return referTo{}, fmt.Errorf("method %q: only INVITE can be asked for", message.CleanText(m))
	}
	out := referTo{uri: uri.String()}
	for h := range strings.SplitSeq(headers, "&") {
		name, v, _ := strings.Cut(h, "=")
		if !strings.EqualFold(name, "Replaces") {
			continue
		}
		if out.attended {
			return referTo{}, fmt.Errorf("two Replaces in one Refer-To")
		}
		v, err := url.PathUnescape(v)
		if err != nil {
			return referTo{}, fmt.Errorf("the Replaces cannot be read: %w", err)
		}
		if out.replaces, out.attended = parseReplaces(v); !out.attended {
			return referTo{}, fmt.Errorf("the Replaces %q names no dialog", message.CleanText(v))
		}
	}
	return out, nil
}

// onRefer asks the call whether the far end may be replaced.
func (l *leg) onRefer(r *inbound) {
	switch {
	case l.state != legUp:
		l.respond(r, sip.StatusForbidden, "Not Before The Answer")
		return
	case l.ref != nil:
		l.respond(r, sip.StatusInternalServerError, "Another Transfer Is Running", sip.NewHeader("Retry-After", "5"))
		return
	case len(r.req.GetHeaders("Refer-To")) != 1:
		l.respond(r, sip.StatusBadRequest, "One Refer-To Wanted")
		return
	}
	to, err := parseReferTo(message.Header(r.req, "Refer-To"))
	if err != nil {
		l.log.Warn("sip: REFER refused", "why", err)
		l.respond(r, sip.StatusBadRequest, "Refer-To Not Usable")
		return
	}
	l.ref = &referral{r: r, quiet: strings.EqualFold(strings.TrimSpace(message.Header(r.req, "Refer-Sub")), "false")}
	if l.refers > 0 {
		l.ref.id = strconv.FormatUint(uint64(r.req.CSeq().SeqNo), 10)
	}
	l.refers++
	e := machine.Referred{LegID: l.id, To: to.uri, Attended: to.attended}
	if !to.attended {
		l.tell(e)
		return
	}
	ref := l.ref
	l.u.lookUp(to.replaces, func(at place, _ *message.Refusal) {
		l.mail.Post(func() {
			if l.ref == ref {
				if at.pickUp == "" {
					e.Replaces = at.leg
				}
				l.tell(e)
			}
		})
	})
}

// place is what a Replaces names: a leg that talks, or, of a user whose phone it
// rings, one that can be picked up.
type place struct {
	leg    machine.LegID
	pickUp string
}

// lookUp finds the leg of a dialog. then runs once, in that leg's goroutine or
// here, with the leg or the refusal of RFC 3891 3. Of a phone that rings the tags
// may come in either order: lamp keys take them from what they watch.
func (u *UA) lookUp(r replaced, then func(place, *message.Refusal)) {
	l := u.find(dialogKey{r.callID, r.local})
	if l == nil {
		r.local, r.remote, r.swapped = r.remote, r.local, true
		l = u.find(dialogKey{r.callID, r.local})
	}
	if l == nil || !l.mail.Post(func() { then(l.matches(r)) }) {
		then(place{}, noDialog)
	}
}

func (l *leg) matches(r replaced) (place, *message.Refusal) {
	user, _ := l.origins.phone()
	switch {
	case l.state == legCalling && user != "" && l.out.cancel == "" && slices.Contains(l.out.early, r.remote):
		return place{l.id, user}, nil // we began it, so it may be replaced early (RFC 3891 3)
	case message.Tag(&l.d.remote) != r.remote || r.swapped:
		return place{}, noDialog
	case l.state == legOver:
		return place{}, &message.Refusal{Status: sip.StatusGlobalDecline, Phrase: "Call Is Over"}
	case l.state != legUp:
		return place{}, noDialog
	case r.earlyOnly:
		return place{}, &message.Refusal{Status: sip.StatusBusyHere, Phrase: "Answered Already"}
	}
	return place{leg: l.id}, nil
}

// replacedBy is the place that an INVITE wants, none when it wants none (RFC 3891
// 3). It waits for that leg's goroutine.
func (u *UA) replacedBy(req *sip.Request) (place, *message.Refusal) {
	headers := req.GetHeaders("Replaces")
	if len(headers) == 0 {
		return place{}, nil
	}
	r, ok := parseReplaces(headers[0].Value())
	if len(headers) > 1 || !ok {
		return place{}, &message.Refusal{Status: sip.StatusBadRequest, Phrase: "Replaces Not Readable"}
	}
	type found struct {
		at place
		no *message.Refusal
	}
	answer := make(chan found, 1)
	u.lookUp(r, func(at place, no *message.Refusal) { answer <- found{at, no} })
	select {
	case f := <-answer:
		return f.at, f.no
	case <-u.stop.Done():
		return place{}, noDialog
	}
}

// Report tells how the far end's REFER goes.
func (l *leg) Report(status int, phrase string) {
	l.mail.Post(func() { l.reportReferral(status, message.CleanText(phrase)) })
}

func (l *leg) reportReferral(status int, phrase string) {
	ref := l.ref
	if ref == nil {
		return
	}
	final := status >= 200
	if final {
		l.ref = nil
	}
	if !ref.accepted {
		if status >= 300 {
			l.respond(ref.r, status, phrase)
			return
		}
		ref.accepted = true
		var headers []sip.Header
		if ref.quiet {
			headers = append(headers, sip.NewHeader("Refer-Sub", "false"))
		}
		headers = append(headers, &sip.ContactHeader{Address: l.d.contact})
		l.respond(ref.r, sip.StatusAccepted, "Accepted", headers...)
	}
	if !ref.quiet && l.state == legUp {
		l.notify(ref, fmt.Sprintf("SIP/2.0 %d %s\r\n", status, phrase), final)
	}
}

// notify sends one NOTIFY of the referral. A BYE of ours waits for the answer
// to it, so that the phone learns how its transfer went.
func (l *leg) notify(ref *referral, fragment string, final bool) {
	req := l.d.newRequest(sip.NOTIFY, l.d.next())
	event, state := "refer", "active;expires="+message.Seconds(subscribedFor)
	if ref.id != "" {
		event += ";id=" + ref.id
	}
	if final {
		state = "terminated;reason=noresource"
	}
	kind := sip.ContentTypeHeader(sipfragType)
	req.AppendHeader(&sip.ContactHeader{Address: l.d.contact})
	req.AppendHeader(sip.NewHeader("Event", event))
	req.AppendHeader(sip.NewHeader("Subscription-State", state))
	req.AppendHeader(&kind)
	req.SetBody([]byte(fragment))
	l.notifies++
	done := sync.OnceFunc(l.notified)
	l.send(&l.d, req, sentBy{final: func(*sent, *sip.Response) { done() }, lost: func(error) { done() }})
	l.after(l.u.cfg.notifyPatience, done)
}

// notified sends a BYE that waited.
func (l *leg) notified() {
	l.notifies--
	if l.notifies == 0 && l.ok == nil && l.bye != "" {
		l.afterACK()
	}
}
