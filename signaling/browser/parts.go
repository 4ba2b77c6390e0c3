package browser

import (
	"bytes"
	"encoding/json"

	"ringsplash/gateway"
)

// parts are the parts of a snapshot in wire form. A nil part is left out of
// the message.
type parts struct {
	Me       json.RawMessage `json:"me,omitempty"`
	Devices  json.RawMessage `json:"devices,omitempty"`
	Calls    json.RawMessage `json:"calls,omitempty"`
	Presence json.RawMessage `json:"presence,omitempty"`
	Counters json.RawMessage `json:"counters,omitempty"`
	Media    json.RawMessage `json:"media,omitempty"`
}

// callView is a gateway.CallView with its times in the form of the wire.
type callView struct {
	gateway.CallView
	Since    instant  `json:"since"`
	Answered *instant `json:"answered,omitempty"`
}

func viewOf(c gateway.CallView) callView {
	return callView{CallView: c, Since: instant(c.Since), Answered: instantOf(c.Answered)}
}

// EncodeCall is a call in wire form, as in the part calls.
func EncodeCall(c gateway.CallView) json.RawMessage { return encode(viewOf(c)) }

// partsOf brings a snapshot into wire form. Lists that are nil become empty
// lists: a tab never meets null where a list belongs.
func partsOf(s gateway.Snapshot) parts {
	calls := make([]callView, 0, len(s.Calls))
	for _, c := range s.Calls {
		calls = append(calls, viewOf(c))
	}
	if s.Media.Want != nil && s.Media.Want.Codecs == nil {
		want := *s.Media.Want
		want.Codecs = []string{}
		s.Media.Want = &want
	}
	return parts{
		Me:       encode(s.Me),
		Devices:  encode(listOf(s.Devices)),
		Calls:    encode(calls),
		Presence: encode(listOf(s.Presence)),
		Counters: encode(s.Counters),
		Media:    encode(s.Media),
	}
}

func listOf[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}

// since leaves out what is equal in former, and tells whether anything is left.
func (p parts) since(former parts) (changed parts, any bool) {
	fresh := func(now, before json.RawMessage) json.RawMessage {
		if bytes.Equal(now, before) {
			return nil
		}
		any = true
		return now
	}
	changed = parts{
		Me:       fresh(p.Me, former.Me),
		Devices:  fresh(p.Devices, former.Devices),
		Calls:    fresh(p.Calls, former.Calls),
		Presence: fresh(p.Presence, former.Presence),
		Counters: fresh(p.Counters, former.Counters),
		Media:    fresh(p.Media, former.Media),
	}
	return changed, any
}
