package node

import (
	"cmp"

	"ringsplash/chat"
	"ringsplash/gateway/profile"
	"ringsplash/signaling/sipua/event"
)

// textsForCall is how many messages a user may send outside for each call that he
// may make there.
const textsForCall = 5

// texts lets messages leave by SIP, and says whom those are for that come. It
// comes before the calls, for a message may.
func (n *Node) texts(profiles *profile.Profiles) *event.TextPeople {
	n.chat.Serve(n.sip.Texts(), n.gateway)
	return &event.TextPeople{
		Book: n.chat, Phones: n.textPhones(profiles), Here: n.gateway.HasTab,
		Unproven: n.cfg.Messages.FromOutside == chat.FromEveryone, Hourly: textsForCall * n.cfg.Outside.Hourly,
	}
}

// textPhones tells which of a user's phones show text, by what they are now or
// were last.
func (n *Node) textPhones(profiles *profile.Profiles) func(user string) []string {
	return func(user string) (ids []string) {
		agents := map[string]string{}
		for _, b := range n.bindings.Of(user) {
			agents[b.Device] = cmp.Or(agents[b.Device], b.UserAgent) // the newest is the first
		}
		for _, d := range n.directory.Devices(user) {
			if profiles.For(d.Profile, cmp.Or(agents[d.ID], d.UserAgent)).Messages {
				ids = append(ids, d.ID)
			}
		}
		return ids
	}
}
