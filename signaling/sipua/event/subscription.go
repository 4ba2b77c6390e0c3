package event

import (
	"container/heap"
	"slices"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/signaling/sipua/message"
	"ringsplash/signaling/sipua/wire"
)

// subscription is one, with its dialog. The Notifier's lock guards it.
type subscription struct {
	// sight says who subscribes, to whom, and the URI of that to the letter. A list
	// is the watcher's own.
	sight
	key             dialogKey
	kind            *pack
	device          string
	event           string // the Event header, with its id
	list            *list  // nil for one user
	local, remote   sip.FromHeader
	target, contact sip.Uri
	routes          []sip.Uri
	hop             wire.Hop
	seq, theirSeq   uint32
	// version is that of the last document. It begins at a number made of the time.
	version uint32
	// known is a hash of what the phone was told last.
	known   uint64
	expires time.Time
	told    time.Time
	// dirty: there may be something new. asked: a SUBSCRIBE waits for its NOTIFY.
	dirty, asked bool
	// ending is the reason why it is over, "" while it is not.
	ending  string
	dropped bool
	flight  *flight
	unsent  *sip.Request
	due     time.Time
	index   int // in the heap, -1 outside
}

// mayTell is when the next NOTIFY may go: at once after a SUBSCRIBE, else some
// time after the last.
func (s *subscription) mayTell(gap time.Duration) time.Time {
	if s.asked || s.ending != "" {
		return s.told
	}
	return s.told.Add(gap)
}

// firstVersion is where versions begin: they are higher than those of any
// subscription before, over restarts too, as none rises by more than one in
// versionStep. It stays below 2^31 until 2036.
func firstVersion(now time.Time) uint32 {
	return uint32(max(now.Sub(versionEpoch)/versionStep, 0))
}

const versionStep = 150 * time.Millisecond

var versionEpoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// add puts a new subscription into the table. Under mu.
func (n *Notifier) add(s *subscription) {
	s.index = -1
	n.known[s.key] = s
	of := deviceKey{s.watcher, s.device}
	n.devices[of] = append(n.devices[of], s)
	n.weight += s.weight()
	n.watch(s, s.user)
}

// watch notes that s wants the changes of a user. Under mu.
func (n *Notifier) watch(s *subscription, user string) {
	if n.watchers[user] == nil {
		n.watchers[user] = make(map[*subscription]struct{})
	}
	n.watchers[user][s] = struct{}{}
}

// unwatch ends what watch began. Under mu.
func (n *Notifier) unwatch(s *subscription) {
	n.unwatchOne(s, s.user)
	if s.list != nil {
		s.list.leave(n, s)
	}
}

func (n *Notifier) unwatchOne(s *subscription, user string) {
	if delete(n.watchers[user], s); len(n.watchers[user]) == 0 {
		delete(n.watchers, user)
	}
}

// over ends s: its last NOTIFY says why. Under mu.
func (n *Notifier) over(s *subscription, reason string) {
	if s.ending != "" || s.dropped {
		return
	}
	s.ending, s.dirty = reason, true
	n.unwatch(s)
	n.schedule(s)
}

// drop forgets s without a word. Under mu.
func (n *Notifier) drop(s *subscription) {
	if s.dropped {
		return
	}
	s.dropped = true
	delete(n.known, s.key)
	n.weight -= s.weight()
	n.unwatch(s)
	if s.list != nil {
		s.list.forget()
	}
	of := deviceKey{s.watcher, s.device}
	if left := slices.DeleteFunc(n.devices[of], func(o *subscription) bool { return o == s }); len(left) > 0 {
		n.devices[of] = left
	} else {
		delete(n.devices, of)
	}
	if s.flight != nil {
		delete(n.flights, s.flight.branch)
	}
	if s.index >= 0 {
		heap.Remove(&n.due, s.index)
	}
}

// room makes room for one more subscription of a phone. One that was started
// again does not give its old ones back: the oldest to the same goes then. Under mu.
func (n *Notifier) room(s *subscription) *message.Refusal {
	mine, weight := n.devices[deviceKey{s.watcher, s.device}], s.weight()
	for _, o := range mine {
		weight += o.weight()
	}
	if weight <= n.cfg.PerDevice {
		if n.weight+s.weight() > n.cfg.All {
			return tooMany
		}
		return nil
	}
	i := slices.IndexFunc(mine, func(o *subscription) bool { return o.kind == s.kind && o.entity == s.entity })
	if i < 0 {
		return tooManyOfPhone
	}
	n.drop(mine[i])
	return nil
}

// weight is as how many subscriptions s counts.
func (s *subscription) weight() int {
	if s.list != nil {
		return listWeight
	}
	return 1
}

// tooMany is not 503, after which a phone may send nothing more at all (RFC 3261
// 21.5.4).
var tooMany = &message.Refusal{
	Status: sip.StatusInternalServerError, Phrase: "Too Many Subscriptions",
	Headers: []sip.Header{sip.NewHeader("Retry-After", "300")},
}

var tooManyOfPhone = &message.Refusal{Status: sip.StatusForbidden, Phrase: "Too Many Subscriptions Of This Phone"}

// begun makes the dialog of a SUBSCRIBE (RFC 6665 4.4.1, RFC 3261 12.1.1). What it
// keeps of the message is copied, so that the message is not kept with it.
func begun(req *sip.Request, w *wire.Sockets) (*subscription, *message.Refusal) {
	contact := req.Contact()
	if contact == nil {
		return nil, message.BadRequest("Missing Contact")
	}
	s := &subscription{
		key: dialogKey{strings.Clone(req.CallID().Value()), message.NewToken()}, theirSeq: req.CSeq().SeqNo,
		sight: sight{entity: strings.Clone(req.Recipient.String())},
	}
	to, from := req.To(), req.From()
	var errs [3]error
	s.target, errs[0] = copied(contact.Address)
	s.local.Address, errs[1] = copied(to.Address)
	s.remote.Address, errs[2] = copied(from.Address)
	for _, err := range errs {
		if err != nil || s.target.Scheme == "tel" || len(s.entity) > maxEntity {
			return nil, message.BadRequest("Contact, From Or To Not Usable")
		}
	}
	s.local.Params = sip.HeaderParams{{K: "tag", V: s.key.tag}}
	if tag := message.Tag(from); tag != "" {
		s.remote.Params = sip.HeaderParams{{K: "tag", V: strings.Clone(tag)}}
	}
	for _, h := range req.GetHeaders("Record-Route") {
		rr, ok := h.(*sip.RecordRouteHeader)
		if !ok {
			continue
		}
		if uri, err := copied(rr.Address); err == nil && len(s.routes) < maxRoutes {
			s.routes = append(s.routes, uri)
		}
	}
	source, transport := message.ParseAddr(req.Source()), sip.NetworkToLower(req.Transport())
	s.hop = wire.Hop{Transport: transport, Addr: source, Sock: w.SocketFor(transport, w.LocalOf(req), source.Addr())}
	s.contact = w.ContactURI("lamp", s.hop)
	return s, nil
}

const (
	// maxEntity bounds the URI that is subscribed to, maxRoutes the proxies in between.
	maxEntity = 256
	maxRoutes = 4
)

// copied is a URI that shares no memory with the message it was in.
func copied(u sip.Uri) (sip.Uri, error) { return message.ParseURI(strings.Clone(u.String())) }
