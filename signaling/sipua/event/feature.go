package event

import (
	"context"
	"mime"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/signaling/sipua/message"
)

// Feature keys: a phone's key for do not disturb and the switch of its user are
// kept the same both ways by the package as-feature-event, which no RFC has. A phone
// subscribes for its own user; a body in its SUBSCRIBE asks for a change, and
// NOTIFYs say what holds.

const (
	featureType = "application/x-as-feature-event+xml"
	csta        = "http://www.ecma-international.org/standards/ecma-323/csta/ed3"
	// featureWait bounds how long a key waits for the store.
	featureWait = 5 * time.Second
)

// feature is a feature key subscription's look. Under mu.
func (n *Notifier) feature(s sight) look {
	on := "false"
	if n.served.Load().DND(s.user) {
		on = "true"
	}
	return look{kind: featureType, text: `<?xml version="1.0" encoding="UTF-8"?>` + "\r\n" + `<DoNotDisturbEvent xmlns="` + csta +
		`"><device>` + escaped(s.entity) + `</device><doNotDisturbOn>` + on + "</doNotDisturbOn></DoNotDisturbEvent>\r\n"}
}

// press carries out what the body of a SUBSCRIBE for feature keys asks for. It blocks
// for the store.
func (n *Notifier) press(req *sip.Request, user string) *message.Refusal {
	body := req.Body()
	if len(body) == 0 {
		return nil
	}
	on, no := readDND(message.Header(req, "Content-Type"), body)
	if no != nil {
		return no
	}
	ctx, cancel := context.WithTimeout(n.stop, featureWait)
	defer cancel()
	if err := n.served.Load().SetDND(ctx, user, on); err != nil {
		return &message.Refusal{
			Status: sip.StatusInternalServerError, Phrase: "Not Changed", Why: err.Error(),
			Headers: []sip.Header{sip.NewHeader("Retry-After", "10")},
		}
	}
	return nil
}

// readDND reads SetDoNotDisturb, the one thing that can be asked for.
func readDND(declared string, body []byte) (on bool, no *message.Refusal) {
	if kind, _, err := mime.ParseMediaType(declared); err != nil || kind != featureType {
		return false, &message.Refusal{
			Status: sip.StatusUnsupportedMediaType, Phrase: "Unsupported Media Type",
			Headers: []sip.Header{sip.NewHeader("Accept", featureType)},
		}
	}
	list, err := elements(body)
	if err != nil {
		return false, message.BadRequest("Feature Not Readable")
	}
	if list[0].path != "SetDoNotDisturb" {
		return false, &message.Refusal{Status: sip.StatusForbidden, Phrase: "Only Do Not Disturb Can Be Set Here"}
	}
	for _, e := range list {
		if e.path == "SetDoNotDisturb/doNotDisturbOn" {
			switch strings.ToLower(strings.TrimSpace(e.text)) {
			case "true", "1":
				return true, nil
			case "false", "0":
				return false, nil
			}
		}
	}
	return false, message.BadRequest("Feature Not Readable")
}
