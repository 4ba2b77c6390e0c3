package event

import (
	"github.com/emiago/sipgo/sip"

	"ringsplash/signaling/sipua/message"
)

// AllowEvents are the event packages that can be subscribed to.
const AllowEvents = "presence, dialog, as-feature-event"

// look is what a subscription looks like now. Its text has versionMark where the
// version of the document stands, so that two looks can be compared.
type look struct {
	kind string // the Content-Type
	text string
}

// sight is who looks at whom, under which URI.
type sight struct{ watcher, user, entity string }

// versionMark cannot be part of an XML text.
const versionMark = "\x00"

// pack is an event package (RFC 6665 7.2).
type pack struct {
	name  string
	types []string // of its bodies
	look  func(*Notifier, sight) look
	own   bool // for the subscribing user's own only
	lists bool // a list of users can be subscribed to
}

var packs map[string]*pack

func init() {
	packs = map[string]*pack{
		"dialog":           {name: "dialog", types: []string{dialogInfoType}, look: (*Notifier).lamp, lists: true},
		"presence":         {name: "presence", types: []string{pidfType}, look: (*Notifier).present, lists: true},
		"as-feature-event": {name: "as-feature-event", types: []string{featureType}, look: (*Notifier).feature, own: true},
	}
}

// BadEvent refuses a package that we do not have, and names those we have (RFC
// 6665 4.1.3).
func BadEvent() *message.Refusal {
	return &message.Refusal{Status: 489, Phrase: "Bad Event", Headers: []sip.Header{sip.NewHeader("Allow-Events", AllowEvents)}}
}
