package event

import (
	"context"
	"mime"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/presence"
	"ringsplash/signaling/sipua/message"
)

// publication is what a phone said last, by the tag that it goes on with (RFC 3903
// 4.1). A phone has one; after a restart its tag is unknown, and it says all again.
type publication struct {
	tag   string
	says  presence.Publication
	until time.Time
}

// JudgePublish tells from memory alone why a PUBLISH is refused; nil lets it go on.
func (n *Notifier) JudgePublish(req *sip.Request) *message.Refusal {
	name, _, _ := strings.Cut(message.Header(req, "Event"), ";")
	if !strings.EqualFold(strings.TrimSpace(name), "presence") {
		return &message.Refusal{Status: 489, Phrase: "Bad Event", Headers: []sip.Header{sip.NewHeader("Allow-Events", "presence")}}
	}
	return n.to.Access.GlanceUser(req)
}

// TakePublish answers a PUBLISH of a phone for its own user's presence (RFC 3903 6).
// It may block for the store.
func (n *Notifier) TakePublish(req *sip.Request, tx sip.ServerTransaction) {
	tag, lasts, no := n.publish(req)
	if no == nil {
		no = &message.Refusal{Status: sip.StatusOK, Phrase: "OK", Headers: []sip.Header{
			sip.NewHeader("SIP-ETag", tag), sip.NewHeader("Expires", message.Seconds(lasts)),
		}}
	}
	n.to.Answer(req, tx, no)
}

func (n *Notifier) publish(req *sip.Request) (tag string, lasts time.Duration, no *message.Refusal) {
	if no := n.JudgePublish(req); no != nil {
		return "", 0, no
	}
	if lasts, no = readExpires(req, n.cfg); no != nil {
		return "", 0, no
	}
	caller, no := n.to.Access.User(req)
	if no != nil {
		return "", 0, no
	}
	user := caller.Identity.User
	if n.to.Access.UserAt(req.Recipient) != user {
		return "", 0, &message.Refusal{Status: sip.StatusForbidden, Phrase: "For Your Own Address Only"}
	}
	of, now := deviceKey{user, caller.Device}, time.Now()
	was, no := n.published(of, message.Header(req, "SIP-If-Match"), now)
	if no != nil {
		return "", 0, no
	}
	says := was.says
	switch body := req.Body(); {
	case len(body) > 0:
		if says, no = readPublished(message.Header(req, "Content-Type"), body); no != nil {
			return "", 0, no
		}
	case was.tag == "":
		return "", 0, message.BadRequest("Nothing To Publish")
	}
	says.Until = now.Add(lasts)
	next := publication{tag: message.NewToken(), says: says, until: says.Until}
	if lasts == 0 {
		says = presence.Publication{}
	}
	if err := n.served.Load().Publish(context.Background(), user, caller.Device, says); err != nil {
		return "", 0, &message.Refusal{Status: sip.StatusForbidden, Phrase: "Not Your Phone", Why: err.Error()}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.publications[of] = next; lasts == 0 {
		delete(n.publications, of)
	}
	return next.tag, lasts, nil
}

// published is what the phone said before under that tag, nothing for none. One
// that we do not know, or that ran out, gets 412.
func (n *Notifier) published(of deviceKey, tag string, now time.Time) (publication, *message.Refusal) {
	tag = strings.TrimSpace(tag)
	if tag == "" {
		return publication{}, nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	p := n.publications[of]
	if p.tag != tag || !now.Before(p.until) {
		return publication{}, &message.Refusal{Status: 412, Phrase: "Conditional Request Failed"}
	}
	return p, nil
}

func readPublished(declared string, body []byte) (presence.Publication, *message.Refusal) {
	if kind, _, err := mime.ParseMediaType(declared); err != nil || kind != pidfType {
		return presence.Publication{}, &message.Refusal{
			Status: sip.StatusUnsupportedMediaType, Phrase: "Unsupported Media Type",
			Headers: []sip.Header{sip.NewHeader("Accept", pidfType)},
		}
	}
	return readPIDF(body)
}

// readExpires is how long something is asked for: the longest when nothing is said,
// 0 to give it back, 423 when it is too short (RFC 6665 4.2.1.1, RFC 3903 6).
func readExpires(req *sip.Request, cfg NotifierConfig) (time.Duration, *message.Refusal) {
	wants := cfg.Longest
	if text := strings.TrimSpace(message.Header(req, "Expires")); text != "" {
		seconds, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return 0, message.BadRequest("Expires Not Readable")
		}
		wants = min(time.Duration(seconds)*time.Second, cfg.Longest)
	}
	if wants > 0 && wants < cfg.Least {
		return 0, &message.Refusal{
			Status: sip.StatusIntervalToBrief, Phrase: "Interval Too Brief",
			Headers: []sip.Header{sip.NewHeader("Min-Expires", message.Seconds(cfg.Least))},
		}
	}
	return wants, nil
}
